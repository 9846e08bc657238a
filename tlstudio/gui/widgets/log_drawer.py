"""The log of a run: its last line always in sight, the others when it is unfolded."""

from __future__ import annotations

import datetime
from itertools import islice

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QPlainTextEdit, QScrollArea, QWidget

from tlstudio import events
from tlstudio.gui import theme
from tlstudio.gui.history import MAX_NOTES, RunHistory, head_alone
from tlstudio.gui.run_state import lower, stopped_by_itself
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import ToolButton, column, row
from tlstudio.gui.widgets.rate_lane import rate_text
from tlstudio.gui.words import percent, strategy_word

_FALLEN = 64  # lines that may fall off the beginning of a full log at once without all of it being written anew


def tr(text: str) -> str:
    return QCoreApplication.translate("log", text)


def log_lines(history: RunHistory, many: int = MAX_NOTES) -> list[str]:
    """The last lines of a run's log, oldest first: notes, epochs, its end; each with its time of day."""
    said: list[tuple[float, str]] = [(note.at, note.message) for note in history.notes[-many:]]
    said += [(epoch.at, _epoch(epoch, history)) for epoch in islice(reversed(history.epochs), many)]
    said += [(stage.at, _stage(stage)) for stage in history.stages]
    said += [(cache.at, cache.sentence) for cache in history.caches if cache.sentence]
    if history.started is not None:
        text = tr("%1, %2: %3 images to learn from, %4 for validation, on %5").replace("%1", history.started.model)
        text = text.replace("%2", strategy_word(history.started.strategy).lower()).replace("%3", f"{history.started.n_train:,}")
        said.append((history.started.at, text.replace("%4", f"{history.started.n_val:,}").replace("%5", history.started.device)))
    if history.failed is not None:
        said.append((history.failed.at, history.failed.what))
    if history.ended is not None:
        words = {"stopped": tr("stopped; the best is kept"), "early": lower(stopped_by_itself(history))}
        said.append((history.ended.at, words.get(history.ended.reason, tr("completed"))))
    said += [(change.at, _rate(change)) for change in history.rates]
    if history.back is not None:
        said.append((history.back.at, history.back.sentence))
    last = sorted(said, key=lambda pair: pair[0])[-many:]
    return [f"{datetime.datetime.fromtimestamp(at):%H:%M:%S}  {text}" for at, text in last]


def _rate(change: events.RateChanged) -> str:
    text = tr("rates of the recipe × %1, from epoch %2, step %3 on: head's rate %4").replace("%1", f"{change.factor:.3g}")
    text = text.replace("%2", str(change.epoch)).replace("%3", f"{change.step + 1:,}").replace("%4", rate_text(change.lr))
    return text + (tr(" (after a runaway)") if change.why == "guard" else "")


def _stage(stage: events.StageStarted) -> str:
    text = tr("epochs %1 to %2, learning: %3").replace("%1", str(stage.first_epoch)).replace("%2", str(stage.last_epoch))
    text = text.replace("%3", stage.learns)
    if stage.lr is not None:
        text += tr("; head's rate %1").replace("%1", rate_text(stage.lr))
    if stage.backbone_lr is not None and not head_alone(stage):
        text += tr("; backbone's rate %1").replace("%1", rate_text(stage.backbone_lr))
    return text


def _epoch(epoch: events.EpochEnded, history: RunHistory) -> str:
    if epoch.val_mean_iou is not None:
        text = tr("epoch %1: mean IoU %2, %3 of the pixels right").replace("%1", str(epoch.epoch))
        text = text.replace("%2", f"{epoch.val_mean_iou:.3f}").replace("%3", percent(epoch.val_accuracy))
    else:
        text = tr("epoch %1: %2 of %3 right (%4)").replace("%1", str(epoch.epoch)).replace("%2", f"{epoch.correct:,}")
        text = text.replace("%3", f"{epoch.n:,}").replace("%4", percent(epoch.val_accuracy))
    return text + (tr("; the best so far") if epoch.best else "")


def _new(shown: list[str], lines: list[str]) -> int:
    """How many of the lines are new at the end, where the others are shown already but for those that fell off the beginning; else all."""
    for gone in range(min(_FALLEN, len(shown))):
        if shown[gone:] == lines[: len(shown) - gone]:
            return len(lines) - len(shown) + gone
    return len(lines)


class LogDrawer(QWidget):
    """One line, or all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.fold = ToolButton("caret-up", self.tr("Show the whole log"), text=self.tr("Log"), role="muted")
        self.fold.setCheckable(True)
        self.fold.setObjectName("logFold")
        self.fold.setProperty("edge", True)
        self.fold.toggled.connect(self._unfold)
        self._line = ElidedLabel("small")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MAX_NOTES)
        self.text.setAccessibleName(self.tr("Log of the run"))
        self.text.hide()
        self._lines: list[str] = []
        self._filled: tuple[object, ...] = ()
        self._history = RunHistory()
        self.setLayout(column(row(self.fold, (self._line, 1)), self.text, spacing=4))

    def follow(self, history: RunHistory) -> None:
        self._history = history
        last = log_lines(history, 1)
        self._line.show_text(last[-1] if last else "")
        if self.fold.isChecked():
            self._fill()

    def _fill(self) -> None:
        history = self._history
        # with nothing more said there is nothing to put into words, which takes longer than a frame
        grown = (history.notes, history.epochs, history.stages, history.caches, history.rates)
        now = (history, history.started, history.back, history.failed, history.ended, *((len(said), said[-1:]) for said in grown))
        if now == self._filled:
            return
        self._filled = now
        lines = log_lines(history)
        if lines == self._lines:
            return
        new = _new(self._lines, lines)
        if new < len(lines):
            for line in lines[len(lines) - new :]:
                self.text.appendPlainText(line)
        else:
            bar = self.text.verticalScrollBar()
            read = bar.value() if bar.value() < bar.maximum() else None  # somebody reads further up
            self.text.setPlainText("\n".join(lines))
            bar.setValue(bar.maximum() if read is None else read)
        self._lines = lines

    def _unfold(self, open_: bool) -> None:
        self.fold.show_icon("caret-down" if open_ else "caret-up")
        self.text.setFixedHeight(theme.px(112))
        self.text.setVisible(open_)
        if open_:
            self._fill()
            QTimer.singleShot(0, self, self._show_newest)  # once it has its size

    def _show_newest(self) -> None:
        """The last lines, and the drawer itself where the page had to grow for it."""
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if around is not None:
            around.ensureWidgetVisible(self, 0, theme.px(8))

"""Other learning rates for the run that is training: from its next step on, and written down."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtWidgets import QLabel, QWidget

from tlstudio.control import MOST
from tlstudio.gui import theme
from tlstudio.gui.history import head_alone
from tlstudio.gui.live_run import LEAST, LiveRun
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import Number
from tlstudio.gui.widgets.parts import GAP, Button, ToolButton, column, label, row
from tlstudio.gui.widgets.popover import Popover
from tlstudio.gui.widgets.rate_lane import rate_text

USUAL = {0.1: "÷\u200910", 0.5: "÷\u20092", 2.0: "×\u20092", 10.0: "×\u200910"}
_FEWEST, _WIDE = 0.0001, 340


def tr(text: str) -> str:
    return QCoreApplication.translate("steer", text)


class SteerPopover(Popover):
    """objectName steerPopover; steerField is its field, steerApply its button, steer0.1 and the like its usual factors, steerBack the
    recipe's own rates. All of them choose; nothing is changed before Apply."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, "steerPopover")
        self.session = session
        self._now, self._after = label("", "", wrap=True), label("", "", wrap=True)
        note = self.tr("From the next step on. The schedule goes on from there; the change is marked on the plots and kept with the run.")
        self._note = label(note, "small", wrap=True)
        self._times = 1.0
        """What the present rates would be multiplied with."""
        self.chips: dict[float, ToolButton] = {}
        for times, word in USUAL.items():
            tip = self.tr("Choose the present rates times %1").replace("%1", f"{times:g}")
            self.chips[times] = self._chip(f"steer{times:g}", word, tip, functools.partial(self._choose, times))
        self.back = self._chip(
            "steerBack", self.tr("As planned"), self.tr("Choose the rates as the recipe plans them"), self._choose_planned
        )
        self.field = Number()
        self.field.setRange(_FEWEST, MOST)
        self.field.lineEdit().setTextMargins(8, 0, 0, 0)
        self.field.setPrefix("×\u2009")
        self.field.setObjectName("steerField")
        self.field.setAccessibleName(self.tr("Factor"))
        self.field.setToolTip(self.tr("What the present rates are multiplied with; Enter applies it"))
        self.field.lineEdit().returnPressed.connect(self._apply)
        self.field.valueChanged.connect(self._take)
        self.apply = Button(self.tr("Apply"), "primary", tip=self.tr("Change the rates from the next step on"), on=self._apply)
        self.apply.setObjectName("steerApply")
        self.leave = Button(self.tr("Cancel"), "quiet", tip=self.tr("Leave the rates as they are (Escape)"), on=self.hide)
        self.leave.setObjectName("steerCancel")
        usual = row(*self.chips.values(), self.back, None, spacing=6)
        typed = row(self.field, None, self.leave, self.apply)
        title = label(self.tr("Learning rates of this run"), "section")
        self.setLayout(column(title, self._now, usual, self._after, self._note, 4, typed, margins=(GAP, 12, GAP, GAP)))
        session.run_changed.connect(self._follow)

    def _chip(self, name: str, word: str, tip: str, on: Callable[[], None]) -> ToolButton:
        chip = ToolButton("", tip, text=word, on=on)
        chip.setObjectName(name)
        chip.setAccessibleName(tip)
        chip.setCheckable(True)
        chip.setProperty("kind", "chip")
        return chip

    def ask(self, where: QPoint) -> None:
        """Open there (global), with nothing chosen."""
        self.field.setFixedWidth(theme.px(96))
        for words in (self._now, self._after, self._note):
            words.setFixedWidth(theme.px(_WIDE))
        self._choose(1.0)
        self.field.selectAll()
        self.show_at(where, self.field)

    # choosing

    def _choose(self, times: float) -> None:
        self._times = times
        self.field.blockSignals(True)
        self.field.setValue(min(max(times, _FEWEST), MOST))
        self.field.blockSignals(False)
        self._say()

    def _choose_planned(self) -> None:
        self._choose(1.0 / self.session.trained.factor)

    def _take(self, times: float) -> None:
        """A number that was typed."""
        self._times = times
        self._say()

    def _apply(self) -> None:
        if self.field.hasFocus():
            self.field.interpretText()
        if self.apply.isEnabled():
            self.hide()
            self.session.steering.scale_rates(self._times)

    # what is shown

    def _follow(self) -> None:
        """The schedule goes on while one chooses; a run that has ended has no rates to change."""
        if self.isVisible():
            if self.session.trained.state in ("running", "paused"):
                self._say()
            else:
                self.hide()

    def _say(self) -> None:
        live, times = self.session.trained, self._times
        planned = math.isclose(live.factor, 1.0)
        said = self.tr("Now: %1").replace("%1", present(live, 1.0))
        if not planned:
            said += " " + self.tr("(the recipe's × %1)").replace("%1", f"{live.factor:.3g}")
        _write(self._now, said)
        changes = not math.isclose(times, 1.0)
        after = self.tr("After: %1").replace("%1", present(live, times))
        _write(self._after, after if changes else self.tr("Choose what they are multiplied with."))
        self.apply.setEnabled(changes)
        self.back.setEnabled(not planned)
        back = not planned and math.isclose(times * live.factor, 1.0)
        self.back.setChecked(back)
        for usual, chip in self.chips.items():
            chip.setChecked(not back and math.isclose(times, usual))


def _write(words: QLabel, text: str) -> None:
    if words.text() != text:
        words.setText(text)


def present(live: LiveRun, times: float) -> str:
    """head 0.004, backbone 0.0004: the rates of the last step, times a factor, as far as the run's factor may go."""
    times = min(max(live.factor * times, LEAST), MOST) / live.factor
    history = live.history
    if not history.lr:
        return rate_text(live.recipe.optimizer.lr * times) if live.recipe is not None else "–"
    parts = [tr("head %1").replace("%1", rate_text(history.lr[-1] * times))]
    stage = history.stage_of(history.epoch_now)
    if stage is not None and stage.backbone_lr is not None and not head_alone(stage):
        parts.append(tr("backbone %1").replace("%1", rate_text(history.backbone_lr[-1] * times)))
    return ", ".join(parts)

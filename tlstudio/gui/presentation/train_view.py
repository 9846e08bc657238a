"""Training as an audience sees it: three figures, two plots, the pictures that the network looks at.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from tlstudio.gui import metric, theme
from tlstudio.gui.in_turn import InTurn
from tlstudio.gui.model_choice import entry_for
from tlstudio.gui.presentation.big_curves import BigCurves
from tlstudio.gui.presentation.nothing_yet import NothingYet
from tlstudio.gui.presentation.watched_row import WatchedRow
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import column, label, row, widget
from tlstudio.gui.words import percent, strategy_word
from tlstudio.recipe import Recipe

SIDE, TOP, GAP, BETWEEN = 25, 15, 15, 25  # margins and spaces at text scale 1
_PARTS = ("words", "loss", "accuracy")


class _Figure(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.value, self.caption = label("", "title"), label("", "muted")
        self.setLayout(column(self.value, self.caption, spacing=0))

    def show_figure(self, value: str, caption: str) -> None:
        self.value.setText(value)
        self.caption.setText(caption)
        self.setAccessibleName(f"{value} {caption}")


class TrainView(QWidget):
    """objectName presentedTraining; presentedEpoch, presentedBest, presentedSpeed. Draws by a timer, only what changed and is seen."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("presentedTraining")
        self._title, self._model = ElidedLabel("title"), ElidedLabel("muted")
        self.epoch, self.best, self.speed = (_Figure(f"presented{name}") for name in ("Epoch", "Best", "Speed"))
        self._figures = row(self.epoch, self.best, self.speed)
        self._head = row((column(self._title, self._model, spacing=0), 1), self._figures)
        self.loss, self.accuracy, self.watched = BigCurves("loss"), BigCurves("accuracy"), WatchedRow()
        self._plots = row((self.loss, 1), (self.accuracy, 1))
        self._body = column(self._head, (self._plots, 1), self.watched)
        self.nothing = NothingYet(session)
        self._run = widget(self._body)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self._run)
        self._turn = InTurn(self, _PARTS, self._draw)
        session.run_changed.connect(self._run_changed)
        session.layers_changed.connect(self.changed)
        self._fit()
        self.draw()

    def changed(self) -> None:
        """Draw everything soon."""
        self._turn.soon()

    def _run_changed(self) -> None:
        self._turn.follow(self.session.live, "words")

    def draw(self) -> None:
        """Draw everything now."""
        self._turn.now()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()

    def _draw(self, part: str) -> None:
        live, recipe = self.session.live, self._recipe()
        if part == "words":
            self._stack.setCurrentWidget(self.nothing if live.state == "idle" and live.history.started is None else self._run)
            self._say(recipe)
            self.watched.follow(live.history)
        else:
            (self.loss if part == "loss" else self.accuracy).draw(live.history, recipe, self.session.layers.document)

    def _recipe(self) -> Recipe:
        recipe = self.session.live.recipe
        return recipe if recipe is not None else self.session.recipe

    def _say(self, recipe: Recipe) -> None:
        history = self.session.live.history
        self._title.show_text(recipe.name or (history.started.name if history.started else "") or self.tr("Training"))
        model = entry_for(recipe.model.name, recipe.data.task).title
        self._model.show_text(self.tr("%1, %2").replace("%1", model).replace("%2", strategy_word(recipe.frozen.strategy).lower()))
        started = history.started
        now = self.tr("%1 of %2").replace("%1", str(history.epoch_now)).replace("%2", str(started.epochs)) if started else "–"
        self.epoch.show_figure(now, self.tr("epoch"))
        best = history.best
        masks = recipe.data.task == metric.MASKS
        caption = self.tr("best mean IoU") if masks else self.tr("best accuracy")
        if best is not None:
            form = self.tr("best mean IoU, %1 images") if masks else self.tr("best of %1 images")
            caption = form.replace("%1", f"{best.n:,}")
        self.best.show_figure(percent(metric.of_epoch(best)) if best is not None else "–", caption)
        self.speed.show_figure(self._rate(), self.tr("images/s"))

    def _rate(self) -> str:
        """Images a second, now or in the last epoch."""
        history = self.session.live.history
        progress = history.progress
        now = progress.per_second if progress is not None and progress.phase in ("features", "train", "validate") else None
        if history.epochs and (now is None or self.session.live.state not in ("running", "paused")):
            now = history.epochs[-1].images_per_second
        return "–" if now is None else f"{now:,.0f}"

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_stack"):
            self._fit()

    def _fit(self) -> None:
        px = theme.px
        self._body.setContentsMargins(px(SIDE), px(TOP), px(SIDE), px(6))
        self._body.setSpacing(px(GAP))
        self._plots.setSpacing(px(GAP))
        self._figures.setSpacing(px(BETWEEN))
        self._head.setSpacing(px(BETWEEN))

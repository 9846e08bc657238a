"""Other learning rates for the run that is training: from its next step on, and written down."""

from __future__ import annotations

import functools
import math

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtWidgets import QWidget

from tlstudio.control import MOST
from tlstudio.gui import theme
from tlstudio.gui.history import head_alone
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import Number
from tlstudio.gui.widgets.parts import GAP, Button, ToolButton, column, label, row
from tlstudio.gui.widgets.popover import Popover
from tlstudio.gui.widgets.rate_lane import rate_text

USUAL = {0.1: "÷\u200910", 0.5: "÷\u20092", 2.0: "×\u20092", 10.0: "×\u200910"}


def tr(text: str) -> str:
    return QCoreApplication.translate("steer", text)


class SteerPopover(Popover):
    """objectName steerPopover; steerField is its field, steerApply and steerBack its buttons, steer0.1 and the like its usual factors."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, "steerPopover")
        self.session = session
        self._now, self._after = label("", "", wrap=True), label("", "small", wrap=True)
        self.buttons: dict[float, ToolButton] = {}
        for times, word in USUAL.items():
            tip = self.tr("Multiply the present rates by %1").replace("%1", f"{times:g}")
            button = ToolButton("", tip, text=word, on=functools.partial(self._scale, times))
            button.setObjectName(f"steer{times:g}")
            button.setAccessibleName(tip)
            button.setProperty("kind", "chip")
            self.buttons[times] = button
        self.field = Number()
        self.field.setRange(0.0001, MOST)
        self.field.lineEdit().setTextMargins(8, 0, 0, 0)
        self.field.setPrefix("×\u2009")
        self.field.setObjectName("steerField")
        self.field.setAccessibleName(self.tr("Factor"))
        self.field.setToolTip(self.tr("What the present rates are multiplied with; Enter takes it"))
        self.field.lineEdit().returnPressed.connect(self._typed)
        self.field.valueChanged.connect(lambda _: self._foresee())
        self.apply = Button(self.tr("Apply"), "primary", tip=self.tr("From the next step on"), on=self._typed)
        self.apply.setObjectName("steerApply")
        self.back = Button(self.tr("Back to the recipe's"), "quiet", tip=self.tr("The rates as the recipe plans them"), on=self._back)
        self.back.setObjectName("steerBack")
        usual = row(*self.buttons.values(), None, spacing=6)
        typed = row(self.field, self.apply, None, self.back)
        title = label(self.tr("Learning rates of this run"), "section")
        self.setLayout(column(title, self._now, usual, typed, self._after, margins=(GAP, 12, GAP, GAP)))

    def ask(self, where: QPoint) -> None:
        """Open there (global)."""
        live = self.session.trained
        self.field.setFixedWidth(theme.px(96))
        for words in (self._now, self._after):
            words.setFixedWidth(theme.px(340))
        self.field.setValue(0.5)
        self.field.selectAll()
        self.back.setEnabled(not math.isclose(live.factor, 1.0))
        said = self.tr("Now: %1").replace("%1", present(live, 1.0))
        if not math.isclose(live.factor, 1.0):
            said += " " + self.tr("(the recipe's × %1)").replace("%1", f"{live.factor:.3g}")
        self._now.setText(said)
        self._foresee()
        self.show_at(where, self.field)

    def _foresee(self) -> None:
        said = self.tr("After: %1. The schedule goes on from there; the change is marked on the plots and kept with the run.")
        self._after.setText(said.replace("%1", present(self.session.trained, self.field.value())))

    def _typed(self) -> None:
        self.field.interpretText()
        self._scale(self.field.value())

    def _scale(self, times: float) -> None:
        self.hide()
        self.session.steering.scale_rates(times)

    def _back(self) -> None:
        self._scale(1.0 / self.session.trained.factor)


def present(live: LiveRun, times: float) -> str:
    """head 0.004, backbone 0.0004: the rates of the last step, times a factor."""
    history = live.history
    if not history.lr:
        return rate_text(live.recipe.optimizer.lr * times) if live.recipe is not None else "–"
    parts = [tr("head %1").replace("%1", rate_text(history.lr[-1] * times))]
    stage = history.stage_of(history.epoch_now)
    if stage is not None and stage.backbone_lr is not None and not head_alone(stage):
        parts.append(tr("backbone %1").replace("%1", rate_text(history.backbone_lr[-1] * times)))
    return ", ".join(parts)

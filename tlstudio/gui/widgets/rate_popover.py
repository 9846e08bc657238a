"""A learning rate of its own for a layer: what the rate of its part is multiplied with."""

from __future__ import annotations

import functools

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.editors import Number
from tlstudio.gui.widgets.parts import GAP, Button, ToolButton, column, label, row
from tlstudio.gui.widgets.popover import Popover

USUAL = (0.01, 0.1, 0.5, 1.0, 2.0, 10.0)
MOST = 1000.0


class RatePopover(Popover):
    """objectName ratePopover; layerRate is its field, setRate and removeRate its buttons, rate0.1 and the like its usual values."""

    chosen = Signal(object)
    """A float, or None: no multiplier of its own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "ratePopover")
        self._title, self._line = label("", "section", wrap=True), label("", "small", wrap=True)
        self.buttons: dict[float, QToolButton] = {}
        self._group = QButtonGroup(self)
        for times in USUAL:
            tip = self.tr("Multiply its rate by %1").replace("%1", f"{times:g}")
            button = ToolButton("", tip, text=f"×\u2009{times:g}", on=functools.partial(self._give, times))
            button.setObjectName(f"rate{times:g}")
            button.setCheckable(True)
            self._group.addButton(button)
            self.buttons[times] = button
        self.field = Number()
        self.field.setRange(0.0001, MOST)
        self.field.setPrefix("×\u2009")
        self.field.setObjectName("layerRate")
        self.field.setAccessibleName(self.tr("Multiplier"))
        self.field.setToolTip(self.tr("Any number above 0 and up to 1000; Enter takes it"))
        line = self.field.lineEdit()
        line.returnPressed.connect(lambda: self._give(self.field.value()))
        self.set = Button(self.tr("Set"), "", tip=self.tr("Take the number beside it"), on=lambda: self._give(self.field.value()))
        self.set.setObjectName("setRate")
        self.remove = Button(
            self.tr("As the layers around it"), "quiet", tip=self.tr("Take the multiplier away"), on=lambda: self._give(None)
        )
        self.remove.setObjectName("removeRate")
        usual = row(*self.buttons.values(), None, spacing=2)
        typed = row(self.field, self.set, None, self.remove)
        self.setLayout(column(self._title, self._line, usual, typed, margins=(GAP, 12, GAP, GAP)))

    def ask(self, where: QPoint, what: str, line: str, now: float | None) -> None:
        """Open there (global) for the layer(s) `what`; line: what their rate is; now: their multiplier, None for none."""
        self._title.setText(self.tr("Learning rate of %1").replace("%1", what))
        self._line.setText(line)
        self._group.setExclusive(False)
        for times, button in self.buttons.items():
            button.setChecked(times == now)
        self._group.setExclusive(True)
        self.field.setFixedWidth(theme.px(96))
        self.field.setValue(1.0 if now is None else now)
        self.field.selectAll()
        self.remove.setEnabled(now is not None)
        self.show_at(where, self.field)

    def _give(self, times: float | None) -> None:
        self.hide()
        self.chosen.emit(times)

"""Two lines for the ends of a range; an empty one is open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from tlstudio.gui import theme
from tlstudio.gui.wanted_models import Span
from tlstudio.gui.widgets.parts import CONTROL, label, row

WIDE = 64


class RangeField(QWidget):
    """title: for screen readers. times: what one of the unit is (1e6 where millions are typed)."""

    changed = Signal()

    def __init__(self, title: str, unit: str, times: float) -> None:
        super().__init__()
        self._times = times
        self.low = self._line(self.tr("%1: at least").replace("%1", title), self.tr("from"))
        self.high = self._line(self.tr("%1: at most").replace("%1", title), self.tr("to"))
        self.setLayout(row(self.low, label("–", "small"), self.high, label(unit, "small"), None))
        self._fit()

    def span(self) -> Span:
        """What is asked; text that is no number asks nothing, and is marked."""
        return Span(self._value(self.low), self._value(self.high))

    def clear(self) -> None:
        for line in (self.low, self.high):
            line.clear()

    def _line(self, name: str, empty: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        line.setPlaceholderText(empty)
        line.setToolTip(name)
        line.textChanged.connect(lambda: self.changed.emit())
        return line

    def _value(self, line: QLineEdit) -> float | None:
        text = line.text().strip().replace(",", ".")
        try:
            value = float(text) * self._times if text else None
        except ValueError:
            value = None
        wrong = bool(text) and value is None
        if bool(line.property("wrong")) != wrong:
            line.setProperty("wrong", wrong)
            line.setToolTip(self.tr("This is no number; empty: no bound") if wrong else line.accessibleName())
            line.style().unpolish(line)
            line.style().polish(line)
        return value

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        for line in (self.low, self.high):
            line.setFixedSize(theme.px(WIDE), theme.px(CONTROL))

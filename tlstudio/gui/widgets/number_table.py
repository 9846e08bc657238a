"""Names with a number each, as a small table: class weights, rates of layers. A name without a number of its own counts 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

ROW, SHOWN = 26, 5  # height of a row; rows before it scrolls
_PLAIN = 1.0


class NumberTable(QTableWidget):
    """check: raises ValueError for a number that is out of bounds. Text that cannot be used stays, in red, and is told."""

    given = Signal(dict)
    """Every name that has a number of its own, {name: number}."""
    refused = Signal(str)
    """What was typed and cannot be used."""

    def __init__(self, title: str, check: Callable[[float], None]) -> None:
        super().__init__(0, 2)
        self._check = check
        self._names: list[str] = []
        self._value: dict[str, float] = {}
        self.setHorizontalHeaderLabels([self.tr("Name"), title])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.cellChanged.connect(self._typed)
        self._fit()

    def show_names(self, names: Sequence[str]) -> None:
        """Names that stand there in any case."""
        if list(names) != self._names:
            self._names = list(names)
            self._fill()

    def show_numbers(self, value: Mapping[str, float]) -> None:
        self._value = dict(value)
        self._fill()

    def _fill(self) -> None:
        rows = list(dict.fromkeys([*self._names, *self._value]))
        blocked = self.blockSignals(True)
        self.setRowCount(len(rows))
        for at, name in enumerate(rows):
            what = QTableWidgetItem(name)
            what.setFlags(Qt.ItemFlag.ItemIsEnabled)
            what.setToolTip(name)
            own = name in self._value
            number = QTableWidgetItem(f"{self._value.get(name, _PLAIN):.10g}")
            number.setForeground(colour("text" if own else "muted"))
            number.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {number.text()}")
            self.setItem(at, 0, what)
            self.setItem(at, 1, number)
        self.blockSignals(blocked)
        self._fit()

    def _typed(self, at: int, column: int) -> None:
        what, item = self.item(at, 0), self.item(at, column)
        if what is None or item is None:
            return
        name = what.text()
        text = item.text().strip().replace(",", ".")
        value = {key: number for key, number in self._value.items() if key != name}
        try:
            if text:
                number = float(text)
                self._check(number)
                if number != _PLAIN:
                    value[name] = number
        except ValueError:
            item.setForeground(colour("bad"))
            self.refused.emit(item.text())
            return
        self._value = value
        self._fill()
        self.given.emit(dict(value))

    def sizeHint(self) -> QSize:
        rows = max(1, min(SHOWN, self.rowCount()))
        return QSize(theme.px(176), self.horizontalHeader().height() + rows * theme.px(ROW) + 4)

    minimumSizeHint = sizeHint

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.verticalHeader().setMinimumSectionSize(theme.px(ROW))
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        self.horizontalHeader().setFixedHeight(theme.px(ROW))
        self.setColumnWidth(1, theme.px(72))
        self.setFixedHeight(self.sizeHint().height())

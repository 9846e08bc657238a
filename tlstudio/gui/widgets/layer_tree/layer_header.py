"""The head of the layer tree: which columns are there, and how wide they are."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.layer_tree.layer_columns import (
    CHOOSABLE,
    COUNT,
    FITTING,
    KEYS,
    LAYER,
    PARAMS,
    SIGNAL,
    SIGNAL_MOST,
    WIDTHS,
    described,
)

HEIGHT = 28
_CELL = 14  # px beside the text of a cell


class LayerHeader(QHeaderView):
    """Until somebody chooses, as many columns as there is room for; those that were chosen are all there, and the tree scrolls."""

    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.chosen: frozenset[int] | None = None
        """The columns that somebody chose; None: as many as fit."""
        self.signals = False
        """Whether there is a run whose signals are to be seen: their column comes and goes with it."""
        self._most = 0
        self.setStretchLastSection(False)
        self.setMinimumSectionSize(32)
        self.setSectionsMovable(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def restyle(self) -> None:
        self.setFont(theme.font(9))
        self.setFixedHeight(theme.px(HEIGHT))

    def show_most(self, params: int) -> None:
        """The largest count that a cell of Params has to hold."""
        self._most = params

    def keys(self) -> str:
        """The choice as text for the settings, "" where there is none."""
        return ",".join(KEYS[column] for column in sorted(self.chosen)) if self.chosen is not None else ""

    def take_keys(self, keys: str) -> None:
        """Take such a text back; words that are no columns are passed over."""
        known = {KEYS.index(key) for key in keys.split(",") if key in KEYS}
        self.chosen = frozenset(known | {LAYER}) if known else None

    def fit(self, room: int) -> None:
        """Give the columns their widths; what is left over is Layer's, and before it Signal's up to a limit."""
        if self.count() < COUNT:
            return
        wanted = tuple(FITTING) if self.chosen is None else tuple(sorted(self.chosen))
        if self.signals:
            wanted = (*wanted[:1], SIGNAL, *wanted[1:])
        there: dict[int, int] = {}
        left, full = room, False
        for column in wanted:
            wide = self._wide(column)
            full = full or (self.chosen is None and column != LAYER and left < wide)
            if not full:
                there[column] = wide
                left -= wide
        if SIGNAL in there and left > 0:
            more = min(left, theme.px(SIGNAL_MOST) - there[SIGNAL])
            there[SIGNAL] += more
            left -= more
        for column in range(COUNT):
            self.setSectionHidden(column, column not in there)
            if column in there:
                self.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                self.resizeSection(column, there[column] + (max(0, left) if column == LAYER else 0))

    def _wide(self, column: int) -> int:
        wide = theme.px(WIDTHS[column])
        if column == PARAMS:
            wide = max(wide, self.fontMetrics().horizontalAdvance(f"{self._most:,}") + _CELL)
        return wide

    # choosing

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu(self, parent: QWidget) -> QMenu:
        """Every column with a tick; the last line goes back to as many as fit."""
        menu = QMenu(self.tr("Columns"), parent)
        menu.setToolTipsVisible(True)
        shown = {column for column in CHOOSABLE if not self.isSectionHidden(column)}
        for column in CHOOSABLE:
            said = described(column)
            action = menu.addAction(said.title)
            action.setToolTip(said.tip)
            action.setCheckable(True)
            action.setChecked(column in shown)
            action.setEnabled(column != LAYER)
            action.triggered.connect(functools.partial(self.choose, shown ^ {column}))
        menu.addSeparator()
        fitting = menu.addAction(self.tr("As many as fit"), functools.partial(self.choose, None))
        fitting.setEnabled(self.chosen is not None)
        going = ", ".join(described(column).title for column in reversed(FITTING) if column != LAYER)
        fitting.setToolTip(self.tr("Where there is no room, they go in this order: %1").replace("%1", going))
        return menu

    def choose(self, columns: Iterable[int] | None, _checked: bool = False) -> None:
        """Show these columns, and Layer; None: as many as fit."""
        self.chosen = None if columns is None else frozenset({*columns, LAYER})
        self.chosen_changed.emit()

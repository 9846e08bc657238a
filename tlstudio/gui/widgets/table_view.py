"""A quiet table: no grid, hairline header, rows as high as the text asks, sortable by its headings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tlstudio.gui import theme


class TableView(QTableView):
    """inside: stands in a card, so it has no frame of its own. row: height of a row at text scale 1."""

    def __init__(self, name: str, *, inside: bool = False, row: int = 28) -> None:
        super().__init__()
        self._row, self._inside = row, inside
        self.setObjectName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        bare = "QTableView { border: none; border-radius: 0; background: transparent; }"
        flush = "QTableView::item { padding: 4px 0px; } QHeaderView::section { padding: 6px 3px; }"
        self.setStyleSheet("QAbstractScrollArea::corner { background: transparent; border: none; }" + (bare + flush if inside else ""))
        self._measure()

    def set_row(self, row: int) -> None:
        if row != self._row:
            self._row = row
            self._measure()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Where there is no frame to light up, the Tab key leads to a line, so that it is seen where one is."""
        super().focusInEvent(event)
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if self._inside and event.reason() in keys and not self.selectionModel().hasSelection():
            self.selectRow(max(0, self.currentIndex().row()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._measure()

    def fit_columns(self, widths: Sequence[int], spare: Sequence[int], stretched: int) -> None:
        """Give the columns these widths in pixels; `stretched` takes what is left. Where there is too little room, columns of
        `spare` are left out, the first one first."""
        missing = sum(widths) - self.viewport().width()
        for column in spare:
            self.setColumnHidden(column, missing > 0)
            missing -= widths[column] if missing > 0 else 0
        for column, width in enumerate(widths):
            if column != stretched:
                self.setColumnWidth(column, width)

    def _measure(self) -> None:
        self.verticalHeader().setMinimumSectionSize(theme.px(self._row))
        self.verticalHeader().setDefaultSectionSize(theme.px(self._row))
        self.horizontalHeader().setFixedHeight(theme.px(32))

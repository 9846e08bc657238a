"""The sheet that F1 shows: what the page is for, and its keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import MARGIN, Button, column, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling

WIDE = 520


class GuideSheet(QDialog):
    """objectName guideSheet. Plain text in paragraphs, as wide as one reads well; Escape or F1 closes it.

    Lines with a tab, key and meaning, stand in two columns below the paragraphs.
    """

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("guideSheet")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        lines = text.split("\n")
        words = label("\n".join(line for line in lines if "\t" not in line), wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        keys = self._keys([line.split("\t", 1) for line in lines if "\t" in line])
        close = Button(self.tr("Close"), "primary", tip=self.tr("Back to the page (Escape)"), on=self.accept)
        close.setDefault(True)
        area = scrolling(widget(column(words, 12, keys, None, spacing=0)))
        self.setLayout(column(label(title, "title"), 4, (area, 1), 8, row(None, close), margins=(MARGIN, 16, MARGIN, 16)))
        wide = min(theme.px(WIDE), parent.width() - 2 * MARGIN)
        words.setFixedWidth(wide - 2 * MARGIN - 12)  # the scroll bar has its own room
        keys.setFixedWidth(words.width())
        layout = keys.layout()
        rows = layout.heightForWidth(words.width()) if layout is not None and layout.count() else 0
        tall = words.heightForWidth(words.width()) + rows + theme.px(144)
        self.resize(wide, min(tall, parent.height() - 2 * MARGIN))

    def _keys(self, pairs: Sequence[Sequence[str]]) -> QWidget:
        out = QWidget()
        grid = QGridLayout(out)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for i, (key, meaning) in enumerate(pairs):
            grid.addWidget(label(key, "section"), i, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(meaning, wrap=True), i, 1)
        return out

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:
            self.accept()
        else:
            super().keyPressEvent(event)

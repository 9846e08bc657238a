"""The sheet that F1 shows: what the page is for, and its keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import MARGIN, Button, column, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling

WIDE = 520


class GuideSheet(QDialog):
    """objectName guideSheet. Plain text in paragraphs, as wide as one reads well; Escape or F1 closes it."""

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("guideSheet")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        words = label(text, wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = Button(self.tr("Close"), "primary", tip=self.tr("Back to the page (Escape)"), on=self.accept)
        close.setDefault(True)
        area = scrolling(widget(column(words, None, spacing=0)))
        self.setLayout(column(label(title, "title"), 4, (area, 1), 8, row(None, close), margins=(MARGIN, 16, MARGIN, 16)))
        wide = min(theme.px(WIDE), parent.width() - 2 * MARGIN)
        words.setFixedWidth(wide - 2 * MARGIN - 12)  # the scroll bar has its own room
        tall = words.heightForWidth(words.width()) + theme.px(132)
        self.resize(wide, min(tall, parent.height() - 2 * MARGIN))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:
            self.accept()
        else:
            super().keyPressEvent(event)

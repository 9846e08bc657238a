"""What sheets have in common: a title, a middle that scrolls where it does not fit, and a foot that always stays in sight."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QScrollArea, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import MARGIN, column, label
from tlstudio.gui.widgets.scrolling import scrolling


def framed(sheet: QDialog, title: str, inside: QWidget, foot: QWidget, parent: QWidget, width: int) -> QScrollArea:
    """Lay a sheet out and give it the size that it needs, `width` pixels wide at text scale 1, but no more than the window has room for."""
    middle = scrolling(inside)
    head = label(title, "title")
    sheet.setLayout(column(head, (middle, 1), foot, spacing=8, margins=(MARGIN, 16, MARGIN, 16)))
    wide = min(theme.px(width), parent.width() - MARGIN)
    for part in (inside, foot, head):
        part.ensurePolished()
    tall = sum(_height(part, wide - 2 * MARGIN - 16) for part in (head, inside, foot)) + 2 * 16 + 2 * 8 + 4
    sheet.setMinimumSize(min(wide, 320), min(tall, 240))
    sheet.resize(wide, min(tall, parent.height() - 2 * MARGIN))
    return middle


def _height(part: QWidget, width: int) -> int:
    layout = part.layout()
    if layout is None:
        return part.sizeHint().height()
    layout.activate()
    return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

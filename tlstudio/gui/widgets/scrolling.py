"""A page that scrolls as a whole where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolling(inside: QWidget) -> QScrollArea:
    """The widget in a frameless scroll area that is no stop of the Tab key: what scrolls has no ring, what stands in it has.

    Page Up, Page Down and the arrows come to it from whatever inside has the focus and does not need them itself.
    """
    out = QScrollArea()
    out.setFrameShape(QFrame.Shape.NoFrame)
    out.setWidgetResizable(True)
    out.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    out.setWidget(inside)
    return out

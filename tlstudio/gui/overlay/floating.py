"""A panel that floats on the picture: opaque, so that its words keep their contrast, with round corners."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from tlstudio.gui.widgets.parts import colour, column

RIM = 3  # pixels around the body: as much as the round corners (8) take of a rectangle


class Floating(QFrame):
    """Give it what is in it with `set_content`. Whatever the picture below does, only the rim is painted again, never what is in it."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kind", "card")

    def set_content(self, layout: QBoxLayout) -> None:
        body = _Body()
        body.setLayout(layout)
        outer = RIM - 1  # the hairline frame takes the missing pixel
        self.setLayout(column(body, spacing=0, margins=(outer, outer, outer, outer)))


class _Body(QWidget):
    """Told to be opaque: Qt then leaves it out when it paints what lies below."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colour("surface"))
        painter.end()

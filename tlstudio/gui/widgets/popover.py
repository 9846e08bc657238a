"""A small window over the page, for one question. Escape or a click beside it closes it and changes nothing."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QWidget


class Popover(QFrame):
    """Give it a layout, then `show_at`."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName(name)
        self.setProperty("kind", "popover")
        self.setStyleSheet(f"#{name} {{ background: palette(base); border: 1px solid palette(mid); }}")

    def show_at(self, where: QPoint, first: QWidget) -> None:
        """Open with its corner there (global), moved so that all of it is on the screen; `first` has the keys."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        x = min(where.x(), room.right() - self.width())
        y = where.y() if where.y() + self.height() <= room.bottom() else where.y() - self.height()
        self.move(max(room.left(), x), max(room.top(), y))
        self.show()
        first.setFocus(Qt.FocusReason.PopupFocusReason)

"""The keys that turn pages of pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_ON, _BACK = (Qt.Key.Key_Right, Qt.Key.Key_PageDown), (Qt.Key.Key_Left, Qt.Key.Key_PageUp)


def pages_on(event: QKeyEvent) -> int:
    """1 for a key that goes on, -1 for one that goes back, 0 for any other."""
    return 1 if event.key() in _ON else -1 if event.key() in _BACK else 0

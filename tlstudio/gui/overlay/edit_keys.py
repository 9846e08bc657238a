"""The keys of the mask editor. While a tool is in hand, undo and redo are about the mask and not about the recipe."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

TOOLS = {"brush": "B", "eraser": "X", "fill": "F", "polygon": "L"}
SMALLER, LARGER = ",", "."
UNDO, REDO, SAVE = "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Shift+S"
_PRESSED = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)


class EditKeys(QObject):
    """Watches the keys of the widget that the bar lies on, while the bar is there.

    in_hand: those that are in force only while `active` says so, and then before the window's shortcuts.
    """

    def __init__(
        self, bar: QWidget, plain: dict[str, Callable[[], object]], in_hand: dict[str, Callable[[], object]], active: Callable[[], bool]
    ) -> None:
        super().__init__(bar)
        self._bar, self._plain, self._in_hand, self._active = bar, plain, in_hand, active
        below = bar.parentWidget()
        assert below is not None
        below.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in _PRESSED and self._bar.isVisible():
            key = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
            wanted = self._in_hand.get(key) if self._active() else None
            if event.type() == QEvent.Type.ShortcutOverride:
                if wanted is not None:
                    event.accept()
                    return True
                return False
            wanted = wanted or self._plain.get(key)
            if wanted is not None:
                wanted()
                return True
        return False


ESCAPE = QKeySequence(Qt.Key.Key_Escape).toString(QKeySequence.SequenceFormat.PortableText)
RETURN = QKeySequence(Qt.Key.Key_Return).toString(QKeySequence.SequenceFormat.PortableText)
ENTER = QKeySequence(Qt.Key.Key_Enter).toString(QKeySequence.SequenceFormat.PortableText)

"""Nothing disturbs a presentation: no tooltips, a pointer that goes when it rests, and keys that mean the same on every page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
REST = 3000  # milliseconds after which the pointer goes


class Quiet(QObject):
    """Hears every event of the application while it is in force. key(event): what that key does here, None if nothing."""

    def __init__(self, parent: QObject, key: Callable[[QKeyEvent], Callable[[], object] | None]) -> None:
        super().__init__(parent)
        self._key = key
        self._on = self.hidden = False
        self._at = QPoint()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._hide)

    def begin(self) -> None:
        app = QApplication.instance()
        if app is not None and not self._on:
            self._on, self._at = True, QCursor.pos()
            app.installEventFilter(self)
            self._rest.start()

    def end(self) -> None:
        app = QApplication.instance()
        if app is not None and self._on:
            self._on = False
            app.removeEventFilter(self)
            self._rest.stop()
            self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            at = event.globalPosition().toPoint()
            if at != self._at:  # Qt also says so when something moves under a pointer at rest
                self._at = at
                self._show()
                self._rest.start()
        elif kind == QEvent.Type.ToolTip:
            return True
        elif kind == QEvent.Type.Show and isinstance(watched, QWidget) and watched.windowType() == Qt.WindowType.ToolTip:
            QTimer.singleShot(0, watched, watched.hide)  # shown by a widget on its own, without being asked
        elif kind in _KEYS and isinstance(event, QKeyEvent) and watched.isWidgetType() and not _in_dialog():
            does = self._key(event)
            if does is not None:
                event.accept()  # of a ShortcutOverride: no shortcut of the page takes the key
                if kind == QEvent.Type.KeyPress:
                    does()
                return True
        return False

    def _hide(self) -> None:
        if not self.hidden and not _in_dialog():
            self.hidden = True
            QApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)

    def _show(self) -> None:
        if self.hidden:
            self.hidden = False
            QApplication.restoreOverrideCursor()


def _in_dialog() -> bool:
    """Whether a dialog or menu that somebody asked for has the keys."""
    return QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None

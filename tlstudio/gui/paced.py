"""What says in words and figures how a run is doing: another state at once, progress as often as somebody can read it, nothing unseen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtWidgets import QWidget

EVERY = 150  # milliseconds between two refreshes, however fast events come


class Paced:
    """refresh: shows all there is to say. turn: what does not wait (a state, a speed): where it is another than at the last refresh, the
    next comes at once. While the widget is out of sight nothing is refreshed; its `showEvent` calls `shown`, which makes up for it.
    unseen: refresh it also then, as it tells others.
    """

    def __init__(self, widget: QWidget, refresh: Callable[[], object], turn: Callable[[], object], *, unseen: bool = False) -> None:
        self._widget, self._refresh, self._turn, self._unseen = widget, refresh, turn, unseen
        self._last: object = None
        self.late = True
        """Whether something came that is not shown yet."""
        self._since = QElapsedTimer()
        self._rest = QTimer(widget)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._over)

    def changed(self) -> None:
        """Something came: refresh now if that is due, else as soon as it is."""
        self.late = True
        if not self._wanted:
            return
        rested = self._since.elapsed() if self._since.isValid() else EVERY
        if rested >= EVERY or self._turn() != self._last:
            self.now()
        elif not self._rest.isActive():
            self._rest.start(EVERY - rested)

    def now(self) -> None:
        """Refresh, whatever was shown when."""
        self._rest.stop()
        self.late, self._last = False, self._turn()
        self._since.start()
        self._refresh()

    def shown(self) -> None:
        """The widget came into sight."""
        if self.late:
            self.now()

    @property
    def _wanted(self) -> bool:
        return self._unseen or self._widget.isVisible()

    def _over(self) -> None:
        if self.late and self._wanted:
            self.now()

"""The keys of the overlay page, and what the help sheet says of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from tlstudio.gui.overlay.picture import Mode
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.overlay.words import KEYS

_Key = Qt.Key
_OTHER = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_DIGITS = {getattr(_Key, f"Key_{n}"): n - 1 for n in range(1, 10)}


class Keys(QObject):
    """Watches the page, and the canvases for the keys that they would take themselves. edit: is called for E."""

    def __init__(
        self, page: QObject, viewer: Viewer, edit: Callable[[], object], leave: Callable[[], object], play: Callable[[], object]
    ) -> None:
        """leave: is called for Escape, play for K."""
        super().__init__(page)
        self._viewer, self._canvases = viewer, (viewer.panels.canvas, viewer.panels.beside)
        looking, canvas = viewer.looking, viewer.panels.canvas
        self._calls: dict[int, Callable[[], object]] = {
            _Key.Key_M: lambda: looking.show_masks(not looking.look.masks),
            _Key.Key_BracketLeft: lambda: looking.step_opacity(-1),
            _Key.Key_BracketRight: lambda: looking.step_opacity(1),
            _Key.Key_Left: lambda: viewer.step(-1),
            _Key.Key_Right: lambda: viewer.step(1),
            _Key.Key_Plus: lambda: viewer.zoom(1),
            _Key.Key_Equal: lambda: viewer.zoom(1),
            _Key.Key_Minus: lambda: viewer.zoom(-1),
            _Key.Key_0: canvas.fit,
            _Key.Key_E: edit,
            _Key.Key_K: play,
            _Key.Key_Escape: leave,
        }
        for mode, letter in KEYS.items():
            self._calls[getattr(_Key, f"Key_{letter}")] = partial(self._mode, mode)
        for key, label in _DIGITS.items():
            self._calls[key] = partial(looking.toggle_solo, label)
        self._held = False
        for watched in (page, *self._canvases):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._held and event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Hide):
            self._hold(False)  # its release will not come
        if not isinstance(event, QKeyEvent) or event.modifiers() & _OTHER:
            return False
        if watched in self._canvases and event.key() not in (_Key.Key_Left, _Key.Key_Right):
            return False  # the canvas comes first with what it can do itself; the rest comes back from the page
        if event.key() == _Key.Key_Space:
            return self._space(event)
        call = self._calls.get(event.key())
        if event.type() != QEvent.Type.KeyPress or call is None:
            return False
        if event.isAutoRepeat() and event.key() not in (_Key.Key_Left, _Key.Key_Right, *_STEADY):
            return True
        call()
        return True

    def _mode(self, mode: Mode) -> None:
        if mode not in self._viewer.looking.missing:
            self._viewer.looking.set_mode(mode)

    def _space(self, event: QKeyEvent) -> bool:
        if self._viewer.panels.canvas.tool is not None:
            return False  # with a tool in hand it moves the picture
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and not event.isAutoRepeat():
            self._hold(event.type() == QEvent.Type.KeyPress)
        return event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)

    def _hold(self, held: bool) -> None:
        if held != self._held:
            self._held = held
            self._viewer.looking.show_masks(not self._viewer.looking.look.masks)


_STEADY = (_Key.Key_BracketLeft, _Key.Key_BracketRight, _Key.Key_Plus, _Key.Key_Equal, _Key.Key_Minus)


def tr(text: str) -> str:
    return QCoreApplication.translate("overlay", text)


def guide() -> str:
    """Lines of key and meaning, with a tab between them, after a few words on the page."""
    lines = [
        ("M", tr("masks on or off")),
        (tr("Space, held"), tr("compare: the picture without its masks")),
        ("[  ]", tr("masks thinner, thicker")),
        ("I  P  G", tr("image, prediction, ground truth")),
        ("D  C  S", tr("difference, contour, swipe")),
        ("1 – 9", tr("that class alone, and all again")),
        (tr("Left  Right"), tr("the picture before, after; of a video the frame")),
        ("K", tr("play a video, or stop it; the camera on or off")),
        ("+  −  0", tr("larger, smaller, the whole picture; the wheel zooms at the pointer")),
        ("E", tr("correct the mask, and end it")),
        ("B  X  F  L", tr("while correcting: brush, eraser, fill, polygon")),
        (",  .", tr("while correcting: a smaller, a larger brush")),
        ("Ctrl+Z", tr("while correcting: the last stroke back; with Shift, again")),
        ("Ctrl+Shift+S", tr("while correcting: save the mask beside the original")),
        (tr("Esc"), tr("the tool away, then the end of correcting; else all classes again")),
    ]
    words = tr("Pictures under their masks: what the model said, what is true, and where they differ.")
    return "\n".join([words, *(f"{key}\t{meaning}" for key, meaning in lines)])

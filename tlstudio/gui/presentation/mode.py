"""Presentation: the whole screen, large type, no chrome. Nothing can pop up; leaving it brings back exactly what was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QScrollArea

from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.presentation.foot import Foot
from tlstudio.gui.presentation.quiet import Quiet
from tlstudio.gui.presentation.train_view import TrainView
from tlstudio.gui.widgets.replay_bar import replay_key

if TYPE_CHECKING:
    from tlstudio.gui.main_window import MainWindow

GROWN = 1.6  # text in a window of 1280 x 800; it grows and shrinks with the window
USUAL, LEAST, MOST = QSize(1280, 800), 1.2, 3.2


class Presentation(QObject):
    """Made when it is first wanted. `on` says whether it is shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window, self.session, self.on = window, window.session, False
        self.foot, self.training = Foot(window.session), TrainView(window.session)
        self._quiet = Quiet(self, self._key)
        self._before = Qt.WindowState.WindowNoState
        self._scale = 1.0
        self._missed: StudioError | None = None
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.timeout.connect(self._fit)
        window.installEventFilter(self)

    def toggle(self) -> None:
        (self.leave if self.on else self.enter)()

    def enter(self) -> None:
        if self.on:
            return
        self.on, self._before, self._scale = True, self.window.windowState(), theme.scale()
        self._tell_pages()
        self.window.dress()
        self.foot.show_page(self.window.page.key)
        self._quiet.begin()
        self.window.setWindowState(self._before | Qt.WindowState.WindowFullScreen)
        self._fit()

    def leave(self) -> None:
        """Back to the window as it was. An error that was said meanwhile is said again, in its usual way."""
        if not self.on:
            return
        self.on = False
        self._quiet.end()
        self._resized.stop()
        self.window.setWindowState(self._before)
        self._apply(self._scale)
        self._tell_pages()
        self.window.dress()
        missed, self._missed = self._missed, None
        if missed is not None:
            self.window.say(missed)

    def _tell_pages(self) -> None:
        for page in self.window.pages.values():
            page.present(self.on)

    def say(self, error: StudioError) -> None:
        """A trouble, in a calm line."""
        self._missed = error
        self.foot.say(error)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.on and event.type() == QEvent.Type.Resize:
            self._resized.start(0)
        return False

    def _fit(self) -> None:
        if self.on:
            self._apply(scale_for(self.window.size(), self._scale))

    def _apply(self, scale: float) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication) and abs(scale - theme.scale()) > 0.01:
            theme.apply(app, theme.current(), scale)

    # keys

    def _key(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What that key does here, or None."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            return self.leave
        if modifiers == Qt.KeyboardModifier.ControlModifier:
            return self._with_control(key)
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):  # what a remote control sends
            return lambda: self._turn(-1 if key == Qt.Key.Key_PageUp else 1)
        if _writing() or modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            return None
        if self.window.page.key == "train" and (does := self._of_training(key)) is not None:
            return does
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return lambda: self._turn(-1 if key == Qt.Key.Key_Left else 1)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and QApplication.focusWidget() in (None, self.window, self.window.page):
            return lambda: self._scroll(-1 if key == Qt.Key.Key_Up else 1)
        return _nothing if key == Qt.Key.Key_F1 else None  # the sheet would pop up

    def _with_control(self, key: int) -> Callable[[], object] | None:
        pages = list(self.window.pages)
        at = key - Qt.Key.Key_1
        if 0 <= at < len(pages):
            return lambda: self.session.asked_for.emit(pages[at])
        return self._start if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else None

    def _start(self) -> None:
        self.session.asked_for.emit("train")
        if self.session.data.ready:
            self.session.start()

    def _of_training(self, key: int) -> Callable[[], object] | None:
        """The keys of a replay; of a run that is trained, Space."""
        played, live = self.session.replaying, self.session.live
        if played is not None:
            return replay_key(played, key)
        if key == Qt.Key.Key_Space and live.state in ("running", "paused"):
            return live.toggle
        return None

    def _scroll(self, by: int) -> None:
        """What is larger than the window, by a part of it: there is no hand on the mouse."""
        area = self.window.page.findChild(QScrollArea, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if area is not None:
            bar = area.verticalScrollBar()
            bar.setValue(bar.value() + by * bar.pageStep() // 3)

    def _turn(self, by: int) -> None:
        pages = list(self.window.pages)
        at = pages.index(self.window.page.key) + by
        if 0 <= at < len(pages):
            self.session.asked_for.emit(pages[at])


def _nothing() -> None:
    """A key that is taken, and does nothing."""


def scale_for(size: QSize, usual: float) -> float:
    """The text scale for a window of that size; never less than what somebody uses anyway."""
    grown = GROWN * min(size.width() / USUAL.width(), size.height() / USUAL.height())
    return max(usual, round(min(max(grown, LEAST), MOST), 2))


def _writing() -> bool:
    """Whether keys are being typed into a field."""
    focus = QApplication.focusWidget()
    return isinstance(focus, QLineEdit | QPlainTextEdit | QAbstractSpinBox | QComboBox)

"""A widget that looks at a picture: zoom at the cursor, pan, fit, by mouse, touchpad, touch and keys; linked with another if one wants."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QMargins, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QInputDevice, QKeyEvent, QMouseEvent, QNativeGestureEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from tlstudio.gui.overlay.view import View

STEP = 1.25
"""Of the keys + and -, and of a notch of the wheel."""
_ARROWS = {Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


class ViewWidget(QWidget):
    """Holds the View; whoever derives from it paints. All points that it takes and gives are in picture pixels."""

    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = View()
        self._fitted: Literal["", "fit", "fill"] = "fit"  # what a new size of the widget does to the view
        self._insets = QMargins()
        self._linked: list[ViewWidget] = []
        self._dragged: QPointF | None = None
        self._space = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.grabGesture(Qt.GestureType.PinchGesture)

    # what one looks at

    @property
    def zoom(self) -> float:
        """Screen pixels (of the device) per picture pixel."""
        return self.view.zoom

    @property
    def fitted(self) -> str:
        """ "fit" or "fill" as long as nothing else was chosen, else ""."""
        return self._fitted

    def visible(self) -> QRectF:
        """What of the picture is on the screen; empty if nothing is."""
        left, top, right, bottom = self.view.shown
        zoom = self.view.zoom
        return QRectF(left / zoom, top / zoom, max(0, right - left) / zoom, max(0, bottom - top) / zoom)

    def fit(self) -> None:
        """The whole picture, as large as there is room."""
        self._set_view(self.view.fit(self._device_insets()), "fit")

    def fill(self) -> None:
        """As small as leaves no room around."""
        self._set_view(self.view.fit(cover=True), "fill")

    def one_to_one(self, at: QPointF | None = None) -> None:
        """A pixel of the picture is a pixel of the screen. at: the point of the widget that stays."""
        self._set_view(self.view.at_zoom(1.0, self._device(at)))

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """at: the point of the widget that stays where it is; the middle if None. On its way past 100 % a step stops there."""
        zoom = self.view.zoom * factor
        if abs(factor - 1) > 0.1 and min(self.view.zoom, zoom) < 0.999 < 1.001 < max(self.view.zoom, zoom):
            zoom = 1.0
        self._set_view(self.view.at_zoom(zoom, self._device(at)))

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        self._set_view(self.view.at_zoom(zoom, self._device(at)))

    def centre_on(self, x: float, y: float) -> None:
        self._set_view(self.view.centred(x, y))

    def set_insets(self, insets: QMargins) -> None:
        """What floats over the edges (pixels of the desktop): `fit` keeps clear of it."""
        if insets != self._insets:
            self._insets = insets
            self._refit()

    def link(self, other: ViewWidget) -> None:
        """From now on both look at the same place at the same zoom."""
        self._linked.append(other)
        other._linked.append(self)
        other.follow(self)

    def unlink(self) -> None:
        """Look alone again."""
        for other in self._linked:
            other._linked.remove(self)
        self._linked.clear()

    def follow(self, other: ViewWidget) -> None:
        """Look where another looks, if its picture is as large as this one's."""
        if other.view.picture == self.view.picture:
            self._fitted = ""
            self._take(self.view.centred(other.view.x, other.view.y).at_zoom(other.view.zoom))

    def to_picture(self, at: QPointF) -> QPointF:
        """A point of the widget in picture pixels; may lie outside the picture."""
        ratio = self.devicePixelRatioF()
        return QPointF(*self.view.to_picture(at.x() * ratio, at.y() * ratio))

    def from_picture(self, x: float, y: float) -> QPointF:
        ratio = self.devicePixelRatioF()
        return QPointF(*self.view.to_screen(x, y)) / ratio

    # for those who derive

    def show_size(self, width: int, height: int, *, keep: bool) -> None:
        """Another picture. keep: stay where one is, if it is as large as the one before."""
        same = self.view.picture == (width, height)
        self.view = View((width, height), self._screen(), self.view.zoom, self.view.x, self.view.y)
        if not (keep and same):
            self._fitted = self._fitted or "fit"
            self._refit()

    def may_pan(self, event: QMouseEvent) -> bool:
        """Whether that press begins to move the picture."""
        left = event.button() == Qt.MouseButton.LeftButton
        return event.button() == Qt.MouseButton.MiddleButton or (left and (self._space or not self.has_tool()))

    def has_tool(self) -> bool:
        """Whether the left button belongs to a tool."""
        return False

    @property
    def panning(self) -> bool:
        return self._dragged is not None

    @property
    def linked(self) -> list[ViewWidget]:
        return self._linked

    def show_cursor(self) -> None:
        """A closed hand while the picture is moved."""
        if self.panning:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.unsetCursor()

    # inside

    def _set_view(self, view: View, fitted: Literal["", "fit", "fill"] = "") -> None:
        self._fitted = fitted
        self._take(view)
        for other in self._linked:
            other.follow(self)

    def _take(self, view: View) -> None:
        if view != self.view:
            self.view = view
            self.update()
            self.view_changed.emit()

    def _refit(self) -> None:
        if self._fitted == "fit":
            self.fit()
        elif self._fitted == "fill":
            self.fill()

    def _screen(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _device(self, at: QPointF | None) -> tuple[float, float] | None:
        ratio = self.devicePixelRatioF()
        return None if at is None else (at.x() * ratio, at.y() * ratio)

    def _device_insets(self) -> tuple[int, int, int, int]:
        ratio, insets = self.devicePixelRatioF(), self._insets
        sides = insets.left(), insets.top(), insets.right(), insets.bottom()
        left, top, right, bottom = (round(side * ratio) for side in sides)
        return left, top, right, bottom

    def _resized(self) -> None:
        screen = self._screen()
        if screen != self.view.screen:
            self.view = View(self.view.picture, screen, self.view.zoom, self.view.x, self.view.y)
            self._refit()
            self.update()
            self.view_changed.emit()

    # hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resized()
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(1 + event.value(), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint())))
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms at the cursor; two fingers on a touchpad move, with Ctrl they zoom, too."""
        turned, fine = event.angleDelta(), event.pixelDelta()
        touchpad = event.device().type() == QInputDevice.DeviceType.TouchPad or event.phase() != Qt.ScrollPhase.NoScrollPhase
        if touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            moved = fine if not fine.isNull() else turned / 2
            ratio = self.devicePixelRatioF()
            self._set_view(self.view.moved(moved.x() * ratio, moved.y() * ratio))
        elif turned.y():
            self.zoom_by(STEP ** (turned.y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.may_pan(event):
            self._dragged = event.position()
            self.show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            moved = (event.position() - self._dragged) * self.devicePixelRatioF()
            self._dragged = event.position()
            self._set_view(self.view.moved(moved.x(), moved.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            self._dragged = None
            self.show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.has_tool():
            self.mousePressEvent(event)
        elif self._fitted == "fit":
            self.one_to_one(event.position())
        else:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            across, down = _ARROWS[key]
            self._set_view(self.view.moved(across * self.view.screen[0] / 8, down * self.view.screen[1] / 8))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            if key == Qt.Key.Key_Space:
                self._space = True  # and the page may have a use for it, too
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        super().keyReleaseEvent(event)

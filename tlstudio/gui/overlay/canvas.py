"""The canvas: a picture with its masks, in whatever way one looks at it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import getCppPointer

from tlstudio.gui.background import Background
from tlstudio.gui.overlay import marks
from tlstudio.gui.overlay.passing import Passing
from tlstudio.gui.overlay.picture import Look, Picture
from tlstudio.gui.overlay.pyramid import Pyramid
from tlstudio.gui.overlay.stage import Stage
from tlstudio.gui.overlay.swipe import SwipeHandle, paint_sides
from tlstudio.gui.overlay.tool import Tool
from tlstudio.gui.overlay.view import View
from tlstudio.gui.overlay.view_widget import ViewWidget
from tlstudio.gui.widgets.parts import colour

AT_ONCE = 4_000_000
"""Pixels of a picture whose smaller sizes are made before it is shown; those of a larger one follow from a thread."""
_QUIET = 40
"""Milliseconds without a frame, after which tiles are made that may be wanted next."""


class OverlayCanvas(ViewWidget):
    """objectName overlayCanvas. Fills its place with a quiet ground until there is a picture."""

    hovered = Signal(object)
    """The pixel under the pointer (QPoint), None outside the picture."""
    swiped = Signal(float)
    """Where the user put the swipe, 0..1 of the canvas's width."""
    picture_shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlayCanvas")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("The picture with its masks"))
        self.look = Look()
        self.picture: Picture | None = None
        self.tool: Tool | None = None
        self.pixel_grid = True
        self._stage: Stage | Passing | None = None
        self._painted: View | None = None
        self._by_keys = False  # whether it got the focus from the keyboard: only then one has to see that
        self._pointer: QPointF | None = None
        self._pixel: QPoint | None = None
        self._mark: QPointF | None = None
        self._stroke = self._outlined = False
        self._handle = SwipeHandle(self)
        self._handle.moved.connect(self._swiped)
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.timeout.connect(self._prepare)
        self.view_changed.connect(lambda: self._hover())

    def sizeHint(self) -> QSize:
        return QSize(960, 640)

    # what is shown

    def set_picture(self, picture: Picture | None, keep_view: bool = False, *, passing: bool = False) -> None:
        """keep_view: stay at the place and zoom, if the picture is as large as the one before. passing: the next one is on its way."""
        self.picture = picture
        self._stage = None
        if picture is not None and not picture.image.isNull():
            self._stage = Passing(picture) if passing and picture.truth is None else Stage(picture)
        self._ahead.stop()
        if picture is not None and self._stage is not None:
            if picture.width * picture.height <= AT_ONCE:
                picture.pyramid.build()
            elif not picture.pyramid.complete:
                Background(picture.pyramid.build, self._built)
            self.show_size(picture.width, picture.height, keep=keep_view)
        self.setAccessibleDescription("" if picture is None else Path(picture.path).name)
        self._place_handle()
        self.update()
        self.picture_shown.emit()
        self.view_changed.emit()
        self._hover(again=True)

    def settle(self) -> None:
        """What was to pass stays: paint it as finely as any other picture."""
        if isinstance(self._stage, Passing):
            self._stage = Stage(self._stage.picture)
            self.update()

    def set_look(self, look: Look) -> None:
        if look != self.look:
            self.look = look
            self._place_handle()
            self.update()

    def labels_changed(self, rect: QRect) -> None:
        """The picture's prediction or truth was edited in place, within that rectangle of picture pixels."""
        if self._stage is None or rect.isEmpty():
            return
        self._stage.labels_changed(rect, self.view, self.devicePixelRatioF())
        corner, end = self.from_picture(rect.x(), rect.y()), self.from_picture(rect.x() + rect.width(), rect.y() + rect.height())
        spread = math.ceil(self.look.contour + 2 * max(1.0, self.zoom)) + 2
        self.update(QRectF(corner, end).toAlignedRect().adjusted(-spread, -spread, spread, spread))

    def set_tool(self, tool: Tool | None) -> None:
        """Whom the left button belongs to; None: to moving the picture."""
        self.tool = tool
        self._stroke = False
        self.show_cursor()
        self.update()

    def has_tool(self) -> bool:
        return self.tool is not None

    def show_cursor(self) -> None:
        """Over the picture a tool's own mark stands for the cursor."""
        if self.tool is not None and not self.panning:
            self.setCursor(Qt.CursorShape.BlankCursor)
        else:
            super().show_cursor()

    def pixel_at(self, at: QPointF) -> QPoint | None:
        """The pixel under a point of the widget."""
        if self._stage is None:
            return None
        point = self.to_picture(at)
        pixel = QPoint(math.floor(point.x()), math.floor(point.y()))
        return pixel if QRect(0, 0, *self.view.picture).contains(pixel) else None

    def set_mark(self, at: QPointF | None) -> None:
        """A cross mark at that point of the picture, in picture pixels."""
        for point in (self._mark, at):
            if point is not None and self._mark != at:
                self._update_around(self.from_picture(point.x(), point.y()), marks.REACH)
        self._mark = at

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, event)
        finally:
            painter.end()  # what goes wrong shall not take the process with it

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        ratio, exposed = self.devicePixelRatioF(), QRectF(event.rect())
        covered = QRect(*self.view.origin, *self.view.plane).contains(QRect(0, 0, *self.view.screen))
        if self._stage is None or not covered:
            painter.fillRect(event.rect(), colour("window"))
        if self._stage is None:
            return
        painter.scale(1 / ratio, 1 / ratio)
        exposed = QRectF(exposed.x() * ratio, exposed.y() * ratio, exposed.width() * ratio, exposed.height() * ratio)
        if self._stage.paint(painter, self.view, self.look, ratio, exposed.toAlignedRect(), hurry=self._on_screen(painter)):
            moving = self._painted is not None and self._painted != self.view and self._painted.zoom == self.zoom
            self._ahead.start(0 if moving else _QUIET)  # what comes into view next is made tile by tile, not all in one frame
            self._painted = self.view
        else:
            self.update()
        painter.resetTransform()
        self._paint_marks(painter, ratio)

    def _on_screen(self, painter: QPainter) -> bool:
        """Whether another frame can follow; a grabbed picture has to be whole at once."""
        store = self.backingStore()
        return store is not None and getCppPointer(store.paintDevice()) == getCppPointer(painter.paintEngine().paintDevice())

    def _paint_marks(self, painter: QPainter, ratio: float) -> None:
        if self._by_keys and self.hasFocus():
            marks.focus(painter, QRectF(self.rect()), colour("accent"))
        if self.pixel_grid and self.zoom >= marks.GRID_FROM:
            left, top, right, bottom = (side / ratio for side in self.view.shown)
            corner = self.from_picture(0, 0)
            marks.pixel_grid(painter, QRectF(left, top, right - left, bottom - top).translated(corner), corner, self.zoom / ratio)
        if self._handle.isVisibleTo(self):
            by_hand = self.picture is not None and self.picture.by_hand
            said = self.tr("Corrected") if by_hand else self.tr("Prediction")
            paint_sides(painter, self._handle.at * self.width(), 72, said, self.tr("Truth"))
        if self._mark is not None:
            marks.cross(painter, self.from_picture(self._mark.x(), self._mark.y()))
        if self.tool is not None:
            marks.path(painter, [self.from_picture(x, y) for x, y in self.tool.outline()])
        if self.tool is not None and self._pointer is not None:
            across = self.tool.cursor() * self.zoom / ratio
            if across > 4:
                marks.ring(painter, self._pointer, across)
            else:
                marks.cross(painter, self._pointer)

    def _prepare(self) -> None:
        if self._stage is not None and self.isVisible() and self._stage.prepare(self.view, self.look, self.devicePixelRatioF()):
            self._ahead.start(0)

    def _built(self, pyramid: Pyramid) -> None:
        if self.picture is not None and self.picture.pyramid is pyramid:
            self.update()
            self.picture_shown.emit()

    # the swipe

    def _place_handle(self) -> None:
        swipes = self._stage is not None and self.look.mode == "swipe" and self.look.masks
        if self._handle.hasFocus() and not swipes:
            self.setFocus()  # else the next button of the page would get it
        self._handle.setVisible(swipes)
        self._handle.place(self.look.swipe)

    def _swiped(self, at: float) -> None:
        self.look = replace(self.look, swipe=at)
        self.update()
        self.swiped.emit(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_handle()

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if self.tool is not None and not self.panning and event.button() == Qt.MouseButton.LeftButton:
            self._stroke = True
            at = self.to_picture(event.position())
            self.tool.press(at.x(), at.y())
            self._show_outline()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._point(event.position())
        if self._stroke and self.tool is not None:
            at = self.to_picture(event.position())
            self.tool.move(at.x(), at.y())
            self._show_outline()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._stroke and self.tool is not None and event.button() == Qt.MouseButton.LeftButton:
            self._stroke = False
            at = self.to_picture(event.position())
            self.tool.release(at.x(), at.y())
            self._show_outline()

    def _show_outline(self) -> None:
        there = self.tool is not None and bool(self.tool.outline())
        if there or self._outlined:
            self.update()
        self._outlined = there

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def _point(self, at: QPointF | None) -> None:
        reach = (
            marks.REACH
            if self.tool is None
            else max(marks.REACH, math.ceil(self.tool.cursor() * self.zoom / self.devicePixelRatioF() / 2) + 3)
        )
        if self.tool is not None:
            for point in (self._pointer, at):
                if point is not None:
                    self._update_around(point, reach)
        self._pointer = at
        self._hover()

    def _hover(self, *, again: bool = False) -> None:
        """Tell which pixel is under the pointer, if it is another one (or another picture); linked canvases mark the spot."""
        pixel = self.pixel_at(self._pointer) if self._pointer is not None else None
        if pixel == self._pixel and not again:
            return
        self._pixel = pixel
        for other in self.linked:
            if isinstance(other, OverlayCanvas):
                other.set_mark(None if pixel is None else QPointF(pixel.x() + 0.5, pixel.y() + 0.5))
        self.hovered.emit(pixel)

    def _update_around(self, at: QPointF, reach: int) -> None:
        self.update(QRect(math.floor(at.x()) - reach, math.floor(at.y()) - reach, 2 * reach + 2, 2 * reach + 2))

"""How a row of the layer tree is drawn.

A frozen row is told by snowflake, ticked box and muted text, a learning row by flame, empty box and full text, a mixed row by a half
circle and a dash in the box; colour is the fourth sign, never the only one.
"""

from __future__ import annotations

import functools

from PySide6.QtCore import QAbstractItemModel, QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.ticks import State
from tlstudio.gui.widgets.layer_tree.layer_columns import LAYER, NUMBERS, RATE, SHARE, SIGNAL, STATE, TYPE
from tlstudio.gui.widgets.layer_tree.layer_model import Index, LayerModel
from tlstudio.gui.widgets.layer_tree.row_signals import CLOSED, OPEN
from tlstudio.gui.widgets.layer_tree.signal_paint import paint_heat, paint_spark
from tlstudio.gui.widgets.parts import colour, icon

ROW, BOX, POINTS = 24, 14, 9.0
_DIM = 0.4  # what a run says that froze other layers
_MOVED, _PROVEN = ("lock-simple-open-fill", "bad"), ("lock-simple-fill", "frozen")
_ICON = {State.FROZEN: ("snowflake", "frozen"), State.MIXED: ("circle-half", "trainable"), State.LEARNS: ("fire-simple-fill", "trainable")}


@functools.lru_cache(maxsize=64)
def drawn(name: str, tone: str, size: int, ratio: float) -> QPixmap:
    """An icon as pixels; drawing it from its font for each row would cost more than all else. tone is #RRGGBB."""
    return icon(name, tone).pixmap(QSize(size, size), ratio)


@functools.lru_cache(maxsize=8)
def _font(scale: float, bold: bool = False) -> QFont:
    """The font of all cells at a text scale; making one costs more than drawing with it."""
    font = theme.font(POINTS)
    if bold:
        font.setWeight(QFont.Weight.Bold)
    return font


@functools.lru_cache(maxsize=4096)
def _cut(text: str, width: int, mode: Qt.TextElideMode, scale: float) -> str:
    return QFontMetrics(_font(scale)).elidedText(text, mode, width)


def box_width() -> int:
    """From the left edge of a row's first cell: what belongs to the box when one clicks."""
    return theme.px(BOX + 7)


def paint_sentence(on: QWidget, said: str) -> None:
    """Where there are no rows."""
    painter = QPainter(on)
    painter.setFont(theme.font(10))
    painter.setPen(colour("muted"))
    side = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.drawText(on.rect().adjusted(24, 24, -24, -24), side, said)


class LayerDelegate(QStyledItemDelegate):
    """All columns; the view draws the background of the row."""

    def __init__(self, model: LayerModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.dirty = QRect()
        """What has to be drawn: Qt asks for all cells of a row, where only one column of it is new."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(ROW))

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """The view sees to clicks on the box; the style's own idea of where a box is would toggle it once more."""
        return False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        if not rect.intersects(self.dirty):
            return
        row, column = self._model.row(index), index.column()
        how = self._model.effect(row)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(_font(theme.scale()))
        if column == SHARE:
            self._share(painter, rect, row, how)
        elif column == SIGNAL:
            self._signal(painter, rect, row, how)
        else:
            if column == LAYER:
                self._box(painter, rect, self._model.state(row))
                if row in self._model.matches and how in self._model.meant:
                    self._tint(painter, QRectF(rect.left() + theme.px(21), rect.center().y() - theme.px(8), theme.px(18), theme.px(18)))
                self._icon(painter, rect, row, how)
                rect = rect.adjusted(theme.px(41), 0, -2, 0)
            else:
                rect = rect.adjusted(6, 0, -6 if column in NUMBERS else -2, 0)
            painter.setPen(colour("text" if how in (State.LEARNS, State.MIXED) else "muted"))
            self._text(painter, rect, row, column)
        painter.restore()

    def _box(self, painter: QPainter, rect: QRect, state: State) -> None:
        if state == State.NONE:
            return
        side = theme.px(BOX)
        x, y, unit = rect.left() + 4.0, rect.center().y() - side / 2 + 1, side / BOX
        frame = QRectF(x + 0.5, y + 0.5, side - 1, side - 1)
        tone = colour("trainable" if state == State.LEARNS else "frozen")
        painter.setPen(QPen(tone, 1.2))
        painter.setBrush(tone if state == State.FROZEN else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        stroke = QPen(colour("surface") if state == State.FROZEN else tone, 1.8 * unit)
        stroke.setCapStyle(Qt.PenCapStyle.RoundCap)
        stroke.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(stroke)
        if state == State.FROZEN:
            tick = ((3.6, 7.2), (6.1, 9.8), (10.6, 4.6))
            painter.drawPolyline([QPointF(x + a * unit, y + b * unit) for a, b in tick])
        elif state == State.MIXED:
            painter.drawLine(QPointF(x + 4 * unit, y + 7 * unit), QPointF(x + 10 * unit, y + 7 * unit))

    def _icon(self, painter: QPainter, rect: QRect, row: int, how: State) -> None:
        if self._model.lock(row) == OPEN and not self._model.signals.of:
            self._put(painter, rect, 23, *_MOVED)
        elif how in _ICON:
            self._put(painter, rect, 23, *_ICON[how])

    def _put(self, painter: QPainter, rect: QRect, left: int, name: str, role: str) -> None:
        size = theme.px(14)
        pixmap = drawn(name, colour(role).name(), size, painter.device().devicePixelRatio())
        painter.drawPixmap(rect.left() + theme.px(left), rect.center().y() - size // 2 + 1, pixmap)

    def _signal(self, painter: QPainter, rect: QRect, row: int, how: State) -> None:
        """A curve or a cell of heat where something learned, a closed lock where the frozen is proven, an open one where it moved."""
        signals, lock = self._model.signals, self._model.lock(row)
        painter.setOpacity(_DIM if signals.of else 1.0)
        box = QRectF(rect.adjusted(6, 3, -6, -3))
        if lock == OPEN:
            self._put(painter, rect, 6, *_MOVED)
            painter.setPen(colour("bad"))
            self._text(painter, rect.adjusted(theme.px(22), 0, -2, 0), row, SIGNAL)
        elif signals.heat and (value := signals.latest(row)) is not None:
            paint_heat(painter, box, value, signals.span(), signals.signal, self._model.signal(row))
        elif not signals.heat and len(signals.series(row)[0]):
            paint_spark(painter, box, *signals.series(row), signals.signal, colour("trainable" if how != State.FROZEN else "muted"))
        elif lock == CLOSED:
            self._put(painter, rect, 6, *_PROVEN)
        elif how != State.NONE:
            painter.setPen(colour("muted"))
            painter.drawText(rect.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "–")

    def _share(self, painter: QPainter, rect: QRect, row: int, how: State) -> None:
        """A track of 4 px, the filled part never under 1 px, so that 864 of 3.4 M is seen to be there."""
        if how == State.NONE:
            return
        track = QRectF(rect.left() + 6, rect.center().y() - 1, rect.width() - 12, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(track, 2, 2)
        fill = QRectF(track)
        fill.setWidth(max(1.0, track.width() * self._model.share(row)))
        painter.setBrush(colour("frozen" if how == State.FROZEN else "trainable"))
        painter.drawRoundedRect(fill, min(2.0, fill.width() / 2), 2)

    def _text(self, painter: QPainter, rect: QRect, row: int, column: int) -> None:
        middle = Qt.TextElideMode.ElideMiddle if column == LAYER else Qt.TextElideMode.ElideRight
        text = _cut(self._model.text(row, column), rect.width(), middle, theme.scale())
        right = column in NUMBERS
        if column in (LAYER, TYPE, STATE) and row in self._model.matches:
            self._mark(painter, rect, text)
        if column == RATE and self._model.ticks.paths[row] in self._model.multipliers:
            painter.setFont(_font(theme.scale(), bold=True))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _mark(self, painter: QPainter, rect: QRect, text: str) -> None:
        """Where a filter found its words: a tint and a line under them."""
        metrics = painter.fontMetrics()
        for word in self._model.wanted.split():
            wanted = word if word in text.lower() else word.rpartition(".")[2]
            at = text.lower().find(wanted)
            if at < 0 or not wanted:
                continue
            left = rect.left() + metrics.horizontalAdvance(text[:at])
            wide = metrics.horizontalAdvance(text[at : at + len(wanted)])
            self._tint(painter, QRectF(left - 1, rect.center().y() - metrics.height() / 2 + 1, wide + 2, metrics.height()))

    def _tint(self, painter: QPainter, box: QRectF) -> None:
        tone = QColor(colour("accent"))
        painter.fillRect(QRectF(box.left(), box.bottom() - 2, box.width(), 2), tone)
        tone.setAlpha(48)
        painter.fillRect(box, tone)

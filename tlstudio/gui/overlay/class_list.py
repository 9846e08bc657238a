"""The classes at the picture: colour, name, share, IoU, whether each is seen, whether it alone is. 150 of them scroll."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from tlstudio.gui import theme
from tlstudio.gui.overlay.class_lines import LINE, ClassLine, ClassLines
from tlstudio.gui.overlay.short_names import short_names
from tlstudio.gui.overlay.swatch import paint_swatch
from tlstudio.gui.overlay.words import score, share, whole_percent
from tlstudio.gui.widgets.parts import colour, paint_icon

ROW = 28
_SWATCH, _ICON = 14, 16
_LEFT = 14  # edge of the list to the swatch
_LEAST_NAME = 64  # a name with less room drives out the column of shares, then that of IoU


@dataclass(frozen=True)
class Columns:
    """Where things stand in a line of that width, from its left edge. share, iou: the right ends of the numbers, 0 where left out."""

    swatch: int
    name: tuple[int, int]
    share: int
    iou: int
    eye: int
    solo: int

    @classmethod
    def of(cls, width: int, *, ious: bool = True) -> Columns:
        px = theme.px
        solo = width - px(10) - px(_ICON) + 4
        eye = solo - px(_ICON) - px(8)
        iou = eye - px(14) if ious else 0
        share = (iou - px(42)) if ious else eye - px(14)
        left = _LEFT + px(_SWATCH) + px(10)
        if share - px(50) - left < px(_LEAST_NAME):
            share = 0
        if iou and not share and iou - px(32) - left < px(_LEAST_NAME):
            iou = 0
        end = (share - px(52)) if share else (iou - px(36)) if iou else eye - px(6)
        return cls(_LEFT, (left, end), share, iou, eye, solo)


class ClassList(QListView):
    """objectName classList. A click on the swatch asks for a colour, on the eye hides, on the cross-hairs shows that class alone.

    Enter hides or shows the marked class, Shift+Enter shows it alone; every other key is left to the page.
    """

    eye_pressed = Signal(int)
    solo_pressed = Signal(int)
    colour_wanted = Signal(int)
    menu_wanted = Signal(int, QPoint)
    columns_moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("classList")
        self.setAccessibleName(self.tr("Classes"))
        self.lines = ClassLines()
        self.setModel(self.lines)
        self.setItemDelegate(_Line(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListView { background: transparent; border: none; border-radius: 0; }")
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.ious = True
        """Whether there is a column of IoU."""
        self._shorts: dict[tuple[object, ...], list[str]] = {}
        self.lines.modelReset.connect(self._forget_names)

    def columns(self) -> Columns:
        return Columns.of(self.viewport().width(), ious=self.ious)

    def short_name(self, label: int, width: int, metrics: QFontMetrics, *, bold: bool) -> str:
        """The name of a class cut to that many pixels, unlike those of the others. metrics: of the font, which is bold or not."""
        key = (width, theme.scale(), bold)
        if key not in self._shorts:
            if len(self._shorts) > 3:  # the panel is being drawn wider
                self._shorts.clear()
            self._shorts[key] = short_names(self.lines.names, width, metrics)
        return self._shorts[key][label]

    def _forget_names(self) -> None:
        self._shorts.clear()

    def height_needed(self) -> int:
        """For all lines that are not filtered away."""
        return max(1, self.lines.rowCount()) * theme.px(ROW)

    def zone(self, at: QPoint) -> tuple[int, str]:
        """Which class lies there, and what of it: colour, eye, solo or name; (-1, "") beside all."""
        index = self.indexAt(at)
        if not index.isValid():
            return -1, ""
        columns, reach = self.columns(), theme.px(_ICON) // 2 + 4
        half = theme.px(_ICON) // 2
        zone = "name"
        if at.x() < columns.name[0] - 4:
            zone = "colour"
        elif abs(at.x() - columns.eye - half) <= reach:
            zone = "eye"
        elif abs(at.x() - columns.solo - half) <= reach:
            zone = "solo"
        return self.lines.labels[index.row()], zone

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns_moved.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            label, zone = self.zone(event.position().toPoint())
            self._act(label, zone)

    def _act(self, label: int, zone: str) -> None:
        signal = {"colour": self.colour_wanted, "eye": self.eye_pressed, "solo": self.solo_pressed}.get(zone)
        if signal is not None:
            signal.emit(label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        hand = self.zone(event.position().toPoint())[1] in ("colour", "eye", "solo")
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here.isValid():
            alone = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._act(self.lines.labels[here.row()], "solo" if alone else "eye")
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()  # letters and arrows belong to the page, not to a search in the list

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            label, zone = self.zone(event.pos())
            QToolTip.showText(event.globalPos(), self._tip(label, zone) if label >= 0 else "", self)
            return True
        return super().viewportEvent(event)

    def _tip(self, label: int, zone: str) -> str:
        line = self.lines.line(self.lines.labels.index(label))
        if zone == "colour":
            return self.tr("Choose another colour")
        if zone == "eye":
            return self.tr("Hide this class (Enter)") if line.seen else self.tr("Show this class (Enter)")
        if zone == "solo":
            key = f" ({label + 1})" if label < 9 else ""
            return (self.tr("Show all classes again") if line.solo else self.tr("Show this class alone")) + key
        parts = [line.look.name]
        if line.share is not None:
            parts.append(self.tr("Covers %1 of the picture").replace("%1", share(line.share)))
        if line.iou is not None:
            parts.append(self.tr("IoU %1: overlap of prediction and truth, over what either covers").replace("%1", score(line.iou)))
        if line.look.opacity < 1:
            parts.append(self.tr("Drawn with %1 of the opacity").replace("%1", whole_percent(line.look.opacity)))
        parts.append(self.tr("Right click: an opacity of its own, another colour"))
        return "\n".join(parts)

    def _menu(self, at: QPoint) -> None:
        here = self.indexAt(at)
        index = here if here.isValid() else self.currentIndex()
        if index.isValid():
            self.menu_wanted.emit(self.lines.labels[index.row()], self.viewport().mapToGlobal(at))


class _Line(QStyledItemDelegate):
    def __init__(self, view: ClassList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        line: ClassLine = index.data(LINE)
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        columns, px = self._view.columns(), theme.px
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = bool(state & QStyle.StateFlag.State_HasFocus) and self._view.hasFocus()
        if line.solo or marked or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(colour("accent_soft" if line.solo else "raised"))
            painter.setPen(QPen(colour("accent"), 2) if marked else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box.adjusted(6, 1, -6, -1), 6, 6)
        side, small = px(_SWATCH), px(_ICON)
        middle = box.center().y() + 1
        swatch = QRectF(box.left() + columns.swatch, middle - side / 2, side, side)
        painter.setOpacity(1.0 if line.seen else 0.4)
        paint_swatch(painter, swatch, line.look.colour, int(line.look.hatched))
        painter.setOpacity(1.0)
        tone = colour("text" if line.seen else "muted")
        painter.setFont(theme.font(9.5, bold=line.solo))
        painter.setPen(tone)
        left, right = columns.name
        name = self._view.short_name(line.label, right - left, painter.fontMetrics(), bold=line.solo)
        painter.drawText(QRect(box.left() + left, box.top(), right - left, box.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(theme.font(9))
        ends = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if columns.share and line.share is not None:
            painter.setPen(colour("muted"))
            painter.drawText(QRect(box.left(), box.top(), columns.share, box.height()), ends, share(line.share))
        if columns.iou:
            painter.setPen(tone)
            painter.drawText(QRect(box.left(), box.top(), columns.iou, box.height()), ends, score(line.iou))
        top = middle - small // 2
        paint_icon(painter, QRect(box.left() + columns.eye, top, small, small), "eye" if line.seen else "eye-slash", "muted")
        role = "accent" if line.solo else "muted"
        paint_icon(painter, QRect(box.left() + columns.solo, top, small, small), "crosshair-simple", role)
        painter.restore()

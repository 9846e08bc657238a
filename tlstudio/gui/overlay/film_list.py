"""The pictures of a collection side by side; ten thousand do not hurt: only what is in sight is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.words import score
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.parts import colour, icon, paint_icon

WIDE, HIGH = 88, 66
_GAP, _CAPTION = 8, 18
_DECODED = 118  # longer side: enough for 4:3 to fill the box at its full width
_PLACE = Qt.ItemDataRole.UserRole


class FilmModel(QAbstractListModel):
    """Places of a collection's entries, in the order in which they are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.collection: Collection | None = None
        self.order: list[int] = []
        self.with_past: frozenset[int] = frozenset()
        """Pictures of which masks of several epochs were kept."""

    def show_order(self, collection: Collection, order: list[int], with_past: frozenset[int]) -> None:
        self.beginResetModel()
        self.collection, self.order, self.with_past = collection, order, with_past
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.order)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.collection is None:
            return None
        place = self.order[index.row()]
        if role == _PLACE:
            return place
        entry = self.collection.entries[place]
        name = Path(entry["path"]).name
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = [name if role == Qt.ItemDataRole.AccessibleTextRole else entry["path"]]
            if entry.get("iou") is not None:
                said.append(self.tr("Mean IoU %1").replace("%1", score(entry["iou"])))
            if entry.get("corrected"):
                words = self.tr("Corrected by hand, mean IoU %1").replace("%1", score(entry.get("corrected_iou")))
                said.append(words if entry.get("corrected_iou") is not None else self.tr("Corrected by hand"))
            if place in self.with_past:
                said.append(self.tr("Its masks of several epochs were kept"))
            return "\n".join(said)
        return None


class FilmList(QListView):
    """objectName filmStrip. The marked picture is the one that is open; the wheel runs along the strip."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("filmStrip")
        self.setAccessibleName(self.tr("Pictures"))
        self.film = FilmModel()
        self.setModel(self.film)
        self.setItemDelegate(_Frame(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListView { background: transparent; border: none; border-radius: 0; }")
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        thumbnails.shared().loaded.connect(self.viewport().update)
        self._fit()

    def mark(self, place: int) -> None:
        """Mark a picture and bring it into sight; nothing where it is filtered away."""
        if place in self.film.order:
            index = self.film.index(self.film.order.index(place))
            self.setCurrentIndex(index)
            self.scrollTo(index)
        else:
            self.setCurrentIndex(QModelIndex())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (turned.y() if abs(turned.y()) > abs(turned.x()) else turned.x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            super().keyPressEvent(event)
        else:
            event.ignore()  # arrows and letters are the page's

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "film"):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(HIGH + theme.px(_CAPTION) + 6)
        self.doItemsLayout()


class _Frame(QStyledItemDelegate):
    def __init__(self, view: FilmList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDE + _GAP, HIGH + theme.px(_CAPTION) + 4)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        view, place = self._view, index.data(_PLACE)
        assert view.film.collection is not None
        entry = view.film.collection.entries[place]
        at: QRect = option.rect
        state: QStyle.StateFlag = option.state
        box = QRect(at.left() + _GAP // 2, at.top() + 3, WIDE, HIGH)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _paint_filled(painter, box, str(entry["path"]), view.devicePixelRatioF())
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("accent"), 3 if chosen else 1))
            painter.drawRoundedRect(QRectF(box).adjusted(-1, -1, 1, 1), 5, 5)
        signs = ["clock-counter-clockwise"] if place in view.film.with_past else []
        signs += ["pencil-simple"] if entry.get("corrected") else []
        for i, sign in enumerate(signs):
            side = theme.px(16)
            mark = QRect(box.right() - (side + 6) * (i + 1) + 2, box.top() + 4, side, side)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("surface"))
            painter.drawRoundedRect(mark.adjusted(-2, -2, 2, 2), 4, 4)
            paint_icon(painter, mark, sign, "text")
        painter.setFont(theme.font(9, bold=chosen))
        painter.setPen(colour("text" if chosen else "muted"))
        iou = entry.get("iou")
        words = score(iou) if view.film.collection.has_scores else Path(entry["path"]).stem
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideLeft, WIDE)  # names of a series differ at their ends
        below = QRect(box.left(), box.bottom() + 3, WIDE, theme.px(_CAPTION))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        if view.hasFocus() and chosen:
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawLine(box.left() + 24, below.bottom(), box.right() - 24, below.bottom())
        painter.restore()


def _paint_filled(painter: QPainter, box: QRect, path: str, ratio: float) -> None:
    """The picture so large that it fills the box, cut around its middle; a quiet plate while it is not there."""
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(box), 4, 4)
    loader = thumbnails.shared()
    pixmap = loader.pixmap(path, _DECODED, ratio, square=False)
    if pixmap is not None:
        painter.save()
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(QRectF(box), pixmap, _cut(pixmap, box))
        painter.restore()
        return
    painter.fillPath(shape, colour("raised"))
    if loader.failed(path, _DECODED, ratio, square=False):
        icon("file-x", "muted").paint(painter, QRect(box.center().x() - 12, box.center().y() - 12, 24, 24))


def _cut(pixmap: QPixmap, box: QRect) -> QRectF:
    """What of a pixmap, in its own pixels, fills a box of another shape."""
    scale = min(pixmap.width() / box.width(), pixmap.height() / box.height())
    width, height = box.width() * scale, box.height() * scale
    return QRectF((pixmap.width() - width) / 2, (pixmap.height() - height) / 2, width, height)

"""All pictures of a class, or of one kind of problem. 100,000 do not hurt: only what is in sight is loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QDialog, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.elided_label import elide
from tlstudio.gui.widgets.parts import Button, Segments, colour, column, label, row
from tlstudio.gui.widgets.picture_paint import paint_thumbnail
from tlstudio.gui.widgets.picture_view import Picture, Pictures, PictureView

SIDE, _GAP = 128, 12
_PICTURE = Qt.ItemDataRole.UserRole


class PicturesModel(QAbstractListModel):
    """Any number of pictures as a list model; each is made when it is asked for."""

    def __init__(self, pictures: Pictures | Sequence[Picture]) -> None:
        super().__init__()
        self.pictures = pictures

    def show_pictures(self, pictures: Pictures | Sequence[Picture]) -> None:
        self.beginResetModel()
        self.pictures = pictures
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.pictures)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (_PICTURE, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        picture = self.pictures[index.row()]
        if role == _PICTURE:
            return picture
        name = picture.path.replace("\\", "/").rpartition("/")[2]
        return name if role == Qt.ItemDataRole.DisplayRole else "\n".join(part for part in (picture.path, picture.message) if part)


class GalleryView(QListView):
    """Pictures side by side; a click or Enter opens one large. captions: a line below each (its message, else its name)."""

    def __init__(self, pictures: Pictures | Sequence[Picture], *, captions: bool = False, broken: str = "file-x") -> None:
        super().__init__()
        self.captions, self.broken = captions, broken
        # Not IconMode: that lays out 100,000 in 0.7 s, a wrapping list looks the same and takes 0.2 s.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.pictures = PicturesModel(pictures)
        self.setModel(self.pictures)
        self.setItemDelegate(_Tile(self))
        self.clicked.connect(self.open_large)
        self.activated.connect(self.open_large)
        self._large: PictureView | None = None
        thumbnails.shared().loaded.connect(self.viewport().update)
        self._fit()

    def open_large(self, index: QModelIndex) -> None:
        """Show that picture in a window of its own."""
        if self._large is not None:
            self._large.close()
        self._large = view = PictureView(self.pictures.pictures, index.row(), self)
        view.destroyed.connect(self._closed)
        view.show()

    def _closed(self) -> None:
        self._large = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "pictures"):
            self._fit()

    def caption_height(self) -> int:
        return theme.px(44) if self.captions else 0

    def _fit(self) -> None:
        self.setGridSize(QSize(SIDE + _GAP, SIDE + _GAP + self.caption_height()))


class _Tile(QStyledItemDelegate):
    def __init__(self, view: GalleryView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        view, picture = self._view, index.data(_PICTURE)
        at: QRect = option.rect
        state: QStyle.StateFlag = option.state
        box = QRect(at.left() + _GAP // 2, at.top() + _GAP // 2, SIDE, SIDE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_thumbnail(painter, box, picture.path, view.devicePixelRatioF(), broken=view.broken, mask=picture.mask)
        focused = state & QStyle.StateFlag.State_HasFocus and view.hasFocus()
        if focused or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(colour("accent"), 2 if focused else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(-2, -2, 2, 2), 6, 6)
        if view.captions:
            painter.setFont(theme.font(8))
            painter.setPen(colour("muted"))
            below = QRect(box.left(), box.bottom() + 4, box.width(), view.caption_height() - 6)
            name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, below.width())
            half = QRect(below.left(), below.top(), below.width(), below.height() // 2)
            painter.drawText(half, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(colour("text"))
            said = painter.fontMetrics().elidedText(picture.message, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(half.translated(0, half.height()), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)
        painter.restore()


class Gallery(QDialog):
    """objectName gallery. choices: {key: word} that narrow it down, each asked of `of(key)`; none shows of("") alone."""

    def __init__(
        self,
        title: str,
        of: Callable[[str], Pictures | Sequence[Picture]],
        *,
        choices: dict[str, str] | None = None,
        captions: bool = False,
        broken: str = "file-x",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._of, self._title = of, title
        first = next(iter(choices), "") if choices else ""
        self.view = GalleryView(of(first), captions=captions, broken=broken)
        self.view.setAccessibleName(title)
        self._name, self._count = label("", "figure"), label("", "muted")
        self._name.setToolTip(title)
        head = row(self._name, self._count, None)
        if choices:
            head.addWidget(Segments(choices, first, self._choose, name="gallerySplits"))
        close = Button(self.tr("Close"), tip=self.tr("Back to the page (Esc)"), on=self.close)
        hint = label(self.tr("Click a picture to see it large"), "small")
        self.setLayout(column(head, (self.view, 1), row(hint, None, close), margins=(16, 16, 16, 16)))
        self.resize(theme.px(880), theme.px(640))
        self.view.setFocus()
        self._say()

    def _choose(self, key: str) -> None:
        self.view.pictures.show_pictures(self._of(key))
        self._say()

    def _say(self) -> None:
        n = len(self.view.pictures.pictures)
        self._name.setText(elide(self._title, theme.px(360), self._name))
        self._count.setText(self.tr("1 file") if n == 1 else self.tr("%1 files").replace("%1", f"{n:,}"))

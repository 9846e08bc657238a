"""One model in two lines: name and where its weights are, then params, mult-adds and accuracy under the words that sort by them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.wanted_models import SORTS
from tlstudio.gui.widgets.catalogue_model import MARKS, CatalogueModel, Index
from tlstudio.gui.widgets.parts import GAP, colour, paint_icon

ROW, HEADING = 48, 22


def columns(left: int, width: int) -> tuple[tuple[int, int], ...]:
    """Left edge and width of params, mult-adds and accuracy, each aligned to its right."""
    first, second = round(width * 0.27), round(width * 0.63)
    return (left, first), (left + first, second - first), (left + second, width - second)


class CatalogueRow(QStyledItemDelegate):
    """Paints a row of a CatalogueModel; nothing is made for a row that is out of sight."""

    def __init__(self, models: CatalogueModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._models = models

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        state: QStyle.StateFlag = option.state
        rect: QRect = option.rect
        entry, px = self._models.entries[index.row()], theme.px
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        box = rect.adjusted(8, 1, -8, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or bool(state & QStyle.StateFlag.State_MouseOver):
            focused = chosen and bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(colour("accent"), 2) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(colour("accent_soft" if chosen else "raised"))
            painter.drawRoundedRect(box, 6, 6)
        inside = box.adjusted(8, px(5), -8, -px(5))
        line, size = px(18), px(16)
        mark, role = MARKS[self._models.where(entry)]
        paint_icon(painter, QRect(inside.right() - size + 1, inside.top() + (line - size) // 2, size, size), mark, role)
        painter.setFont(theme.font(9.5, bold=chosen))
        painter.setPen(colour("text"))
        room = inside.width() - size - 4
        name = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(inside.left(), inside.top(), room, line), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(theme.font(8.5))
        painter.setPen(colour("muted"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for (x, width), text in zip(columns(inside.left(), inside.width()), self._models.facts(entry), strict=True):
            painter.drawText(QRect(x, inside.top() + line, width, line), right, text)
        painter.restore()


class CatalogueHeading(QWidget):
    """The words over the three columns. A click sorts by one, another turns the order round, a third goes back to the catalogue's."""

    sorted_by = Signal(str, bool)
    """Which of SORTS ("": none), and whether the largest comes first."""

    def __init__(self) -> None:
        super().__init__()
        self._sort, self._descending = "", False
        self._overlap = False
        self._room = 0
        tips = (
            self.tr("Sort by parameters: how large the model is"),
            self.tr("Sort by multiplications with addition for one image: how much work it is"),
            self.tr("Sort by how good it was, as published"),
        )
        self.buttons: dict[str, QToolButton] = {}
        for key, tip in zip(SORTS, tips, strict=True):
            button = self.buttons[key] = QToolButton(self)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, key=key: self._take(key))
        self._word()
        self._fit()

    def show_overlap(self, overlap: bool) -> None:
        """Whether the last column is the mean IoU of segmentation models."""
        if overlap != self._overlap:
            self._overlap = overlap
            self._word()
            self._lay_out()

    def stand_over(self, width: int) -> None:
        """The width of the rows under it, where a scroll bar takes some."""
        self._room = width
        self._lay_out()

    def _take(self, key: str) -> None:
        first = key == "score"  # the best first; of costs the smallest
        if self._sort != key:
            self._sort, self._descending = key, first
        elif self._descending == first:
            self._descending = not first
        else:
            self._sort, self._descending = "", False
        self._word()
        self._fit()
        self.sorted_by.emit(self._sort, self._descending)

    def _word(self) -> None:
        words = (self.tr("params"), self.tr("mult-adds"), self.tr("mean IoU") if self._overlap else self.tr("ImageNet"))
        for (key, button), word in zip(self.buttons.items(), words, strict=True):
            on = key == self._sort
            button.setText(f"{word} {'↓' if self._descending else '↑'}" if on else word)
            order = (self.tr("largest first") if self._descending else self.tr("smallest first")) if on else self.tr("not sorted by it")
            button.setAccessibleName(f"{word}, {order}")

    def sizeHint(self) -> QSize:
        return QSize(0, theme.px(HEADING))

    minimumSizeHint = sizeHint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        role = {key: colour("accent" if key == self._sort else "muted").name() for key in self.buttons}
        for key, button in self.buttons.items():
            sheet = (
                f"QToolButton {{ color: {role[key]}; font-size: {8 * theme.scale():.1f}pt; padding: 0px 2px; }}"
                "QToolButton { border: 1px solid transparent; }"
                f"QToolButton:hover {{ color: {colour('text').name()}; background: transparent; }}"
                f"QToolButton:focus {{ border-color: {colour('accent').name()}; border-radius: 4px; }}"
            )
            if sheet != button.styleSheet():  # setting one brings a style change, which calls this again
                button.setStyleSheet(sheet)
        self.updateGeometry()
        self._lay_out()

    def _lay_out(self) -> None:
        for (x, wide), button in zip(columns(GAP, (self._room or self.width()) - 2 * GAP), self.buttons.values(), strict=True):
            own = min(button.sizeHint().width(), x + wide)
            button.setGeometry(x + wide - own + 3, 0, own, self.height())

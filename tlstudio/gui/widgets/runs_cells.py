"""Cells of the table of runs that are more than text: the tick with its line's key, the state with its icon, tags as chips."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour, icon
from tlstudio.gui.widgets.runs_model import COMPARE, STATE, STATE_COLUMN, STYLE, TAGS

Index = QModelIndex | QPersistentModelIndex
_STATES = {
    "finished": ("check-circle", "good"),
    "stopped": ("stop-circle", "good"),
    "early": ("check-circle", "good"),
    "unstarted": ("x-circle", "bad"),
    "live": ("play-circle", "accent"),
    "failed": ("x-circle", "bad"),
    "unfinished": ("warning", "warn"),
    "unreadable": ("x-circle", "bad"),
}


class RunCell(QStyledItemDelegate):
    """For the whole table; other columns are plain text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.column() not in (COMPARE, STATE_COLUMN, TAGS):
            super().paint(painter, option, index)
            return
        state: QStyle.StateFlag = option.state
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour("accent_soft"))
        middle, px = box.center().y() + 1, theme.px
        if index.column() == COMPARE:
            ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            name, role = ("check-square-fill", "accent") if ticked else ("square", "muted")
            icon(name, role).paint(painter, QRect(box.left() + px(10), middle - px(9), px(18), px(18)))
            style = index.data(STYLE)
            if style is not None:
                style.paint_key(painter, QRectF(box.left() + px(38), middle - px(6), px(36), px(12)))
        elif index.column() == TAGS:
            _chips(painter, box.adjusted(px(6), 0, -4, 0), [tag for tag in str(index.data()).split(", ") if tag])
        else:
            name, role = _STATES[index.data(STATE)]
            icon(name, role).paint(painter, QRect(box.left() + px(8), middle - px(8), px(16), px(16)))
            text = box.adjusted(px(30), 0, -6, 0)
            painter.setFont(theme.font(10))
            painter.setPen(colour(role if role in ("bad", "warn") else "text"))
            words = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, text.width())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, words)
        if state & QStyle.StateFlag.State_HasFocus and index.column() == COMPARE:
            painter.setPen(QPen(colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(5, 3, -5, -3), 4, 4)
        painter.restore()


def _chips(painter: QPainter, box: QRect, tags: list[str]) -> None:
    """As many tags as there is room for; the last one says how many more there are."""
    painter.setFont(theme.font(9))
    metrics, high, x = painter.fontMetrics(), theme.px(20), box.left()
    for i, tag in enumerate(tags):
        left, rest = box.right() - x, len(tags) - i
        wide = metrics.horizontalAdvance(tag) + theme.px(14)
        tail = metrics.horizontalAdvance(f"+{rest}") + theme.px(14) if rest > 1 else 0
        if wide + tail > left and i:
            tag, wide, rest = f"+{rest}", metrics.horizontalAdvance(f"+{rest}") + theme.px(14), 0
        wide = min(wide, left)
        chip = QRectF(x, box.center().y() - high / 2 + 1, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("raised"))
        painter.drawRoundedRect(chip, high / 2, high / 2)
        painter.setPen(colour("text"))
        words = metrics.elidedText(tag, Qt.TextElideMode.ElideRight, int(wide) - theme.px(12))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)
        x += int(wide) + 4
        if not rest:
            return

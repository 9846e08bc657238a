"""How the weights of a layer are spread: a histogram with its ends and zero; Enter or a click shows the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QToolTip, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.histogram_table import show_histogram_table
from tlstudio.gui.widgets.parts import colour

TALL = 64


class WeightHistogram(QWidget):
    """objectName weightHistogram."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("weightHistogram")
        self.setAccessibleName(self.tr("Histogram of the weights"))
        self.setToolTip(self.tr("How many weights have which value; a click shows the numbers"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.edges: list[float] = []
        self.counts: list[int] = []

    def show_histogram(self, histogram: Mapping[str, Any]) -> None:
        """histogram: {edges: n + 1 numbers, counts: n numbers}."""
        self.edges = [float(edge) for edge in histogram.get("edges", ())]
        self.counts = [int(n) for n in histogram.get("counts", ())]
        self.setAccessibleDescription("; ".join(f"{span}: {n:,}" for span, n in self.rows()))
        self.update()

    def rows(self) -> list[tuple[str, int]]:
        """(from and to, weights) of each bar."""
        ends = zip(self.edges, self.edges[1:], self.counts, strict=False)
        return [(self.tr("%1 to %2").replace("%1", figure(low)).replace("%2", figure(high)), n) for low, high, n in ends]

    def sizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(TALL))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.counts:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(8))
        under = painter.fontMetrics().height() + 3
        plot = QRectF(1, 2, self.width() - 2, max(1, self.height() - under - 2))
        wide, top = plot.width() / len(self.counts), max(self.counts) or 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("frozen"))
        for i, n in enumerate(self.counts):
            tall = plot.height() * n / top
            gap = 1 if wide > 3 else 0
            # what is there can be seen, however little it is
            painter.drawRect(QRectF(plot.left() + i * wide, plot.bottom() - max(tall, 1.0 * (n > 0)), wide - gap, max(tall, 1.0 * (n > 0))))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._axis(painter, plot, under)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _axis(self, painter: QPainter, plot: QRectF, under: int) -> None:
        low, high = self.edges[0], self.edges[-1]
        painter.setPen(colour("muted"))
        metrics = painter.fontMetrics()
        base = plot.bottom() + 2 + metrics.ascent()
        left, right = figure(low), figure(high)
        painter.drawText(QPointF(plot.left(), base), left)
        painter.drawText(QPointF(plot.right() - metrics.horizontalAdvance(right), base), right)
        if low < 0 < high:
            x = plot.left() - low / (high - low) * plot.width()
            half = metrics.horizontalAdvance("0") / 2
            free = plot.left() + metrics.horizontalAdvance(left) + 6, plot.right() - metrics.horizontalAdvance(right) - 6
            if free[0] < x - half and x + half < free[1]:
                painter.drawText(QPointF(x - half, base), "0")

    # hands

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.counts:
            at = min(len(self.counts) - 1, max(0, int(event.pos().x() / max(1, self.width()) * len(self.counts))))
            span, n = self.rows()[at]
            QToolTip.showText(event.globalPos(), self.tr("%1: %2 weights").replace("%1", span).replace("%2", f"{n:,}"), self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.show_table()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.show_table()
        else:
            super().keyPressEvent(event)

    def show_table(self) -> QDialog:
        """The numbers as a table, in a window of its own."""
        words = (self.tr("Value"), self.tr("Weights"))
        return show_histogram_table(self, "weightTable", self.tr("Histogram of the weights"), words, self.rows())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.updateGeometry()


def figure(value: float, digits: int = 3) -> str:
    """−0.031, 3.71, 1.2e−05: so many figures, with a true minus."""
    return f"{value:.{digits}g}".replace("-", "−") if value else "0"

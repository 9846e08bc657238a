"""A share with its interval on an axis that ends at 1, and a mark for what always naming the commonest class would get."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

KNOB = 7  # radius of the point; the axis keeps this distance from both ends


class IntervalBar(QWidget):
    """The axis begins at 0.5 where everything shown is above it, else at 0."""

    def __init__(self) -> None:
        super().__init__()
        self.value, self.low, self.high = 0.0, 0.0, 1.0
        self.baseline: tuple[str, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def start(self) -> float:
        least = min(self.low, self.value, self.baseline[1] if self.baseline else 1.0)
        return 0.5 if least >= 0.5 else 0.0

    def show_share(self, value: float, low: float, high: float, baseline: tuple[str, float] | None = None) -> None:
        """All shares 0 to 1; baseline: (class that is always named, the share that gets)."""
        self.value, self.low, self.high, self.baseline = value, low, high, baseline
        said = self.tr("Accuracy %1, 95% interval %2 to %3")
        said = said.replace("%1", f"{value:.3f}").replace("%2", f"{low:.3f}").replace("%3", f"{high:.3f}")
        if baseline:
            said += ". " + self.tr("Always answering “%1” would get %2").replace("%1", baseline[0]).replace("%2", f"{baseline[1]:.3f}")
        self.setAccessibleName(said)
        tip = self.tr("%1.\nWere many such sets of images drawn, 95 of 100 such intervals would hold the true accuracy (Wilson).")
        self.setToolTip(tip.replace("%1", said))
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), 2 * KNOB + 6 + theme.px(20))

    def x_of(self, share: float) -> float:
        """Where a share stands, in pixels."""
        return (share - self.start) / (1 - self.start) * (self.width() - 2 * KNOB) + KNOB

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = KNOB + 3.0
        flat, solid, round_ = Qt.PenCapStyle.FlatCap, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(colour("line"), 2, solid, round_))
        painter.drawLine(QPointF(self.x_of(self.start), y), QPointF(self.x_of(1), y))
        painter.setPen(QPen(colour("accent"), 4, solid, flat))
        painter.drawLine(QPointF(self.x_of(self.low), y), QPointF(self.x_of(self.high), y))
        if self.baseline:
            x = self.x_of(self.baseline[1])
            painter.setPen(QPen(colour("muted"), 2, solid, flat))
            painter.drawLine(QPointF(x, y - 6), QPointF(x, y + 6))
        painter.setPen(QPen(colour("surface"), 2))
        painter.setBrush(colour("accent"))
        painter.drawEllipse(QPointF(self.x_of(self.value), y), KNOB, KNOB)
        self._words(painter, y + KNOB + 3)
        painter.end()

    def _words(self, painter: QPainter, top: float) -> None:
        """Ends of the axis, and the baseline's words under its mark, pushed inside and in front of an end they would cover."""
        painter.setFont(theme.font(9))
        painter.setPen(colour("muted"))
        metrics, height = painter.fontMetrics(), theme.px(18)
        start, end = f"{self.start:g}", "1"
        end_x = self.width() - metrics.horizontalAdvance(end)
        painter.drawText(QPointF(end_x, top + metrics.ascent()), end)
        if not self.baseline:
            painter.drawText(QPointF(0, top + metrics.ascent()), start)
            return
        name, share = self.baseline
        room = end_x - 8
        words = f"{share:.2f}  " + self.tr("always “%1”")
        spare = room - metrics.horizontalAdvance(words.replace("%1", ""))
        words = words.replace("%1", metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, max(40, int(spare))))
        wide = metrics.horizontalAdvance(words)
        left = min(max(0.0, self.x_of(share) - metrics.horizontalAdvance(f"{share:.2f}") / 2), max(0.0, room - wide))
        painter.drawText(QRectF(left, top, wide + 2, height), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, words)
        if left > metrics.horizontalAdvance(start) + 8:
            painter.drawText(QPointF(0, top + metrics.ascent()), start)

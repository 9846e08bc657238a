"""Probabilities of one image: a line a class, the most probable first; what does not fit is summed in the last line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.widgets.parts import TIGHT, colour


class ProbabilityBar(QWidget):
    """Name and probability on one line, a bar under it; the first one's is full accent, the others stand back."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.value, self.first, self.label = "", 0.0, False, -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, name: str, value: float, *, first: bool, label: int = -1) -> None:
        """value: 0 to 1. label: the class whose colour the bar has, -1 for none of its own."""
        self.name, self.value, self.first, self.label = name, value, first, label
        self.setAccessibleName(f"{name} {value:.3f}")
        self.setToolTip(f"{name}: {value:.4f}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(22) + 10)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(10, bold=self.first))
        painter.setPen(colour("text" if self.first else "muted"))
        metrics, figure = painter.fontMetrics(), f"{self.value:.3f}"
        line, middle = QRect(0, 0, self.width(), theme.px(22)), Qt.AlignmentFlag.AlignVCenter
        room = self.width() - metrics.horizontalAdvance(figure) - TIGHT
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, metrics.elidedText(self.name, Qt.TextElideMode.ElideMiddle, room))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | middle, figure)
        bar = QRectF(0, line.height() + 2, self.width(), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(bar, 3, 3)
        bar.setWidth(max(6.0, self.width() * self.value))
        if self.label >= 0:
            fill_class(painter, bar, self.label, 3)
            painter.end()
            return
        painter.setBrush(colour("accent" if self.first else "muted"))
        painter.drawRoundedRect(bar, 3, 3)
        painter.end()


class ProbabilityBars(QWidget):
    """At most `most` lines."""

    def __init__(self, most: int = 5) -> None:
        super().__init__()
        self.most = most
        self.bars: list[ProbabilityBar] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(TIGHT)

    def show_values(self, values: Sequence[tuple[str, float]], labels: Mapping[str, int] | None = None) -> None:
        """values: (class, probability or share), in any order. labels: places of the classes, where bars take their colours."""
        ranked = sorted(values, key=lambda pair: -pair[1])
        if len(ranked) > self.most:
            rest = ranked[self.most - 1 :]
            others = self.tr("%1 others together").replace("%1", f"{len(rest):,}")
            ranked = [*ranked[: self.most - 1], (others, sum(value for _, value in rest))]
        while len(self.bars) < len(ranked):
            self.bars.append(ProbabilityBar())
            self._column.addWidget(self.bars[-1])
        for i, bar in enumerate(self.bars):
            bar.setVisible(i < len(ranked))
            if i < len(ranked):
                bar.show_value(*ranked[i], first=i == 0, label=(labels or {}).get(ranked[i][0], -1))

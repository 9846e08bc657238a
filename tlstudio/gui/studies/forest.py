"""Differences with their intervals, one under the other, on an axis that is 0 where two choices are alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

ROW, AXIS = 32, 44


class Forest(QWidget):
    """pairs: of a `verdict` document. Better and worse are told by a filled point, a word and a colour; no difference by a ring."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdictForest")
        self.pairs: list[Mapping[str, Any]] = []
        self.measure = "accuracy"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_pairs(self, pairs: Sequence[Mapping[str, Any]], metric: str) -> None:
        self.pairs, self.measure = [pair for pair in pairs if pair.get("interval")], metric
        self.setAccessibleName(self.tr("Differences between choices"))
        self.setAccessibleDescription("\n".join(str(pair["sentence"]) for pair in self.pairs))
        self.setToolTip("\n".join(str(pair["sentence"]) for pair in self.pairs))
        self.setVisible(bool(self.pairs))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(ROW) * len(self.pairs) + theme.px(AXIS))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), self.sizeHint().height())

    def reach(self) -> float:
        """Points of the metric that the axis goes to on either side, a round number."""
        widest = max((abs(100 * end) for pair in self.pairs for end in pair["interval"]), default=1.0)
        unit = 10.0 ** math.floor(math.log10(max(widest, 0.1)))
        return next(unit * step for step in (1, 2, 3, 5, 8, 10) if unit * step >= widest)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.pairs:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(10))
        metrics, row, reach = painter.fontMetrics(), theme.px(ROW), self.reach()
        words = {"better": self.tr("better"), "worse": self.tr("worse"), "none": self.tr("no difference shown")}
        names = [f"{pair['a']} − {pair['b']}" + (f" ({pair['share']:.0%})" if pair["share"] != 1 else "") for pair in self.pairs]
        right_room = max(metrics.horizontalAdvance(words[pair["verdict"]]) for pair in self.pairs) + theme.px(12)
        left_room = min(max(metrics.horizontalAdvance(name) for name in names) + theme.px(12), self.width() * 0.42)
        axis = QRectF(left_room, 0, max(40.0, self.width() - left_room - right_room), row * len(self.pairs))

        def x_of(points: float) -> float:
            return axis.center().x() + points / reach * axis.width() / 2

        painter.setPen(QPen(colour("control"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x_of(0), 0), QPointF(x_of(0), axis.bottom()))
        for i, (pair, name) in enumerate(zip(self.pairs, names, strict=True)):
            y = row * (i + 0.5)
            tone = colour({"better": "good", "worse": "bad"}.get(pair["verdict"], "muted"))
            painter.setPen(colour("text"))
            box = QRectF(0, y - row / 2, left_room - theme.px(8), row)
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
            low, high = (x_of(100 * end) for end in pair["interval"])
            painter.setPen(QPen(tone, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(low, y), QPointF(high, y))
            for end in (low, high):
                painter.drawLine(QPointF(end, y - 5), QPointF(end, y + 5))
            painter.setBrush(colour("surface") if pair["verdict"] == "none" else tone)
            painter.drawEllipse(QPointF(x_of(100 * pair["difference"]), y), 5, 5)
            painter.setPen(tone)
            box = QRectF(axis.right(), y - row / 2, self.width() - axis.right(), row)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words[pair["verdict"]])
        self._draw_axis(painter, axis, reach)
        painter.end()

    def _draw_axis(self, painter: QPainter, axis: QRectF, reach: float) -> None:
        painter.setFont(theme.font(9))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(axis.bottomLeft(), axis.bottomRight())
        painter.setPen(colour("muted"))
        height = theme.px(18)
        for points in (-reach, -reach / 2, 0.0, reach / 2, reach):
            x = axis.center().x() + points / reach * axis.width() / 2
            said = f"{points:+g}".replace("-", "−") if points else "0"
            painter.drawText(QRectF(x - 40, axis.bottom() + 3, 80, height), Qt.AlignmentFlag.AlignHCenter, said)
        caption = self.tr("difference, points of mean IoU") if self.measure == "mean_iou" else self.tr("difference, points of accuracy")
        below = QRectF(axis.center().x() - self.width(), axis.bottom() + 3 + height, 2 * self.width(), height)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, caption)

"""A small curve of the learning rates that a recipe plans."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.planned import backbone_rests, planned
from tlstudio.gui.series import Floats, thin
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.rate_lane import rate_text
from tlstudio.recipe import Recipe


class SchedulePreview(QWidget):
    """objectName schedulePreview. Each group's rate against its own largest: the shape is the schedule's, the words say the figures."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("schedulePreview")
        self._recipe = Recipe()
        self._x, self._lr, self._backbone = planned(self._recipe)
        self._fit()

    def show_recipe(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._x, self._lr, self._backbone = planned(recipe)
        words = self._lines()
        self.setAccessibleName(self.tr("Planned learning rates: %1").replace("%1", "; ".join(words)))
        self.setToolTip(self.tr("Planned learning rates over the epochs, as they will be used"))
        self.update()

    def _lines(self) -> list[str]:
        groups = [(self.tr("head"), self._lr)]
        if not backbone_rests(self._recipe):
            groups.append((self.tr("backbone"), self._backbone))
        form = self.tr("%1 %2 to %3")
        return [
            form.replace("%1", word).replace("%2", rate_text(float(rates[0]))).replace("%3", rate_text(float(rates[-1])))
            for word, rates in groups
            if len(rates)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        line = painter.fontMetrics().height()
        words = self._lines()
        box = QRectF(1, 4, self.width() - 2, self.height() - 8 - line * (len(words) + 1))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        top = float(np.max(self._lr)) if len(self._lr) else 0.0
        if top > 0:
            self._curve(painter, box, self._lr, top, "accent")
        painter.setPen(colour("muted"))
        epochs = f"{self._recipe.training.epochs:,}"
        below = QRectF(0, box.bottom() + 2, self.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("epoch %1").replace("%1", epochs))
        for i, text in enumerate(words):
            painter.setPen(colour("text"))
            painter.drawText(below.translated(0, line * (i + 1)), Qt.AlignmentFlag.AlignLeft, text)
        painter.end()

    def _curve(self, painter: QPainter, box: QRectF, rates: Floats, top: float, role: str) -> None:
        epochs = self._recipe.training.epochs
        x, y = thin(np.r_[self._x, epochs], np.r_[rates, rates[-1]], 0, epochs, max(2, int(box.width() / 2)))
        points = [QPointF(box.left() + box.width() * a / epochs, box.bottom() - box.height() * b / top) for a, b in zip(x, y, strict=True)]
        painter.setPen(QPen(colour(role), 1.75))
        painter.drawPolyline(QPolygonF(points))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(112))
        self.update()

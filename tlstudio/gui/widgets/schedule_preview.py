"""Small curves of the learning rates that a recipe plans, one for each group of parameters, with the band of its layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.group_rates import Span
from tlstudio.gui.planned import backbone_rests, planned
from tlstudio.gui.series import Floats, thin
from tlstudio.gui.stage_plan import plan
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.rate_lane import rate_text
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs as all_epochs

_PLAIN: Span = (1.0, 1.0)
_DASHES = {"head": [], "backbone": [4.0, 3.0]}
_ROLES = {"head": "accent", "backbone": "trainable"}
TALL = 88  # of the curves and the epochs below them; a line of words comes for each group


class SchedulePreview(QWidget):
    """objectName schedulePreview. Each group against its own largest rate: the shape is the schedule's, the words say the figures."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("schedulePreview")
        self._recipe, self._epochs = Recipe(), 1
        self._groups: list[tuple[str, Floats, Span]] = []
        self._x: Floats = np.empty(0)
        self._fit()

    def show_recipe(self, recipe: Recipe, spans: Mapping[str, Span] | None = None) -> None:
        """spans: by group the spread of its layers' multipliers, a group that rests left out; None while the layers are not known."""
        self._recipe, self._epochs = recipe, all_epochs(recipe)
        self._x, head, backbone = planned(plan(recipe))
        if spans is None:
            spans = {"head": _PLAIN} | ({} if backbone_rests(recipe) else {"backbone": _PLAIN})
        rates = {"head": head, "backbone": backbone}
        known = [group for group in ("head", "backbone") if group in spans and np.isfinite(rates[group]).any()]
        self._groups = [(group, rates[group], spans[group]) for group in known]
        words = self._lines()
        self.setAccessibleName(self.tr("Planned learning rates: %1").replace("%1", "; ".join(words)))
        self.setToolTip("\n".join([self.tr("Planned learning rates over the epochs, as they will be used"), *words]))
        self._fit()

    def _lines(self) -> list[str]:
        names = {"head": self.tr("head"), "backbone": self.tr("backbone")}
        out = []
        for group, rates, (low, high) in self._groups:
            rates = rates[np.isfinite(rates)]
            largest, last = float(np.max(rates)), float(rates[-1])
            if high > low * 1.001:
                form = self.tr("%1 at most %2 to %3, by layer")
                text = form.replace("%2", rate_text(low * largest)).replace("%3", rate_text(high * largest))
            elif self._depends:
                text = self.tr("%1 %2").replace("%2", rate_text(high * largest))
            else:
                form = self.tr("%1 %2 to %3") if largest <= float(rates[0]) else self.tr("%1 up to %2, ends at %3")
                first = largest if largest > float(rates[0]) else float(rates[0])
                text = form.replace("%2", rate_text(high * first)).replace("%3", rate_text(high * last))
            out.append(text.replace("%1", names[group]))
        if self._depends:
            out.append(self.tr("falls when the loss stops falling"))
        return out

    @property
    def _depends(self) -> bool:
        """Whether the rates depend on how validation goes, so that nobody can draw them before."""
        return self._recipe.schedule.kind == "plateau"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        line = painter.fontMetrics().height()
        words = self._lines()
        box = QRectF(1, 4, self.width() - 2, self.height() - 8 - line * (len(words) + 1))
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        top = max((float(np.nanmax(rates)) * high for _, rates, (_, high) in self._groups), default=0.0)
        if top > 0:
            for group, rates, span in self._groups:
                self._curve(painter, box, rates, span, top, group)
        painter.setPen(colour("muted"))
        below = QRectF(0, box.bottom() + 2, self.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("epoch %1").replace("%1", f"{self._epochs:,}"))
        for i, text in enumerate(words):
            self._say(painter, below.translated(0, line * (i + 1)), text, self._groups[i][0] if i < len(self._groups) else "")
        painter.end()

    def _say(self, painter: QPainter, box: QRectF, text: str, group: str) -> None:
        """A line of words, with a piece of its curve in front."""
        key = theme.px(18)
        if group:
            painter.setPen(self._pen(group))
            painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.left() + key, box.center().y()))
        painter.setPen(colour("text" if group else "muted"))
        room = box.adjusted(key + 6, 0, 0, 0)
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, cut)

    def _pen(self, group: str) -> QPen:
        pen = QPen(colour(_ROLES[group]), 1.75)
        if _DASHES[group]:
            pen.setDashPattern(_DASHES[group])
        return pen

    def _curve(self, painter: QPainter, box: QRectF, rates: Floats, span: Span, top: float, group: str) -> None:
        """The group's largest rates, and down to its smallest ones a band."""
        epochs, known = self._epochs, np.isfinite(rates)
        x, y = thin(np.r_[self._x[known], epochs], np.r_[rates[known], rates[-1]], 0, epochs, max(2, int(box.width() / 2)))
        low, high = span

        def line(times: float) -> list[QPointF]:
            across, up = box.width() / epochs, box.height() * times / top
            return [QPointF(box.left() + across * a, box.bottom() - up * b) for a, b in zip(x, y, strict=True)]

        upper = line(high)
        if high > low:
            tone = QColor(colour(_ROLES[group]))
            tone.setAlpha(45)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone)
            painter.drawPolygon(QPolygonF([*upper, *reversed(line(low))]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._pen(group))
        painter.drawPolyline(QPolygonF(upper))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(TALL + 14 * len(self._lines())))
        self.update()

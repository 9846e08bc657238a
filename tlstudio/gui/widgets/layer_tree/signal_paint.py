"""A layer's signal as a small curve or as a cell of heat."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from tlstudio.gui import theme
from tlstudio.gui.widgets.layer_tree.row_signals import DEAD, Floats

# Cividis (Nuñez, Anderton and Renslow, 2018): even to the eye, also to one that tells few colours apart.
_SCALE = ("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838")
_LEAST = 0.5  # powers of ten that a curve spans at least, so that what stays the same looks so


def paint_spark(painter: QPainter, box: QRectF, x: Floats, y: Floats, signal: str, tone: QColor) -> None:
    """The values in the course of the run, the newest with a dot: by powers of ten over the curve's own span, shares from 0 to 1."""
    if signal == DEAD:
        low, high = 0.0, 1.0
    else:
        positive = y[y > 0]
        floor = float(positive.min()) if len(positive) else 1.0
        y = np.log10(np.maximum(y, floor))
        low, high = float(y.min()), float(y.max())
        if high - low < _LEAST:
            low, high = (low + high - _LEAST) / 2, (low + high + _LEAST) / 2
    box = box.adjusted(1, 2, -3, -2)
    span = float(x[-1] - x[0])
    across = (x - x[0]) / span if span else np.ones(len(x))
    px, py = box.left() + box.width() * across, box.bottom() - box.height() * (y - low) / (high - low)
    painter.setPen(QPen(tone, 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(px.tolist(), py.tolist(), strict=True)]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tone)
    painter.drawEllipse(QPointF(float(px[-1]), float(py[-1])), 2.0, 2.0)


def share_of(value: float, span: tuple[float, float], signal: str) -> float:
    """Where on the scale a value lies, 0..1: by powers of ten between the smallest and the largest of all layers."""
    low, high = span
    if signal == DEAD:
        return min(1.0, max(0.0, value))
    if value <= 0 or low <= 0:
        return 0.0
    if high <= low:
        return 0.5
    return min(1.0, max(0.0, math.log(value / low) / math.log(high / low)))


def heat(share: float) -> QColor:
    """The colour of the scale at 0..1."""
    at = share * (len(_SCALE) - 1)
    low = min(int(at), len(_SCALE) - 2)
    a, b, t = QColor(_SCALE[low]), QColor(_SCALE[low + 1]), at - low
    mixed = (round(p + (q - p) * t) for p, q in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue())))
    return QColor(*mixed)


def ink(paper: QColor) -> QColor:
    """Black or white, whichever is read better on it (relative luminance as WCAG has it)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    light = 0.2126 * linear(paper.redF()) + 0.7152 * linear(paper.greenF()) + 0.0722 * linear(paper.blueF())
    return QColor("#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff")


def paint_heat(painter: QPainter, box: QRectF, value: float, span: tuple[float, float], signal: str, said: str) -> None:
    """A cell in the value's colour, its number in it."""
    paper = heat(share_of(value, span, signal))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paper)
    painter.drawRoundedRect(box, 3, 3)
    font = theme.font(8)
    painter.setFont(font)
    painter.setPen(ink(paper))
    cut = QFontMetrics(font).elidedText(said, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cut)

"""Lay out what was just changed before it is painted."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QScrollArea, QWidget


def settle(around: QWidget) -> None:
    """Give all in it the place that it needs now.

    What was shown, hidden or filled is else laid out box by box, one with each round of events from the inside out; painted in between,
    lines stand squeezed into each other.
    """
    parts = around.findChildren(QWidget)
    for part in reversed(parts):  # the innermost first: what is outside asks them
        part.updateGeometry()
    for part in (around, *parts):
        if (layout := part.layout()) is not None:
            layout.activate()


def settle_scrolled(area: QScrollArea) -> None:
    """The same for what a scroll area holds, which becomes as high as that needs."""
    inside = area.widget()
    if inside is not None and area.isVisible():
        for _ in range(2):  # what takes its height from its width learns that width only now
            settle(inside)
            QCoreApplication.sendEvent(area, QEvent(QEvent.Type.LayoutRequest))

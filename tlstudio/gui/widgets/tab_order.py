"""The Tab key follows the eye where parts of a page are made in another order than they stand in."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

_BY_TAB = (Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus)


def tab_after(first: QWidget, second: QWidget) -> None:
    """Have the Tab key come to all in `second` after all in `first`; both stand in one window, neither in the other."""
    for before, after in pairwise([*_stops(first)[-1:], *_stops(second)]):
        QWidget.setTabOrder(before, after)


def _stops(around: QWidget) -> list[QWidget]:
    """What the Tab key stops at in a widget, in its order."""
    inside = {around, *around.findChildren(QWidget)}
    out, at = list[QWidget](), around
    for _ in inside:
        if at.focusPolicy() in _BY_TAB:
            out.append(at)
        following = at.nextInFocusChain()
        if following is None or following not in inside:
            break
        at = following
    return out

"""What each choice comes to with a part of the training images: one line a choice, named at its end.

Import this only where it is about to be shown: pyqtgraph takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QSize

from tlstudio.gui import theme
from tlstudio.gui.widgets.compare_curves import CompareCurves, Line
from tlstudio.gui.widgets.line_style import LineStyle


class ShareCurve(CompareCurves):
    """objectName shareCurve. Its numbers stand beside it, in the lines of the choices."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("shareCurve")
        self.setFixedHeight(theme.px(200))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(200))

    def show_curve(self, curve: Sequence[Mapping[str, Any]]) -> None:
        """curve: of a `verdict` document: share, arm, mean."""
        self.setFixedHeight(theme.px(200))
        tr = QCoreApplication.translate
        what = tr("ShareCurve", "What each choice comes to, over the share of the training images")
        self.setToolTip(what)
        self.show_lines(lines_of(curve), axis=tr("ShareCurve", "% of the training images"), what=what, share=True)


def lines_of(curve: Sequence[Mapping[str, Any]]) -> list[Line]:
    """One line for each arm that has two shares or more, in the order of the document."""
    names = list(dict.fromkeys(str(one["arm"]) for one in curve))
    out = []
    for i, name in enumerate(names):
        points = sorted((float(one["share"]), float(one["mean"])) for one in curve if one["arm"] == name)
        if len(points) > 1:
            x, y = np.array(points).T
            out.append(Line(name, LineStyle(i), 100 * x, y, lambda value: f"{100 * value:.1f}"))
    return out

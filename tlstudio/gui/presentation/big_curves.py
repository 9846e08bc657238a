"""A plot of the presentation: title and unit, the band of stages, the curves with lines that are seen from the last row.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF
from PySide6.QtWidgets import QFrame

from tlstudio.gui import metric, theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.stage_plan import plan
from tlstudio.gui.widgets.curves import RunCurves
from tlstudio.gui.widgets.line_ends import End
from tlstudio.gui.widgets.parts import column, header, label
from tlstudio.gui.widgets.plot import AXIS, RIGHT, STAR
from tlstudio.gui.widgets.stage_band import StageBand
from tlstudio.gui.widgets.stroke import Stroke
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs as planned_epochs

PADDING = 15  # of the card, at text scale 1
_DOT, _FOOT = 5, 34  # diameter; height of the x axis with its word


class _Curves(RunCurves):
    """With lines that grow with the text."""

    def line(self, stroke: Stroke) -> Any:
        return super().line(replace(stroke, width=stroke.width * self._grown))

    def band(self, stroke: Stroke) -> Any:
        return super().band(replace(stroke, width=stroke.width * self._grown))

    def words(self) -> list[tuple[End, QRectF]]:
        """Beside the star, where it stands at a line's end: it is large here."""
        out, note, frame = super().words(), self._note, self.frame
        if note is None or frame.empty:
            return out
        far = theme.px(STAR)
        star = QRectF(frame.at(note.x, note.y) - QPointF(far, far), QSizeF(2 * far, 2 * far))
        by = max((star.right() - box.left() for _, box in out if box.intersects(star)), default=0.0)
        room = min((frame.box.right() - box.right() for _, box in out), default=0.0)
        return [(end, box.translated(min(by, max(0.0, room)), 0)) for end, box in out]

    def _restyle(self) -> None:
        by, self._grown = theme.scale() / getattr(self, "_grown", theme.scale()), theme.scale()
        self._lines = [(item, replace(stroke, width=stroke.width * by)) for item, stroke in self._lines]
        self._bands = [(item, replace(stroke, width=stroke.width * by)) for item, stroke in self._bands]
        super()._restyle()
        foot = self.getAxis("bottom")
        foot.setHeight(theme.px(_FOOT))
        foot.setStyle(hideOverlappingLabels=theme.px(RIGHT))  # as far beyond its end as the last number needs
        for item, stroke in self._lines:
            if stroke.points:
                item.setSymbolSize(_DOT * theme.scale())


class BigCurves(QFrame):
    """what: "loss" or "accuracy"."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._what = what
        self._title = label(self.tr("Loss") if what == "loss" else metric.word(""), "section")
        self._unit = label(self.tr("nats") if what == "loss" else self.tr("% of images"), "muted")
        self.band = StageBand(AXIS, RIGHT)
        name = "presentedLoss" if what == "loss" else "presentedMetric"
        said = self.tr("Loss over epochs") if what == "loss" else self.tr("Accuracy over epochs")
        self.curves = _Curves(name, what, said, lambda text: None)
        self.curves.setMouseTracking(False)  # nothing follows the pointer
        self._inside = column(header(self._title, self._unit), self.band, (self.curves, 1), spacing=5)
        self.setLayout(self._inside)
        self._fit()

    def draw(self, history: RunHistory, recipe: Recipe, layers: dict[str, Any]) -> None:
        masks = recipe.data.task == metric.MASKS
        if self._what == "accuracy":
            self._title.setText(metric.word(recipe.data.task))
            self._unit.setText(self.tr("%, and pixels right") if masks else self.tr("% of images"))
        epochs = history.started.epochs if history.started else planned_epochs(recipe)
        begun = history.stages
        ahead = [] if history.ended is not None else plan(recipe, layers)
        coming = [stage.started() for stage in ahead if not begun or begun[-1].last_epoch < stage.first <= epochs]
        self.band.show_stages([*begun, *coming], epochs, len(begun))
        star = (recipe.training.best_by == "loss") == (self._what == "loss")
        self.curves.draw(history, epochs, star=star, masks=masks)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_inside"):
            self._fit()

    def _fit(self) -> None:
        self._inside.setContentsMargins(*[theme.px(PADDING)] * 4)

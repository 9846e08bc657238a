"""The live half's picture: loss and accuracy side by side, each under the band of stages and the lane of its learning rate.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QWidget

from tlstudio.gui import metric, theme
from tlstudio.gui.history import RunHistory, head_alone
from tlstudio.gui.planned import backbone_rests, planned
from tlstudio.gui.series import Floats, Series
from tlstudio.gui.stage_plan import plan
from tlstudio.gui.widgets.curves import RunCurves
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, column, header, label, row, widget
from tlstudio.gui.widgets.plot import AXIS, RIGHT
from tlstudio.gui.widgets.rate_lane import RateLane
from tlstudio.gui.widgets.stage_band import StageBand
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs as planned_epochs

_LINES, _AROUND = 2.5, 48  # that the sentence over an empty plot takes at most; pixels between its words and its edges
_NARROW = 390  # below it the plots stand one over the other
# Height of a plot with its axis; with the log open, or pictures of masks, the page scrolls sooner than plots get flat.
_LEAST, _LEAST_BESIDE_LOG, _LEAST_OVER_MASKS = 110, 170, 160


class CurvesCard(QFrame):
    """lossPlot and metricPlot. `draw_half` and `draw_rates` show a recipe's plan and what has happened of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._bands: list[StageBand] = []
        self._document: Mapping[str, Any] = {}
        self._used = {"lr": Series("lr"), "backbone_lr": Series("backbone_lr")}
        self._lanes = {"lr": RateLane(AXIS, RIGHT, self.tr("head")), "backbone_lr": RateLane(AXIS, RIGHT, self.tr("backbone"))}
        self._units = {"loss": ElidedLabel("small"), "accuracy": ElidedLabel("small")}
        self._said = {"loss": self.tr("cross-entropy, nats"), "accuracy": self.tr("% of images")}
        self._masks, self._least = False, _LEAST
        self._metric = label(metric.word(""), "section")
        for what, unit in self._units.items():
            unit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            unit.show_text(self._said[what])
        self.loss = RunCurves(
            "lossPlot", "loss", self.tr("Loss over epochs; its numbers stand in the epoch table"), lambda text: self._point("loss", text)
        )
        self.accuracy = RunCurves(
            "metricPlot",
            "accuracy",
            self.tr("Accuracy over epochs; its numbers stand in the epoch table"),
            lambda text: self._point("accuracy", text),
        )
        self._box: QBoxLayout = row(
            (self._half(label(self.tr("Loss"), "section"), "loss", "lr", self.loss), 1),
            (self._half(self._metric, "accuracy", "backbone_lr", self.accuracy), 1),
            spacing=GAP,
        )
        self._box.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(self._box)
        self._message = QLabel(self)
        self._message.setProperty("kind", "muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setObjectName("plotMessage")
        self._message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        tip = self.tr("Thin: each step. Bold: their running mean (0.85). Dashed: the validation images after each epoch.")
        for plot in (self.loss, self.accuracy):
            plot.setToolTip(tip)
        self._fit()

    def _half(self, title: QLabel, what: str, rate: str, plot: RunCurves) -> QWidget:
        band = StageBand(AXIS, RIGHT)
        self._bands.append(band)
        head = header(title)
        unit = self._units[what]
        head_layout = head.layout()
        assert isinstance(head_layout, QBoxLayout)
        head_layout.addWidget(unit, 10)
        return widget(column(head, band, self._lanes[rate], (plot, 1), spacing=4))

    def draw_half(self, what: str, history: RunHistory, recipe: Recipe) -> None:
        """Draw one half anew, "loss" or "accuracy": one after the other they hold the window up less than both at once."""
        plot = self.loss if what == "loss" else self.accuracy
        masks = recipe.data.task == metric.MASKS
        self._say_masks(masks)
        plot.draw(history, _epochs(history, recipe), star=(recipe.training.best_by == "loss") == (what == "loss"), masks=masks)

    def _say_masks(self, masks: bool) -> None:
        """What is drawn where masks are learned, or where classes are."""
        if masks != self._masks:
            self._masks = masks
            self._metric.setText(metric.word(metric.MASKS if masks else ""))
            self._said["accuracy"] = self.tr("%, and pixels right in training") if masks else self.tr("% of images")
            self._point("accuracy", "")
            of_masks = self.tr(
                "Thin: share of the pixels of each training step that are right. Bold: its running mean (0.85). Dashed: mean IoU of the "
                "validation images after each epoch, which is much stricter."
            )
            self.accuracy.setToolTip(of_masks if masks else self.loss.toolTip())
            self._fit()

    def make_room(self, log: bool) -> None:
        """Whether the log is open below, which must not squash the plots."""
        self._least = _LEAST_BESIDE_LOG if log else _LEAST
        self._fit()

    def know_layers(self, document: Mapping[str, Any]) -> None:
        """The `layers` document, which says how many blocks there are to plan with."""
        self._document = document

    def draw_rates(self, history: RunHistory, recipe: Recipe, which: Sequence[str] = ("lr", "backbone_lr")) -> None:
        """Draw the bands of stages and these lanes of rates anew."""
        epochs = _epochs(history, recipe)
        stages = plan(recipe, self._document)
        begun = history.stages
        ahead = [stage.started() for stage in stages if not begun or begun[-1].last_epoch < stage.first <= epochs]
        for band in self._bands:
            band.show_stages([*begun, *ahead], epochs, len(begun))
        x, *plans = planned(stages)
        alone = [(stage.first_epoch - 1, stage.last_epoch) for stage in begun if head_alone(stage)]
        for (name, lane), planned_ in zip(self._lanes.items(), plans, strict=True):
            if name not in which:
                continue
            used = self._used[name]
            used.update(history)
            rests = name == "backbone_lr" and (backbone_rests(recipe) if not begun else len(alone) == len(begun) and not ahead)
            said = self.tr("the backbone is frozen: no rate") if rests else ""
            at, rates = used.thinned(0, epochs, max(64, lane.width()), smooth=False)[0]
            # a column ends with its largest, not with its last
            at, rates = np.concatenate((at, used.x[-1:])), np.concatenate((rates, used.raw[-1:]))
            ahead_ = planned_ * history.factor  # a change goes on
            lane.show_rates((at, _blank(at, rates, alone if name == "backbone_lr" else [])), (x, ahead_), epochs, said)

    def say(self, message: str) -> None:
        """A quiet sentence in the middle while there is nothing to see; "" for none."""
        if message != self._message.text() or self._message.isHidden() == bool(message):
            self._message.setText(message)
            self._message.setVisible(bool(message))
            self._place()

    def _point(self, what: str, text: str) -> None:
        self._units[what].show_text(text or self._said[what], short="%" if what == "accuracy" and not text else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(_NARROW)
        self._box.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self._fit()
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_message"):
            self._fit()
            self._place()

    def _fit(self) -> None:
        least = max(self._least, _LEAST_OVER_MASKS if self._masks else 0)
        self.loss.setMinimumHeight(theme.px(least))
        self.accuracy.setMinimumHeight(theme.px(least))

    def _place(self) -> None:
        if self._message.isVisibleTo(self):
            self._message.ensurePolished()
            frame, said = self._frame_of(self.loss), self._message.fontMetrics().horizontalAdvance(self._message.text())
            # Inside the first plot: over both it covers numbers of an axis, which is less bad than a column of single words.
            beside = self._box.direction() == QBoxLayout.Direction.LeftToRight
            if beside and said > _LINES * (frame.width() - GAP - _AROUND):
                frame = frame.united(self._frame_of(self.accuracy))
            whole = said + _AROUND
            width = max(theme.px(120), min(frame.width() - GAP, whole))
            height = self._message.heightForWidth(width)
            self._message.setGeometry(frame.center().x() - width // 2, frame.center().y() - height // 2, width, height)

    def _frame_of(self, plot: RunCurves) -> QRect:
        """The area inside its axes."""
        return plot.frame.box.toRect().translated(plot.mapTo(self, QPoint(0, 0)))


def _epochs(history: RunHistory, recipe: Recipe) -> int:
    return history.started.epochs if history.started else planned_epochs(recipe)


def _blank(at: Floats, rates: Floats, spans: Sequence[tuple[int, int]]) -> Floats:
    """The rates with NaN in those stretches of epochs, in which nothing has them."""
    out = rates.copy()
    for first, last in spans:
        out[(at > first) & (at <= last)] = np.nan
    return out

"""Loss and accuracy of a run: raw values thin, their running mean bold, validation dashed with points, the best epoch starred.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent

from tlstudio.gui import metric, theme, words
from tlstudio.gui.history import RunHistory
from tlstudio.gui.series import Floats, Series, round_ticks, thin
from tlstudio.gui.widgets.line_ends import End
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.plot import Plot
from tlstudio.gui.widgets.stroke import Stroke

_NONE = np.empty(0)


def tr(text: str) -> str:
    return QCoreApplication.translate("curves", text)


class RunCurves(Plot):
    """One quantity of a run, "loss" (nats) or "accuracy" (shown in percent), over epochs; of masks the share of pixels that are right,
    and after each epoch the mean IoU of the validation images.

    `draw` takes the history as it is; nothing is drawn in between. `pointed(text)` is called with what stands under the mouse, or "".
    """

    def __init__(self, name: str, what: str, description: str, pointed: Callable[[str], Any]) -> None:
        self._what, self._masks = what, False
        self._scale = 100.0 if what == "accuracy" else 1.0
        self._series = Series(what)
        self._history = RunHistory()
        self._ends_at = 1.0
        self._was_dense = False
        self._judged: tuple[Floats, Floats] | None = None
        self._found = array("d"), array("d")
        self._last_found: object = None
        self._pointed = pointed
        super().__init__(name, tr("epoch"), lambda value: f"{value:g}" if value < 1000 else words.short(value), description)
        self._raw = self.line(Stroke("accent", 1, faint=True))
        self._mean = self.line(Stroke("accent"))
        # where steps are denser than pixels
        self._dense_raw, self._dense_mean = self.band(Stroke("accent", 1, faint=True)), self.band(Stroke("accent"))
        self._val = self.line(Stroke("trainable", dash=True, points=True))
        self._cursor = pg.InfiniteLine(0)
        self._cursor.setVisible(False)
        self.addItem(self._cursor)
        self.setMouseTracking(True)
        self._tint()
        self.draw(self._history, 1)

    def draw(self, history: RunHistory, epochs: int, *, star: bool = True, masks: bool = False) -> None:
        """Show the history on an axis of that many epochs. star: mark the best epoch here. masks: what is learned."""
        self._history, self._starred, self._masks = history, star, masks and self._what == "accuracy"
        self._series.update(history)
        x, k = self._series.x, self._scale
        self._ends_at = float(max(epochs, 1))
        self.set_x(0, self._ends_at)
        columns = max(64, int(self.getPlotItem().vb.width()))
        raw, mean = self._series.thinned(0, self._ends_at, columns // 2)  # from two points a pixel on an area is drawn, which is quicker
        dense = len(mean[0]) < len(x)  # then it is a smallest and a largest value for each column of pixels
        for line, (at, values) in ((self._raw, raw), (self._mean, mean)) if not (dense and self._was_dense) else ():
            line.setData(*((_NONE, _NONE) if dense else (at, values * k)))
        self._was_dense = dense
        at, val = self._read_epochs(history)
        at, val = thin(at, val, 0, self._ends_at, columns)
        if self._judged is None or not all(map(np.array_equal, self._judged, (at, val))):  # its dots take longer than all else
            self._judged = at, val
            self._val.setData(at, val)
        self._frame(raw[1] * k, mean[1] * k, val)
        for area, (at, values) in ((self._dense_raw, raw), (self._dense_mean, mean)):
            self.fill(area, *((at, values * k) if dense else (_NONE, _NONE)))
        self._end_words(x, mean[1] * k, val, star)
        words = self._what == "loss"  # there is room at its top; one word is enough
        self.set_marks([(history.place(one.epoch, one.step), f"×\u2009{one.factor:.3g}" if words else "") for one in history.rates])
        self.set_uprights([(stage.first_epoch - 1, "muted") for stage in history.stages[1:]])

    def _read_epochs(self, history: RunHistory) -> tuple[Floats, Floats]:
        """The ends of epochs and what validation found there, (N,) each; read as they come, as a run may have ten thousand."""
        rows, n = history.epochs, len(self._found[0])
        if n > len(rows) or (n and rows[n - 1] is not self._last_found):
            self._found, n = (array("d"), array("d")), 0
        for epoch in rows[n:]:
            self._found[0].append(float(epoch.epoch))
            self._found[1].append(self._validation(epoch) * self._scale)
        self._last_found = rows[-1] if rows else None
        return np.array(self._found[0]), np.array(self._found[1])

    def _room(self) -> int:
        """How many ticks the height has room for."""
        return 6 if self.height() > theme.px(190) else 4

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if getattr(self, "_most_ticks", 0) not in (0, self._room()):
            self.draw(self._history, round(self._ends_at), star=self._starred, masks=self._masks)

    def _validation(self, epoch: Any) -> float:
        value = metric.of_epoch(epoch) if self._what == "accuracy" else epoch.val_loss
        return float("nan") if value is None else float(value)

    def _frame(self, raw: Floats, mean: Floats, val: Floats) -> None:
        """The range of the y axis: round numbers that hold the mean and the validation, and all but the wildest raw values."""
        sure = np.concatenate((mean, val))
        sure = sure[np.isfinite(sure)]
        raw = raw[np.isfinite(raw)]
        few = self._most_ticks = self._room()
        if self._what == "accuracy":
            low = min([*sure, 90.0]) if len(sure) else 0.0
            ticks = round_ticks(max(0.0, low - 2), 100, few)
            ticks = [tick for tick in ticks if tick <= 100]
            self.set_y(ticks[0], 100 + (100 - ticks[0]) * 0.015, ticks)
        else:
            wild = float(np.partition(raw, at := int(0.97 * (len(raw) - 1)))[at]) if len(raw) else 0.0
            high = max([*sure, wild]) if len(sure) else 1.0
            ticks = round_ticks(min([*sure, 0.0]), max(high, 1e-3), few)
            self.set_y(ticks[0], ticks[-1] + (ticks[-1] - ticks[0]) * 0.01, ticks)

    def _end_words(self, x: Floats, mean: Floats, val: Floats, star: bool) -> None:
        ends = []
        if len(mean) and np.isfinite(mean[-1]):
            # the last point of the thinned line is its column's largest value; the word says the last one
            last = float(self._series.smooth[-1]) * self._scale
            form = tr("pixels %1") if self._masks else tr("train %1")
            ends.append(End(form.replace("%1", self._figure(last)), float(x[-1]), last, "accent"))
        if self._history.epochs:
            last = self._validation(self._history.epochs[-1]) * self._scale
            if np.isfinite(last):
                form = tr("mean IoU %1") if self._masks else tr("validation %1")
                ends.append(End(form.replace("%1", self._figure(last)), float(self._history.epochs[-1].epoch), last, "trainable"))
        best = self._history.best
        value = self._validation(best) * self._scale if best is not None and star else float("nan")
        if best is not None and np.isfinite(value):
            text = tr("best %1, epoch %2").replace("%1", self._figure(value)).replace("%2", str(best.epoch))
            self.set_note(text, float(best.epoch), value)
        else:
            self.set_note("", 0, 0)
        self.set_ends(ends)

    def _figure(self, value: float) -> str:
        return f"{value:.1f}%" if self._what == "accuracy" else words.loss(value)

    # what stands under the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        x = self.getPlotItem().vb.mapSceneToView(event.position()).x()
        text = self.said_at(x)
        self._cursor.setVisible(bool(text))
        self._cursor.setPos(x)
        self._pointed(text)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._cursor.setVisible(False)
        self._pointed("")

    def said_at(self, x: float) -> str:
        """ "epoch 3.4: train 0.211, validation 0.203": the mean at x, and the validation at the end of the last whole epoch before."""
        at = self._series.x
        if not len(at) or x < 0 or x > at[-1] + 1e-9:
            return ""
        step = min(int(np.searchsorted(at, x)), len(at) - 1)
        train, validation = (tr("train %1"), tr("validation %1"))
        if self._masks:
            train, validation = tr("%1 of the training pixels right"), tr("validation's mean IoU %1")
        parts = [train.replace("%1", self._figure(self._series.smooth[step] * self._scale))]
        done = [epoch for epoch in self._history.epochs if epoch.epoch <= x + 1e-9]
        if done:
            parts.append(validation.replace("%1", self._figure(self._validation(done[-1]) * self._scale)))
        return tr("epoch %1: %2").replace("%1", f"{x:.1f}").replace("%2", ", ".join(parts))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_cursor"):
            self._tint()

    def _tint(self) -> None:
        self._cursor.setPen(pg.mkPen(colour("muted"), width=1, style=Qt.PenStyle.DotLine))

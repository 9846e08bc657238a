"""What the choice of frozen layers costs, under the tree. Only what is known: counted, or measured."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.loading import Loading
from tlstudio.gui.widgets import cost_measured
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.figure import Figure
from tlstudio.gui.widgets.parts import GAP, IconLabel, column, row, widget
from tlstudio.gui.widgets.settle import settle
from tlstudio.gui.words import megabytes, percent, short

NARROW = 470  # below that the two lesser figures are a line of small text


class CostPanel(QFrame):
    """objectName costPanel. Right of the figures is room for the page's way on."""

    def __init__(self, way_on: QWidget) -> None:
        super().__init__()
        self.setObjectName("costPanel")
        self.setAccessibleName(self.tr("What it costs"))
        self.learns = Figure(self.tr("parameters learn"), self.tr("Numbers that training changes; all others stay bit for bit as they are"))
        self.mult_adds = Figure(
            self.tr("mult-adds an image"), self.tr("Multiplications with addition for one image through the whole network, forward")
        )
        self.file = Figure(self.tr("weights file"), self.tr("What a trained model takes on disk, in 32-bit numbers"))
        self._problem_mark, self._problem = IconLabel("warning", "bad"), QLabel()
        self._problem.setProperty("kind", "bad")
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        self._problem.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._problem_line = widget(row(self._problem_mark, (self._problem, 1)))
        self._problem_line.hide()
        self._low = False
        self._small = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.totals = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.totals.setObjectName("layerTotals")
        self._figures = widget(row(self.mult_adds, self.file, spacing=GAP + 8))
        self.measured, self._estimate = cost_measured.CostMeasured(), Loading()
        self._counts = ("", "")
        figures = column(row(self.learns, self._figures, self.measured, None, spacing=GAP + 8), self._small, spacing=2)
        self.setLayout(column(self._problem_line, row((figures, 1), way_on), self.totals, spacing=4, margins=(GAP, 8, GAP, 8)))

    def show_cost(self, document: dict[str, Any], learning: int, problem: str = "") -> None:
        """document: `layers`; learning: parameters that learn; problem: what keeps the choice from working, or ""."""
        totals, params = document["totals"], document["totals"]["params"]
        of = self.tr("of %1 (%2)").replace("%1", short(params)).replace("%2", share_words(learning, params))
        self.learns.caption.setText(self.tr("parameters learn, %1 frozen").replace("%1", f"{params - learning:,}"))
        self.learns.show_figure(f"{learning:,}", of)
        batch = batch_of(document)
        images = self.tr("mult-adds an image") if batch == 1 else self.tr("mult-adds for %1 images").replace("%1", str(batch))
        self.mult_adds.caption.setText(images)
        self.mult_adds.show_figure(short(totals["mult_adds"]))
        self.file.show_figure(megabytes(weights_bytes(document)))
        words = self.tr("%1 %2, weights file %3").replace("%1", self.mult_adds.value.text()).replace("%2", images)
        brief = self.tr("%1 mult-adds, file %3").replace("%1", self.mult_adds.value.text())
        file = self.file.value.text()
        self._counts = (words.replace("%3", file), brief.replace("%3", file))
        self._show_small()
        self._show_totals(totals, learning, batch)
        self._problem.setText(problem)
        self._problem_line.setVisible(bool(problem))
        settle(self)

    def _show_totals(self, totals: dict[str, Any], learning: int, batch: int) -> None:
        """torchinfo's line: all parameters, and the megabytes of input, of all that layers give, and of the parameters."""
        sizes = [totals.get(key) for key in ("input_mb", "forward_backward_mb", "params_mb")]
        if None in sizes:  # of an older document
            self.totals.show_text(self.tr("%1 parameters in all").replace("%1", f"{totals['params']:,}"))
            return
        line = self.tr("%1 parameters in all; input %2 MB, forward and backward %3 MB, parameters %4 MB")
        parts = [f"{totals['params']:,}", *(f"{size:,.2f}" for size in sizes)]
        for at, part in enumerate(parts, 1):
            line = line.replace(f"%{at}", part)
        facts = [
            (self.tr("Parameters"), parts[0]),
            (self.tr("Learn"), f"{learning:,}"),
            (self.tr("Mult-adds"), f"{totals['mult_adds']:,}"),
            (self.tr("Input"), f"{parts[1]} MB"),
            (self.tr("Forward and backward"), f"{parts[2]} MB"),
            (self.tr("Parameters in memory"), f"{parts[3]} MB"),
        ]
        how = self.tr("For a batch of %1, in 32-bit numbers, counted as torchinfo does").replace("%1", str(batch))
        brief = self.tr("%1 parameters; %2 + %3 + %4 MB")
        for at, part in enumerate(parts, 1):
            brief = brief.replace(f"%{at}", part)
        self.totals.show_text(line, "\n".join([*(f"{what}: {value}" for what, value in facts), how]), short=brief)

    def show_estimate(self, estimate: Loading, epochs: int | None) -> None:
        """What was measured takes the place of the lesser counts, which become a line of text."""
        self._estimate = estimate
        self.measured.show_estimate(estimate, epochs)
        self._show_small()
        self._fit()
        settle(self)

    def _show_small(self) -> None:
        counts, brief = self._counts
        if self._estimate.state == "empty":
            self._small.show_text(counts, short=brief)
            return
        below, alone = cost_measured.line(self._estimate)
        if self.measured.isHidden():
            self._small.show_text(f"{alone}; {counts}", f"{alone}\n{below}\n{counts}", short=alone)
        else:
            self._small.show_text("; ".join(part for part in (below, counts) if part), f"{below}\n{counts}", short=below or counts)

    def show_low(self, low: bool) -> None:
        """In a low window the tree needs the lines below the figure more."""
        self._low = low
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        narrow = self.width() < theme.px(NARROW)
        counted = self._estimate.state == "empty"
        self._small.setVisible((narrow or not counted) and not self._low)
        self._figures.setVisible(not narrow and counted)
        self.measured.setVisible(not narrow and not counted)
        self._show_small()
        self.totals.setVisible(not self._low)


def batch_of(document: dict[str, Any]) -> int:
    """Images at once that a `layers` document was worked out for."""
    batch: int = document["input"][0]
    return batch


def share_words(part: int, whole: int) -> str:
    """0.08%, 30.2%, 100%; never 0% where there is something, nor 100% where something is missing."""
    share = part / whole if whole else 0.0
    if 0.9995 <= share < 1.0:
        return ">\u200999.9%"
    return percent(share, 0 if share in (0.0, 1.0) else 1 if share >= 0.095 else 2 if share >= 0.0001 else 4)


def weights_bytes(document: dict[str, Any]) -> int:
    """Bytes of all tensors: parameters, and each BatchNorm's running mean and variance (float32) with its counter (int64)."""
    norms = [row for row in document["rows"] if row.get("batchnorm") and row["kind"] == "module" and not row.get("shared_with")]
    params: int = document["totals"].get("params_bytes") or 4 * document["totals"]["params"]
    buffers: int = sum(4 * row["params"] + 8 for row in norms)
    return params + buffers

"""What the choice of frozen layers costs, under the tree. Only what is known: counts, not guesses."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, IconLabel, column, label, row, widget
from tlstudio.gui.words import megabytes, percent, short

NARROW = 470  # below that the two lesser figures are a line of small text


class _Figure(QWidget):
    """A number with its unit on one base line, and what it is under it."""

    def __init__(self, caption: str, tip: str) -> None:
        super().__init__()
        self.value, self.rest, self.caption = label("", "figure"), label("", "muted"), label(caption, "small")
        line = row(self.value, self.rest, None, spacing=6)
        line.setAlignment(self.rest, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(column(line, self.caption, spacing=0))
        self.setToolTip(tip)

    def show_figure(self, value: str, rest: str = "") -> None:
        self.value.setText(value)
        self.rest.setText(rest)
        self.rest.setVisible(bool(rest))
        self.setAccessibleName(" ".join(part for part in (value, rest, self.caption.text()) if part))


class CostPanel(QFrame):
    """objectName costPanel. Right of the figures is room for the page's way on."""

    def __init__(self, way_on: QWidget) -> None:
        super().__init__()
        self.setObjectName("costPanel")
        self.setAccessibleName(self.tr("What it costs"))
        self.learns = _Figure(
            self.tr("parameters learn"), self.tr("Numbers that training changes; all others stay bit for bit as they are")
        )
        self.mult_adds = _Figure(
            self.tr("mult-adds an image"), self.tr("Multiplications with addition for one image through the whole network, forward")
        )
        self.file = _Figure(self.tr("weights file"), self.tr("What a trained model takes on disk, in 32-bit numbers"))
        self._problem_mark, self._problem = IconLabel("warning", "bad"), QLabel()
        self._problem.setProperty("kind", "bad")
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        self._problem.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._problem_line = widget(row(self._problem_mark, (self._problem, 1)))
        self._problem_line.hide()
        self._small = label("", "small")
        self._figures = widget(row(self.mult_adds, self.file, spacing=GAP + 8))
        figures = column(row(self.learns, self._figures, None, spacing=GAP + 8), self._small, spacing=2)
        self.setLayout(column(self._problem_line, row((figures, 1), way_on), spacing=4, margins=(GAP, 8, GAP, 8)))

    def show_cost(self, document: dict[str, Any], learning: int, problem: str = "") -> None:
        """document: `layers`; learning: parameters that learn; problem: what keeps the choice from working, or ""."""
        totals, params = document["totals"], document["totals"]["params"]
        of = self.tr("of %1 (%2)").replace("%1", short(params)).replace("%2", share_words(learning, params))
        self.learns.caption.setText(self.tr("parameters learn, %1 frozen").replace("%1", f"{params - learning:,}"))
        self.learns.show_figure(f"{learning:,}", of)
        self.mult_adds.show_figure(short(totals["mult_adds"]))
        self.file.show_figure(megabytes(weights_bytes(document)))
        words = self.tr("%1 mult-adds an image, weights file %2")
        self._small.setText(words.replace("%1", self.mult_adds.value.text()).replace("%2", self.file.value.text()))
        self._problem.setText(problem)
        self._problem_line.setVisible(bool(problem))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(NARROW)
        self._small.setVisible(narrow)
        self._figures.setVisible(not narrow)


def share_words(part: int, whole: int) -> str:
    """0.08%, 30.2%, 100%; never 0% where there is something."""
    share = part / whole if whole else 0.0
    return percent(share, 0 if share in (0.0, 1.0) else 1 if share >= 0.095 else 2 if share >= 0.0001 else 4)


def weights_bytes(document: dict[str, Any]) -> int:
    """Bytes of all tensors: parameters, and each BatchNorm's running mean and variance (float32) with its counter (int64)."""
    norms = [row for row in document["rows"] if row.get("batchnorm") and row["kind"] == "module" and not row.get("shared_with")]
    params: int = document["totals"].get("params_bytes") or 4 * document["totals"]["params"]
    buffers: int = sum(4 * row["params"] + 8 for row in norms)
    return params + buffers

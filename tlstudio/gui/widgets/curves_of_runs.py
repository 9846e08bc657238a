"""The curves of the runs that are ticked: which metric, over what, how smooth; as lines or as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from tlstudio.gui import metric, theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_curves import RunCurves
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.flow_layout import flowing
from tlstudio.gui.widgets.jump_slider import JumpSlider
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import Segments, ToolButton, column, label, row, widget
from tlstudio.gui.widgets.runs_model import names_of, tasks_of
from tlstudio.gui.words import loss, percent

if TYPE_CHECKING:
    from tlstudio.gui.compared_lines import Told
    from tlstudio.gui.widgets.compare_curves import CompareCurves
    from tlstudio.gui.widgets.numbers_of_runs import NumbersOfRuns

SMOOTHEST = 99  # of the slider, in hundredths
SHORT = 3.0  # minutes; below that seconds are said
_WAIT = 60  # ms between two drawings while runs are being read


class CurvesOfRuns(QWidget):
    """objectNames compareMetric, compareAxis, compareSmoothing, compareNumbers. Builds the plot when it is first shown: pyqtgraph is
    slow to import."""

    def __init__(self, curves: RunCurves | None = None) -> None:
        super().__init__()
        self._runs = curves or RunCurves()
        self._rows: list[tuple[Row, LineStyle]] = []
        self._plot: CompareCurves | None = None
        self._numbers: NumbersOfRuns | None = None
        self._axis, self._as_numbers = "epochs", False
        self.unit = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)  # stands in the heading of the card
        self.unit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._hint = label("", "muted", wrap=True, align=Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._hint)
        self.choice = QComboBox()
        self.choice.setObjectName("compareMetric")
        self.choice.setAccessibleName(self.tr("What is drawn"))
        self.choice.setToolTip(self.tr("What is drawn of the ticked runs"))
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for key, word in self._words([]).items():
            self.choice.addItem(word, key)
        self.choice.currentIndexChanged.connect(self._draw)
        axes = {"epochs": self.tr("Epochs"), "steps": self.tr("Steps"), "minutes": self.tr("Minutes")}
        tips = {
            "epochs": self.tr("Over epochs: how often every image was seen"),
            "steps": self.tr("Over steps: how often the weights were changed"),
            "minutes": self.tr("Over minutes since the start: what one gets for one's time"),
        }
        self.axis = Segments(axes, "epochs", self._choose_axis, name="compareAxis", tips=tips)
        self.smoothing = JumpSlider()
        self.smoothing.setObjectName("compareSmoothing")
        self.smoothing.setRange(0, SMOOTHEST)
        self.smoothing.setValue(0)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setToolTip(
            self.tr("Running mean, bold; the values themselves stay visible, thin. The learning rate is never smoothed.")
        )
        self.smoothing.valueChanged.connect(self._draw)
        self._smooth_word = label(self.tr("Smooth"), "small")
        self.numbers = ToolButton("table", self.tr("The numbers as a table"))
        self.numbers.setObjectName("compareNumbers")
        self.numbers.setCheckable(True)
        self.numbers.toggled.connect(self._show_numbers)
        smooth = widget(row(self._smooth_word, self.smoothing, self.numbers))
        self.setLayout(column(flowing(self.choice, self.axis, smooth), (self._stack, 1), spacing=4))
        self._wait = QTimer(self, singleShot=True, interval=_WAIT)
        self._wait.timeout.connect(self._draw)
        self._runs.changed.connect(self._wait.start)

    def _words(self, tasks: Sequence[str]) -> dict[str, str]:
        masks = set(tasks) == {MASKS}
        return {
            "val": metric.validation_word(tasks),
            "val_loss": self.tr("Validation loss"),
            "train_loss": self.tr("Training loss"),
            "train_accuracy": self.tr("Pixels right in training") if masks else self.tr("Training accuracy"),
            "lr": self.tr("Learning rate of the head"),
        }

    @property
    def what(self) -> str:
        """The metric that is chosen."""
        return str(self.choice.currentData())

    def show_rows(self, rows: Sequence[tuple[Row, LineStyle]]) -> None:
        self._rows = list(rows)
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _choose_axis(self, axis: str) -> None:
        self._axis = axis
        self._draw()

    def _show_numbers(self, wanted: bool) -> None:
        self._as_numbers = wanted
        self._draw()

    def _said(self, told: Told, row: Row) -> bool:
        return bool(len(told.line(self.what, self._axis)[0])) or bool(self.what == "val" and self._axis == "epochs" and row.get("curve"))

    def _draw(self) -> None:
        if not self.isVisible():
            return
        self.smoothing.setFixedWidth(theme.px(72))
        drawn = [(row, style, self._runs.told(row)) for row, style in self._rows]
        drawn = [(row, style, told) for row, style, told in drawn if self._said(told, row)]
        tasks = sorted(tasks_of(row for row, _, _ in drawn))
        for i, word in enumerate(self._words(tasks).values()):
            if self.choice.itemText(i) != word:
                self.choice.setItemText(i, word)
        never = self.what == "lr"
        self.smoothing.setEnabled(not never)
        self._smooth_word.setEnabled(not never)
        self._say_unit([one for one, _, _ in drawn], tasks)
        if drawn and self._as_numbers:
            self._draw_numbers(drawn)
        elif drawn:
            self._draw_lines(drawn, mixed=len(tasks) > 1)
        elif self._rows:
            self._hint.setText(self.tr("None of the ticked runs has finished an epoch yet"))
        else:
            self._hint.setText(self.tr("Tick runs above to lay their curves over each other"))
        shown = self._hint if not drawn else self._numbers if self._as_numbers else self._plot
        assert shown is not None
        self._stack.setCurrentWidget(shown)

    def _draw_lines(self, drawn: list[tuple[Row, LineStyle, Told]], *, mixed: bool) -> None:
        from tlstudio.gui.widgets.compare_curves import CompareCurves, Line

        if self._plot is None:
            self._plot = CompareCurves()
            self._stack.addWidget(self._plot)
        share = self.what in ("val", "train_accuracy")
        lines = []
        for (one, style, told), name in zip(drawn, names_of([one for one, _, _ in drawn]), strict=True):
            of_masks = mixed and share and one.get("task") == MASKS
            said = (lambda v: f"IoU {percent(v)}") if of_masks else percent if share else _rate if self.what == "lr" else loss
            lines.append(Line(name, style, *told.line(self.what, self._axis), said))
        axis = {"epochs": self.tr("epoch"), "steps": self.tr("step"), "minutes": self.tr("minutes since the start")}[self._axis]
        if self._axis == "minutes" and max((float(line.x[-1]) for line in lines if len(line.x)), default=9.0) < SHORT:
            lines, axis = [replace(line, x=60 * line.x) for line in lines], self.tr("seconds since the start")
        smoothing = 0.0 if self.what == "lr" else self.smoothing.value() / 100
        what = self.tr("%1 of the compared runs over %2").replace("%1", self.choice.currentText()).replace("%2", self._axis)
        self._plot.show_lines(lines, axis=axis, what=what, share=share, smoothing=smoothing)

    def _draw_numbers(self, drawn: list[tuple[Row, LineStyle, Told]]) -> None:
        from tlstudio.gui.widgets.numbers_of_runs import NumbersOfRuns

        if self._numbers is None:
            self._numbers = NumbersOfRuns()
            self._stack.addWidget(self._numbers)
        names = names_of([row for row, _, _ in drawn])
        share = self.what in ("val", "train_accuracy")
        said = percent if share else _rate if self.what == "lr" else loss
        self._numbers.show_lines(names, [told.line(self.what, "epochs") for _, _, told in drawn], said)

    def _say_unit(self, rows: list[Row], tasks: Sequence[str]) -> None:
        if self.what not in ("val", "val_loss"):
            words = {"train_loss": self.tr("nats, each step"), "train_accuracy": self.tr("% of each batch"), "lr": self.tr("each step")}
            self.unit.show_text(words[self.what] if rows else "")
            return
        counts = {row.get("val_n") for row in rows}
        n = next(iter(counts)) if len(counts) == 1 else None
        if len(tasks) > 1:
            text = self.tr("Runs of different tasks: mean IoU and accuracy, each in %, cannot be compared with each other")
        elif self.what == "val_loss":
            text = self.tr("on %1 images").replace("%1", f"{n:,}") if n else self.tr("on validation images")
        elif MASKS in tasks:
            text = self.tr("%, on %1 images").replace("%1", f"{n:,}") if n else self.tr("%, on validation images")
        else:
            text = self.tr("% of %1 images").replace("%1", f"{n:,}") if n else self.tr("% of validation images")
        self.unit.show_text(text if rows else "")


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"

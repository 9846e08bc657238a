"""The cards of one measurement: accuracy, confusion, and below them the most wrong or all images."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QStackedWidget, QWidget

from tlstudio.gui import theme
from tlstudio.gui.measurements import Measurement
from tlstudio.gui.result_words import place_of
from tlstudio.gui.widgets.accuracy_card import AccuracyCard
from tlstudio.gui.widgets.confusion_matrix import ConfusionMatrix
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.most_wrong import MostWrong
from tlstudio.gui.widgets.parts import GAP, Segments, card, column, header, row
from tlstudio.gui.widgets.stacked_bars import StackedBars

TALL, LOW = 284, 268  # least height of the confusion's card, and of the lower one


class MeasuredCards(QWidget):
    """Accuracy and confusion side by side, or stacked where there is little room."""

    opened = Signal(list, int)
    """The user asks for a picture: indices to walk through, and the place to begin."""

    def __init__(self) -> None:
        super().__init__()
        self._measurement: Measurement | None = None
        self.accuracy, self.matrix = AccuracyCard(), ConfusionMatrix()
        self.wrong, self.bars = MostWrong(), StackedBars()
        self._axes = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._axes.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._confusion = card(column(header(self.tr("Confusion"), (self._axes, 1000)), (self.matrix, 1)))
        self._lower = self._lower_card()
        self._upper = row((self.accuracy, 1), (self._confusion, 1), spacing=GAP)
        self._column = column((self._upper, 1), (self._lower, 1), spacing=GAP)
        self.setLayout(self._column)
        self.matrix.cell_chosen.connect(self._open_cell)
        self.wrong.opened.connect(lambda place: self.opened.emit(self.wrong.order, place))
        self.bars.opened.connect(lambda place: self.opened.emit(self.bars.order, place))
        self._side_by_side = True
        self._measure()

    def _lower_card(self) -> QFrame:
        stack = QStackedWidget()
        stack.addWidget(self.wrong)
        stack.addWidget(self.bars)

        def chosen(key: str) -> None:
            stack.setCurrentIndex(0 if key == "wrong" else 1)
            self.wrong.turner.setVisible(key == "wrong")

        words = {"wrong": self.tr("Most wrong"), "all": self.tr("All images")}
        tips = {
            "wrong": self.tr("The surest mistakes: look here for wrong labels and hard cases"),
            "all": self.tr("The probabilities of every image of the split, one column an image"),
        }
        kept = self.wrong.turner.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.wrong.turner.setSizePolicy(kept)
        segments = Segments(words, "wrong", chosen, name="resultView", tips=tips)
        return card(column(row(segments, (self.wrong.turner, 1)), (stack, 1)))

    def show_measurement(self, measurement: Measurement, split: str) -> None:
        """split: its word ("validation")."""
        self._measurement = measurement
        document = measurement.document
        self.accuracy.show_document(document, split)
        self.matrix.show_counts(document["confusion"], document["classes"])
        self._axes.show_text(self.tr("most frequent mistakes") if self.matrix.as_list else self.tr("rows: truth, columns: prediction"))
        if measurement.predictions is not None:
            self.wrong.show_predictions(measurement.predictions)
            self.bars.show_predictions(measurement.predictions)

    def show_picture(self, path: str) -> bool:
        """Open that file large, among the mistakes if it is one, else among those of its cell; whether it is one of the images."""
        said = self._measurement.predictions if self._measurement is not None else None
        image = place_of(path, said.paths) if said is not None else None
        if said is None or image is None:
            return False
        order = self.wrong.order
        if image in order:
            self.wrong.turn_to(order.index(image))
        else:
            order = said.cell(int(said.truth[image]), int(said.said[image])).tolist()
        self.opened.emit(order, order.index(image))
        return True

    def set_side_by_side(self, side_by_side: bool) -> None:
        self._side_by_side = side_by_side
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_side_by_side"):
            self._measure()

    def _measure(self) -> None:
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._upper.setDirection(across if self._side_by_side else down)
        self._upper.setStretch(0, 1 if self._side_by_side else 0)
        self._column.setStretch(0, 1 if self._side_by_side else 2)
        self._confusion.setMinimumHeight(theme.px(TALL))
        self._lower.setMinimumHeight(theme.px(LOW))

    def _open_cell(self, truth: int, said: int) -> None:
        if self._measurement is not None and self._measurement.predictions is not None:
            self.opened.emit(self._measurement.predictions.cell(truth, said).tolist(), 0)

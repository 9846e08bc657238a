"""The cards of one measurement of masks: mean IoU class by class, the confusion of pixels, the worst pictures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.measurements import Measurement
from tlstudio.gui.widgets.confusion_matrix import ConfusionMatrix
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.iou_card import IouCard
from tlstudio.gui.widgets.parts import CONTROL, GAP, card, column, label, row, widget
from tlstudio.gui.widgets.worst_masks import WorstMasks

TALL = 300  # least height of the lower cards


class MaskCards(QWidget):
    """objectName maskCards."""

    overlay_asked = Signal()
    """The masks shall be looked at closely."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("maskCards")
        self.iou, self.matrix, self.worst = IouCard(), ConfusionMatrix(pixels=True), WorstMasks()
        self._axes = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._axes.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        named = row(label(self.tr("Confusion of pixels"), "section"), (self._axes, 1))
        named.addStrut(theme.px(CONTROL))  # on one line with its neighbour, which has a choice beside its title
        self._confusion = card(column(widget(named), (self.matrix, 1)))
        self._worst = card(column((self.worst, 1)))
        self._lower = row((self._confusion, 1), (self._worst, 1), spacing=GAP)
        self.setLayout(column(self.iou, (self._lower, 1), spacing=GAP))
        self.matrix.cell_chosen.connect(lambda truth, said: self.worst.choose(truth))
        self.iou.table.chosen.connect(self.worst.choose)
        self.iou.overlay_asked.connect(self.overlay_asked)
        self._side_by_side = True
        self._measure()

    def show_measurement(self, measurement: Measurement, split: str) -> None:
        """split: its word ("validation")."""
        document = measurement.document
        self.iou.show_document(document, split)
        self.matrix.show_counts(document["confusion"], document["classes"])
        said = self.tr("rows: truth, columns: prediction; % of the truth's pixels")
        if self.matrix.as_list:
            self._axes.show_text(self.tr("most frequent mistakes"))
        else:
            self._axes.show_text(said, short=self.tr("% of the truth's pixels"))
        if measurement.masks is not None:
            self.worst.show_results(measurement.masks)

    def show_picture(self, path: str) -> bool:
        """Open that file large; whether it is one of the images."""
        return self.worst.show_picture(path)

    def set_side_by_side(self, side_by_side: bool) -> None:
        self._side_by_side = side_by_side
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_side_by_side"):
            self._measure()

    def _measure(self) -> None:
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._lower.setDirection(across if self._side_by_side else down)
        for part in (self._confusion, self._worst):
            part.setMinimumHeight(theme.px(TALL))

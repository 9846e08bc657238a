"""The one figure of Results where there are masks: mean IoU, saying on what, with what stands beside it; then class by class."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QWidget

from tlstudio.gui import metric, theme
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.mask_class_table import MaskClassTable
from tlstudio.gui.widgets.parts import GAP, Button, card, column, header, label, row, widget
from tlstudio.gui.words import count, loss

_FIGURES, _NARROW = 212, 540  # width of the figures beside the table; below the second they stand over it
_LEAST = 300  # from there on the others stand beside the large one, so that what lies below is soon in sight


class IouCard(QFrame):
    """objectName iouCard; iouValue is the figure, openInOverlay the way on. It is the first card, so that both are always in sight."""

    overlay_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("iouCard")
        self.value, self._on, self._images = label("", "hero"), ElidedLabel(), label("", "small")
        self.value.setObjectName("iouValue")
        self.value.setToolTip(metric.help_of_iou())
        self._guess = label("", "small", wrap=True)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(4)
        words = {
            "pixel_accuracy": (self.tr("Pixels right"), self.tr("Share of the pixels that count whose class is right")),
            "mean_dice": (self.tr("Mean Dice"), self.tr("Twice the overlap over the sum of both, the mean over the classes")),
            "boundary_f": (self.tr("Boundary F"), self.tr("How well the borders of the classes lie, the mean over the classes")),
            "loss": (self.tr("Loss"), self.tr("Mean cross-entropy of the pixels that count, in nats")),
        }
        self.figures = {}
        for at, (key, (word, tip)) in enumerate(words.items()):
            name, figure = label(word, "muted"), label("", "section")
            for part in (name, figure):
                part.setToolTip(tip)
            self._grid.addWidget(name, at, 0)
            self._grid.addWidget(figure, at, 1)
            self.figures[key] = figure
        self._grid.setColumnStretch(2, 1)
        self.table = MaskClassTable()
        tip = self.tr("Look closely: zoom, differences, confidence, one class at a time; correct masks")
        self.overlay = Button(self.tr("Open in Overlay"), "quiet", "stack", edge=True, tip=tip, on=self.overlay_asked.emit)
        self.overlay.setAccessibleName(self.tr("Open in Overlay"))
        self.overlay.setObjectName("openInOverlay")
        figures = QWidget()
        figures.setLayout(self._grid)
        value = widget(column(None, self.value, self._on, None, spacing=2))
        self._values = row((value, 1), figures)
        self._left = widget(column(self._values, 6, self._guess, None, spacing=2))
        self._halves = row(self._left, (column((self.table, 1000), None, spacing=0), 1))
        head = header(self.tr("Mean IoU"), self._images, GAP, self.overlay)
        self.setLayout(column(card(column(head, (self._halves, 1), spacing=4)), spacing=0))
        self._fit()

    def show_document(self, document: dict[str, Any], split: str) -> None:
        """document: what `evaluate` returned; split: its word ("validation")."""
        metrics, n = document["metrics"], count(int(document["n"]), self.tr("image"), self.tr("images"))
        iou = metrics["mean_iou"]
        self.value.setText("–" if iou is None else f"{iou:.3f}")
        self._on.show_text(self.tr("%1, %2").replace("%1", split).replace("%2", n))
        self._images.setText(count(len(document["classes"]), self.tr("class"), self.tr("classes")))
        for key, figure in self.figures.items():
            value = metrics.get(key)
            figure.setText("–" if value is None else loss(value) if key == "loss" else f"{value:.3f}")
        guess = document.get("baseline")
        said = self.tr("Always saying %1 would get %2")
        known = guess is not None and guess.get("mean_iou") is not None
        self._guess.setText(said.replace("%1", guess["label"]).replace("%2", f"{guess['mean_iou']:.3f}") if guess and known else "")
        self.table.show_rows(document["per_class"])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_halves"):
            self._fit()

    def _fit(self) -> None:
        beside, across = self.width() >= theme.px(_NARROW), theme.px(_LEAST) <= self.width() < theme.px(_NARROW)
        for line, flat in ((self._halves, beside), (self._values, across)):
            line.setDirection(QBoxLayout.Direction.LeftToRight if flat else QBoxLayout.Direction.TopToBottom)
            line.setSpacing(24 if flat else 8)
        self._left.setMaximumWidth(theme.px(_FIGURES) if beside else 16_777_215)
        self._left.setMinimumWidth(theme.px(_FIGURES) if beside else 0)

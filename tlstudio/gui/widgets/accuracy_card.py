"""The one figure of Results: accuracy with its interval, saying on what, beside what guessing would get; then class by class."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QFrame

from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.interval_bar import IntervalBar
from tlstudio.gui.widgets.parts import card, column, header, label, row, widget
from tlstudio.gui.widgets.per_class_table import PerClassTable
from tlstudio.gui.words import count


class AccuracyCard(QFrame):
    """objectName accuracyCard."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("accuracyCard")
        self._right = label("", "small")
        self.value, self._interval, self._on = label("", "hero"), ElidedLabel(), ElidedLabel("small")
        self.value.setObjectName("accuracyValue")
        self.bar, self.table = IntervalBar(), PerClassTable()
        words = widget(column(None, self._interval, self._on, None, spacing=2))
        inner = card(
            column(
                header(self.tr("Accuracy"), self._right),
                row(self.value, 8, (words, 1)), 4, self.bar, None, (self.table, 1000), spacing=4,
            )
        )  # fmt: skip
        self.setLayout(column(inner, spacing=0))

    def show_document(self, document: dict[str, Any], split: str) -> None:
        """document: what `evaluate` returned; split: its word ("validation")."""
        metrics, n = document["metrics"], document["n"]
        low, high = metrics["accuracy_interval"]
        right = sum(line[i] for i, line in enumerate(document["confusion"]))
        self._right.setText(self.tr("%1 of %2 right").replace("%1", f"{right:,}").replace("%2", f"{n:,}"))
        self.value.setText(f"{metrics['accuracy']:.3f}")
        self.value.setToolTip(self.tr("Share of images called right; loss %1").replace("%1", f"{metrics['loss']:.3f}"))
        self._interval.show_text(self.tr("95%  %1 to %2").replace("%1", f"{low:.2f}").replace("%2", f"{high:.2f}"))
        images = count(int(n), self.tr("image"), self.tr("images"))
        self._on.show_text(self.tr("%1, %2").replace("%1", split).replace("%2", images))
        guess = document.get("baseline")
        self.bar.show_share(metrics["accuracy"], low, high, (guess["label"], guess["accuracy"]) if guess else None)
        self.table.show_rows(document["per_class"])

"""What narrows the catalogue: chips under the search, and a popover with ranges."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QSizePolicy, QToolButton, QWidget

from tlstudio.gui.wanted_models import Ranges
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, column, label, row
from tlstudio.gui.widgets.range_field import RangeField

_TASKS = ("classification", "segmentation")


class CatalogueChips(QWidget):
    """On disk, Classification, Segmentation, Small: any of them together. Neither task chosen is both."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        words = {
            "on_disk": (self.tr("On disk"), self.tr("Only models whose weights are on this computer: they work with no network")),
            "classification": (self.tr("Classification"), self.tr("Models that say what a picture shows")),
            "segmentation": (self.tr("Segmentation"), self.tr("Models that say what each pixel belongs to; trained on masks")),
            "small": (self.tr("Small"), self.tr("Fewer than 10 million parameters: quick on an ordinary computer")),
        }
        self._masks = False
        self.buttons: dict[str, QToolButton] = {}
        for key, (word, tip) in words.items():
            button = self.buttons[key] = QToolButton()
            button.setText(word)
            button.setCheckable(True)
            button.setChecked(key == "classification")
            button.setProperty("kind", "chip")
            button.setToolTip(tip)
            button.setAccessibleName(word)
            button.setObjectName(f"models.{key}")
            button.toggled.connect(lambda: self.changed.emit())
        first, second = list(self.buttons.values())[:2], list(self.buttons.values())[2:]
        self._lines = row(*first, None, spacing=4), row(*second, None, spacing=4)
        self.setLayout(column(*self._lines, spacing=4))

    def keep_to_masks(self, masks: bool) -> None:
        """Whether only models that can learn masks are of use: then there is no choice of tasks."""
        self._masks = masks
        for key in _TASKS:
            self.buttons[key].setVisible(not masks)
        self._lines[0 if masks else 1].insertWidget(1, self.buttons["small"])  # the two that are left stand in one line

    def on(self, key: str) -> bool:
        return self.buttons[key].isChecked()

    def tasks(self) -> frozenset[str]:
        return frozenset({"segmentation"}) if self._masks else frozenset(task for task in _TASKS if self.on(task))

    def clear(self) -> None:
        """Let every model pass."""
        for button in self.buttons.values():
            button.setChecked(False)


class CatalogueFilter(QFrame):
    """objectName modelFilter. Ranges of cost and input, and the source; opens under a button, Escape closes it."""

    changed = Signal()

    def __init__(self, sources: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("modelFilter")
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Filter models"))
        self.params = RangeField(self.tr("Parameters"), self.tr("million"), 1e6)
        self.mult_adds = RangeField(self.tr("Mult-adds"), self.tr("G"), 1e9)
        self.input_size = RangeField(self.tr("Input size"), self.tr("px"), 1)
        self.source = QComboBox()
        self.source.setAccessibleName(self.tr("Source"))
        self.source.setToolTip(self.tr("Who publishes the model"))
        self.source.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.source.addItem(self.tr("Any"), "")
        for source in sources:
            self.source.addItem(self.tr("built in") if source == "bundled" else source, source)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(TIGHT)
        fields = {
            self.tr("Parameters"): self.params,
            self.tr("Mult-adds"): self.mult_adds,
            self.tr("Input"): self.input_size,
            self.tr("Source"): self.source,
        }
        for at, (word, field) in enumerate(fields.items()):
            grid.addWidget(label(word), at, 0)
            grid.addWidget(field, at, 1)
        self.clear_button = Button(self.tr("Clear"), "quiet", edge=True, tip=self.tr("No bounds, any source"), on=self.clear)
        done = Button(self.tr("Done"), tip=self.tr("Back to the list (Escape)"), on=self.close)
        rows = QWidget()
        rows.setLayout(grid)
        grid.setContentsMargins(0, 0, 0, 0)
        self.setLayout(column(rows, row(self.clear_button, None, done), spacing=GAP, margins=(GAP, GAP, GAP, GAP)))
        for ranged in (self.params, self.mult_adds, self.input_size):
            ranged.changed.connect(self.changed)
        self.source.currentIndexChanged.connect(lambda: self.changed.emit())

    def ranges(self) -> Ranges:
        return Ranges(self.params.span(), self.mult_adds.span(), self.input_size.span(), self.source.currentData())

    def clear(self) -> None:
        for ranged in (self.params, self.mult_adds, self.input_size):
            ranged.clear()
        self.source.setCurrentIndex(0)

    def open_under(self, button: QWidget) -> None:
        """Show it below the button, wholly on the screen."""
        self.adjustSize()
        at, room = button.mapToGlobal(QPoint(0, button.height() + 4)), button.screen().availableGeometry()
        self.move(max(room.left(), min(at.x(), room.right() - self.width())), max(room.top(), min(at.y(), room.bottom() - self.height())))
        self.show()
        self.params.low.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.close()
        else:
            super().keyPressEvent(event)

"""The catalogue: every model with its size, its cost, how good it was as published, and where its weights are."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QListView, QWidget

from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.wanted_models import Ranges
from tlstudio.gui.widgets.catalogue_filter import CatalogueChips, CatalogueFilter
from tlstudio.gui.widgets.catalogue_model import CatalogueModel
from tlstudio.gui.widgets.catalogue_row import CatalogueHeading, CatalogueRow
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, IconLabel, SearchField, ToolButton, column, hairline, label, row, widget
from tlstudio.gui.words import count
from tlstudio.models import catalogue

WIDTH = 220
_PAUSE = 250  # ms: keys that run through the list do not have each model opened


class CatalogueList(QWidget):
    """objectNames modelSearch, modelTable. A click or Enter takes a model at once, arrows after a short rest."""

    chosen = Signal(str)
    """The name of the model that the user picked."""

    def __init__(self) -> None:
        super().__init__()
        self._current = ""
        self._masks = False
        self.models = CatalogueModel(catalogue.entries())
        self.models.setParent(self)
        self.table = self._list()
        self.search = SearchField(self.tr("Search models"), "modelSearch")
        self.search.setToolTip(self.tr("Words of a model's name or family, in any order"))
        self.chips = CatalogueChips()
        self.filter = CatalogueFilter(self.models.shelf.sources(), self)
        self.more = ToolButton(
            "funnel",
            self.tr("Filter by parameters, mult-adds, input size and source"),
            on=lambda: self.filter.open_under(self.more),
        )
        self.more.setObjectName("moreFilters")
        self.more.setCheckable(True)
        self.heading = CatalogueHeading()
        self._count = label("", "small")
        self.setLayout(
            column(
                row(label(self.tr("Model"), "title"), None, self._count, margins=(GAP, 0, GAP, 0)),
                4,
                row((self.search, 1), self.more, spacing=4, margins=(GAP, 0, 12, 0)),
                row(self.chips, margins=(GAP, 0, GAP, 0)),
                self._nothing(),
                self.heading,
                (self.table, 1),
                hairline(),
                self._legend(),
                spacing=TIGHT,
                margins=(0, GAP, 0, 12),
            )
        )
        self._rest = QTimer(self, singleShot=True, interval=_PAUSE)
        self._rest.timeout.connect(self._take)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._take_first)
        self.chips.changed.connect(self._find)
        self.filter.changed.connect(self._find)
        self.heading.sorted_by.connect(self._sort)
        self.table.clicked.connect(self._take)
        self.table.activated.connect(self._take)
        self.table.selectionModel().currentChanged.connect(lambda: self._rest.start())
        self.table.viewport().installEventFilter(self)
        self._find()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.heading.stand_over(self.table.viewport().width())
        return super().eventFilter(watched, event)

    def _list(self) -> QListView:
        table = QListView()
        table.setObjectName("modelTable")
        table.setAccessibleName(self.tr("Models"))
        table.setModel(self.models)
        table.setItemDelegate(CatalogueRow(self.models, table))
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setStyleSheet("QListView { background: transparent; border: none; border-radius: 0; }")
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        table.setMouseTracking(True)
        table.setUniformItemSizes(True)
        return table

    def _nothing(self) -> QWidget:
        """What stands there where no model fits."""
        self._none = label("", "small", wrap=True)
        self.clear = Button(
            self.tr("Show all models"), "quiet", edge=True, tip=self.tr("Empty the search and take every filter off"), on=self.show_all
        )
        self._empty = widget(column(self._none, self.clear, spacing=4, margins=(GAP, 4, GAP, 0)))
        self._empty.setVisible(False)
        return self._empty

    def _legend(self) -> QWidget:
        marks = (("check-circle-fill", "good", self.tr("on disk")), ("cloud-arrow-down", "muted", self.tr("to download")))
        parts = [part for name, role, word in marks for part in (IconLabel(name, role, 14), label(word, "tiny"), 8)]
        return widget(row(*parts, None, spacing=4, margins=(GAP, 0, GAP, 0)))

    def show_model(self, name: str) -> None:
        """Mark the model that the recipe has."""
        self._current = name
        self._mark()

    def show_task(self, task: str) -> None:
        """Offer the models that can learn it: for masks those made for it, and all that can be encoders."""
        masks = task == MASKS
        if masks != self._masks:
            self._masks = masks
            self.models.offer(catalogue.entries(MASKS) if masks else catalogue.entries())
            self.chips.keep_to_masks(masks)
            self._find()

    def look_again(self) -> None:
        """Weights came or went: ask the disk."""
        self.models.look_again()

    def show_all(self) -> None:
        """Take every filter off."""
        self.search.clear()
        self.chips.clear()
        self.filter.clear()
        self._find()

    def _mark(self) -> None:
        place = self.models.place(self._current)
        index = self.models.index(place) if place >= 0 else QModelIndex()
        self.table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if place >= 0:
            self.table.scrollTo(index)
        self._rest.stop()

    def _find(self) -> None:
        text, tasks, ranges = self.search.text(), self.chips.tasks(), self.filter.ranges()
        self.models.change(text=text, tasks=tasks, ranges=ranges, on_disk=self.chips.on("on_disk"), small=self.chips.on("small"))
        self.more.setChecked(ranges != Ranges())
        self.more.setAccessibleName(self.tr("More filters, %1 in force").replace("%1", str(ranges.asked)))
        self.heading.show_overlap(tasks == {"segmentation"})
        self._mark()
        shown = len(self.models.entries)
        self._count.setText(count(shown, self.tr("model"), self.tr("models")))
        self._empty.setVisible(not shown)
        self.heading.setVisible(bool(shown))
        if not shown:
            said = self.tr("No model that fits the filters is called “%1”.") if text else self.tr("No model fits the filters.")
            self._none.setText(said.replace("%1", text))

    def _sort(self, key: str, descending: bool) -> None:
        self.models.change(sort=key, descending=descending)
        self._mark()
        if key:
            self.table.scrollToTop()

    def _take_first(self) -> None:
        if self.models.entries:
            self.table.setCurrentIndex(self.models.index(0))
            self._take()

    def _take(self) -> None:
        self._rest.stop()
        name = self.table.currentIndex().data(Qt.ItemDataRole.UserRole)
        if name and name != self._current:
            self.chosen.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.table.setFocus()
        elif event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_again()
        self.table.scrollTo(self.table.currentIndex())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.table.scheduleDelayedItemsLayout()

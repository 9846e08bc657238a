"""Data: what is in the opened folder, how it is split, what is wrong with it, what the model will see."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from tlstudio.gui.metric import MASKS
from tlstudio.gui.opening import open_file, open_folder
from tlstudio.gui.page import Page
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, MARGIN, column, widget
from tlstudio.gui.words import count
from tlstudio.recipe import Data

if TYPE_CHECKING:
    from tlstudio.gui.image_index import ImageIndex
    from tlstudio.gui.widgets.data_states import BusyState, EmptyState, FailedState


_HOW = ("layout", "masks", "class_names", "ignore")


class DataPage(Page):
    """Empty, busy, failed or ready, as the session's data are."""

    key, icon_name, order = "data", "image", 1

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.stack = QStackedWidget()
        self.setLayout(column(self.stack))
        self._shown: object = None
        session.data_changed.connect(self.refresh)

    # Each state is built when it is first needed: the window opens faster so.

    @cached_property
    def empty(self) -> EmptyState:
        from tlstudio.gui.widgets.data_states import EmptyState

        made = EmptyState()
        made.another_asked.connect(lambda: open_folder(self, self.session))
        made.sample_asked.connect(self.session.open_sample)
        made.file_asked.connect(lambda: open_file(self, self.session))
        made.dropped.connect(self.session.open_data)
        self.stack.addWidget(made)
        return made

    @cached_property
    def reading(self) -> BusyState:
        from tlstudio.gui.widgets.data_states import BusyState

        made = BusyState()
        made.cancel_asked.connect(self.session.cancel_scan)
        self.stack.addWidget(made)
        return made

    @cached_property
    def failed(self) -> FailedState:
        from tlstudio.gui.widgets.data_states import FailedState

        made = FailedState()
        made.another_asked.connect(lambda: open_folder(self, self.session))
        made.sample_asked.connect(self.session.open_sample)
        made.again_asked.connect(self._again)
        made.back_asked.connect(self._back)
        self.stack.addWidget(made)
        return made

    @cached_property
    def ready(self) -> QWidget:
        from tlstudio.gui.image_index import IndexReader
        from tlstudio.gui.widgets.data_cards import DataCards
        from tlstudio.gui.widgets.data_summary import DataSummary

        self.summary, self.cards, self._reader = DataSummary(), DataCards(self.session), IndexReader(self)
        self.summary.another_asked.connect(lambda: open_folder(self, self.session))
        self.summary.page_asked.connect(self.session.asked_for)
        self.summary.masks_unfolded.connect(self.cards.unfold_masks)
        self.summary.masks_asked.connect(lambda: self.session.choose_task(MASKS))
        self.cards.masks.folded.connect(lambda: self.summary.how.setChecked(False))
        self._reader.ready.connect(self._read)
        self.destroyed.connect(self._reader.close)
        made = widget(column(self.summary, 12, (self.cards, 1), spacing=0, margins=(MARGIN, GAP, MARGIN, GAP)))
        self.stack.addWidget(made)
        return made

    def word(self) -> str:
        return self.tr("Data")

    def mark(self) -> tuple[str, str]:
        data = self.session.data
        if data.state == "busy":
            progress = data.progress
            word = self.tr("Drawing") if data.what == "sample" and (not progress or progress.phase == "sample") else self.tr("Reading")
            return "running", f"{word} {progress.done / progress.total:.0%}" if progress and progress.total else f"{word}…"
        if data.state == "failed":
            return "problem", self.tr("Could not be opened")
        if not data.ready:
            return "none", self.tr("No images yet")
        document = data.document
        classes = len(document["classes"])
        if classes < 2:
            return "problem", self.tr("Needs a second class")
        images = count(int(document["images"]), self.tr("image"), self.tr("images"))
        return "ready", f"{images}, {count(classes, self.tr('class'), self.tr('classes'))}"

    @property
    def busy(self) -> bool:
        if self.session.data.state == "busy":
            return True
        return self.session.data.ready and (self._reader.busy or self.cards.busy)

    def guide(self) -> str:
        return self.tr(
            "Open a folder with one sub-folder a class, with train, val and test inside if you like; a folder with a CSV that names each "
            "image's class; pictures with masks (folders images and masks, Pascal VOC, Cityscapes, COCO, labelme); or a .zip or .tar of "
            "them. Drop it anywhere on this page, or press Ctrl+O.\n\n"
            "Split: drag the borders, or focus one and use the arrow keys. Images: Up, Down and Enter open a class; a click shows a "
            "picture large, Left and Right go on from there. Problems: Show looks at the files, Skip and Fix leave them out, Ctrl+Z takes "
            "that back. Resize and augmentation are drawn with the very transforms that train."
        )

    # what is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.stack.count():
            self.refresh()

    def refresh(self) -> None:
        """Show how the session's data stand."""
        data = self.session.data
        if data.state == "busy":
            self.reading.show_loading(data)
            self.stack.setCurrentWidget(self.reading)
        elif data.state == "failed" and data.error is not None:
            source = self.session.recipe.data.path
            self.failed.show_error(data.error, data.what, back=bool(source) and (source != data.what or self._told_how))
            self.stack.setCurrentWidget(self.failed)
        elif data.ready:
            self._show_ready()
        else:
            self.stack.setCurrentWidget(self.empty)
        self.mark_changed.emit()

    @property
    def _told_how(self) -> bool:
        """Whether the user said how the images are to be read, so that this may be what failed."""
        return any(getattr(self.session.recipe.data, key) != getattr(Data(), key) for key in _HOW)

    def _again(self) -> None:
        what = self.session.data.what
        (self.session.scan if what == self.session.recipe.data.path else self.session.open_data)(what)

    def _back(self) -> None:
        """What was open before; where it was the wish of how to read it that failed, read as it is found."""
        data, recipe = self.session.data, self.session.recipe
        if recipe.data.path == data.what:
            self.session.edit({f"data.{key}": getattr(Data(), key) for key in _HOW}, self.tr("read the images as they are found"))
        else:
            self.session.scan(recipe.data.path)

    def _show_ready(self) -> None:
        self.stack.setCurrentWidget(self.ready)
        document = self.session.data.document
        if document is not self._shown:
            self._shown = document
            self.cards.expect(str(document["root"]))
            self.summary.show_data(document, self.cards.pictures)
            self.cards.show_document()
            self._reader.ask(str(document.get("index", "")), str(document["root"]))

    def _read(self, pictures: ImageIndex) -> None:
        self.cards.show_pictures(pictures)
        self.summary.show_data(self.session.data.document, pictures)


PAGE = DataPage

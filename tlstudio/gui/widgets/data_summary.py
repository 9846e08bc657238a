"""The Data page's first lines: how many images of how many classes, where they lie, how they were understood, where to go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from tlstudio import places
from tlstudio.gui import theme
from tlstudio.gui.image_index import ImageIndex
from tlstudio.gui.metric import MASKS
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, column, label, row, widget
from tlstudio.gui.widgets.split_card import carved_splits
from tlstudio.gui.words import count, layout_word, megabytes

_WIDE = 720  # from here on the buttons stand beside the title
_PATH = 96  # the least that is shown of a path


class DataSummary(QWidget):
    """objectName datasetSummary; openAnotherButton, chooseModelButton, straightToTraining, howMasks, useMasks."""

    another_asked = Signal()
    page_asked = Signal(str)
    masks_unfolded = Signal(bool)
    """How masks are read shall be seen, or no longer."""
    masks_asked = Signal()
    """Learn from the masks that lie beside the images, not their classes."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("datasetSummary")
        self._title = ElidedLabel("title")
        self._path, self._rest, self._below = ElidedLabel("muted"), label("", "muted"), label("", "muted", wrap=True)
        another = Button(self.tr("Open another folder…"), "", "folder-open", on=self.another_asked.emit)
        another.setToolTip(self.tr("Images from another folder (Ctrl+O); archives and CSV files can be dropped on this page"))
        another.setObjectName("openAnotherButton")
        model = Button(self.tr("Choose a model"), "primary", "arrow-right", on=lambda: self.page_asked.emit("model"))
        model.setToolTip(self.tr("Which pretrained model to start from, and what of it learns"))
        model.setObjectName("chooseModelButton")
        train = Button(self.tr("Go straight to training"), "quiet", edge=True, on=lambda: self.page_asked.emit("train"))
        train.setToolTip(self.tr("Everything is set already: a pretrained model with a new head for your classes"))
        train.setObjectName("straightToTraining")
        self._train = train
        self.how = Button(self.tr("Change…"), "quiet", edge=True)
        self.how.setToolTip(self.tr("How the masks are read: layout, names of classes, ignored values"))
        self.how.setObjectName("howMasks")
        self.how.setCheckable(True)
        self.how.toggled.connect(self.masks_unfolded)
        self._use = Button(self.tr("Learn from the masks instead"), "quiet", edge=True, on=self.masks_asked.emit)
        self._use.setToolTip(self.tr("There is a folder of masks beside the images: learn which class each pixel belongs to"))
        self._use.setObjectName("useMasks")
        self._path.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._path.setMinimumWidth(_PATH)
        self._where = ("", "", "")  # where they lie, the same in few words, the whole path
        self._buttons = widget(row(another, model))
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setContentsMargins(0, 0, 0, 0)
        self._top.addWidget(self._title, 1)
        self._top.addWidget(self._buttons)
        line = row(self._path, self._rest, TIGHT, self.how, self._use, None, GAP, train, spacing=0)
        self.setLayout(column(self._top, line, self._below, spacing=2))

    def show_data(self, document: dict[str, Any], pictures: ImageIndex) -> None:
        """document: the `data` document; pictures: its index, empty while not read."""
        generated = is_generated(document)
        images, classes = int(document["images"]), len(document["classes"])
        seen = int(document.get("files", images))
        things = (self.tr("generated picture"), self.tr("generated pictures")) if generated else (self.tr("photo"), self.tr("photos"))
        self._title.show_text(f"{count(seen, *things)}, {count(classes, self.tr('class'), self.tr('classes'))}")
        usable = self.tr("%1 usable, %2").replace("%1", f"{images:,}").replace("%2", megabytes(document.get("bytes")))
        if generated:
            self._where = (self.tr("Generated leaves, drawn by this program"), self.tr("Generated leaves"), str(document["source"]))
        else:
            self._where = (path := _home(str(document["source"])), path, str(document["source"]))
        said = f"{usable}  ·  {understood(document, pictures)}"
        masks = document.get("task") == MASKS
        self.how.setVisible(masks)
        self._use.setVisible(not masks and masks_beside(document))
        tip = self.tr("Everything is set already: a pretrained model with a new head for your classes")
        self._train.setToolTip(
            tip if not masks else self.tr("Everything is set already: a pretrained encoder with a new head that makes masks")
        )
        self._rest.setText(f"  ·  {said}")
        self._below.setText(said)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_top"):
            self._fit()

    def _fit(self) -> None:
        """Beside each other where there is room, else one below the other."""
        wide = self.width() >= theme.px(_WIDE)
        self._top.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._top.setSpacing(GAP if wide else TIGHT)
        self._top.setAlignment(self._buttons, Qt.AlignmentFlag.AlignVCenter if wide else Qt.AlignmentFlag.AlignLeft)
        words = self._rest.fontMetrics().horizontalAdvance(self._rest.text())
        buttons = [button.sizeHint().width() + TIGHT for button in (self._train, self.how, self._use) if not button.isHidden()]
        long, brief, path = self._where
        room = self.width() - words - sum(buttons) - 16 + TIGHT
        self._path.show_text(long if self._path.fontMetrics().horizontalAdvance(long) + 2 <= room or room < _PATH else brief, path)
        fits = _PATH + words + sum(buttons) + 16 - TIGHT <= self.width()
        self.how.setText(self.tr("Change…") if fits else self.tr("How masks are read…"))
        self._rest.setVisible(fits)
        self._below.setVisible(not fits)


def is_generated(document: dict[str, Any]) -> bool:
    """Whether these are pictures that the program drew."""
    return Path(str(document.get("source", ""))).is_relative_to(places.samples())


def masks_beside(document: dict[str, Any]) -> bool:
    """Whether there is a folder of masks too, where classes were read from folders: either could be meant."""
    source = Path(str(document.get("source", "")))
    return any((source / name).is_dir() for name in ("masks", "Masks"))


def understood(document: dict[str, Any], pictures: ImageIndex) -> str:
    """How the layout was read: "one sub-folder a class, so: classification"."""
    from tlstudio.gui.widgets.data_states import tr

    if document.get("task") == MASKS:
        return tr("masks found: %1").replace("%1", layout_word(str(document.get("layout", ""))))
    source = str(document["source"]).lower()
    table = document.get("split_source") == "table" or source.endswith((".csv", ".tsv"))
    if not table and len(pictures):
        names = {str(entry["name"]) for entry in document["classes"]}
        table = not names & set(pictures.paths[0].split("/")[:-1])
    if table:
        how = tr("a table says the class of each")
    elif document.get("split_source") == "folders":
        splits = [tr(word) for word, n in document["splits"].items() if n and word not in carved_splits(document)]
        how = tr("%1, each with one sub-folder a class").replace("%1", ", ".join(splits))
    else:
        how = tr("one sub-folder a class")
    if source.endswith((".zip", ".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2")):
        how = tr("an archive: %1").replace("%1", how)
    return tr("%1, so: classification").replace("%1", how)


def _home(path: str) -> str:
    """~ for the user's own folder."""
    home = str(Path.home())
    return f"~{path[len(home) :]}" if path.startswith(home + "/") and home != "/" else path

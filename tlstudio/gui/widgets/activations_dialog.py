"""What the selected layer answers to a picture: a grid of maps. Stays open beside the tree and follows what is selected there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QProgressBar, QWidget

from tlstudio.errors import Cancelled, StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.any_image import any_image
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.drop_zone import IMAGE_ENDINGS, images_in
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, MARGIN, TIGHT, Button, ToolButton, column, hairline, label, row, widget
from tlstudio.gui.widgets.picture import Picture
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.tile_grid import TileGrid
from tlstudio.gui.widgets.weight_histogram import figure
from tlstudio.gui.words import percent, took

PAUSE, PATIENCE = 120, 150  # ms before a layer is asked for, and before it is said that it is being computed
LIMIT = 64  # maps
SIDE = 88  # of a map, about, in pixels
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class ActivationsDialog(QDialog):
    """objectName activationsDialog. Not modal: another layer is picked in the tree behind it, or stepped to from here."""

    step_wanted = Signal(int)
    """The next layer of the tree (1) or the one before (-1)."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("activationsDialog")
        self.setWindowTitle(self.tr("Activations on an image"))
        self.setAcceptDrops(True)
        self.path, self.image = "", ""
        self._asked: tuple[object, ...] = ()
        self._handle: JobHandle | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._ask)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._say_busy)
        self.picture = Picture(fill=False)
        self._file = ElidedLabel("small")
        self.choose = Button(
            self.tr("Choose…"), "", "image-square", tip=self.tr("Choose an image, or drop one on this window"), on=self._choose_file
        )
        self.choose.setAccessibleName(self.tr("Choose an image"))
        self.another = Button(self.tr("From the data"), "", "shuffle", tip=self.tr("Any image of the open data"), on=self._take_any)
        self._title, self._facts = ElidedLabel("figure"), label("", "small", wrap=True)
        self._facts.setTextInteractionFlags(_SELECTABLE)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("The maps are being computed"))
        self.cancel = Button(self.tr("Cancel"), tip=self.tr("Do not compute these maps"), on=self._cancel)
        self._note = label("", "muted", wrap=True)
        self.maps = TileGrid(SIDE, LIMIT)
        self.before = ToolButton("caret-up", self.tr("The layer above in the tree"), on=lambda: self.step_wanted.emit(-1))
        self.after = ToolButton("caret-down", self.tr("The layer below in the tree"), on=lambda: self.step_wanted.emit(1))
        close = Button(self.tr("Close"), tip=self.tr("Back to the page (Escape)"), on=self.close)
        for button in (self.choose, self.another, self.cancel, close):
            button.setAutoDefault(False)
        self._left = widget(column(self.picture, self._file, self.choose, self.another, None, spacing=TIGHT))
        area = scrolling(widget(column(self.maps, None)))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        title = row((self._title, 1), self.before, self.after, spacing=2)
        right = column(title, self._facts, row((self._bar, 1), self.cancel), self._note, (area, 1), row(None, close), spacing=TIGHT)
        self.setLayout(row(self._left, hairline(vertical=True), (right, 1), spacing=GAP, margins=(MARGIN, GAP, MARGIN, GAP)))
        session.recipe_changed.connect(self._follow)
        session.data_changed.connect(self._follow)
        self._rest()
        screen = self.screen().availableGeometry()
        self.resize(min(theme.px(860), screen.width() - 40), min(theme.px(600), screen.height() - 60))
        self._left.setFixedWidth(min(theme.px(208), self.width() // 3))
        self.picture.setFixedHeight(min(theme.px(208), self.width() // 3))

    def show_layer(self, path: str) -> None:
        """The layer whose maps are wanted; a parameter has none and is told so."""
        self.path = path
        self._title.show_text(path)
        self._follow()

    def look(self) -> None:
        """Come into view, with an image of the data where none was chosen."""
        if not self.image:
            self.image = any_image(self.session.data.document)
        self.show()
        self.raise_()
        self.activateWindow()
        self._follow()

    def show_image(self, file: str) -> None:
        """The picture that the layer is to look at."""
        self.image = file
        self._follow()

    def _follow(self) -> None:
        """Ask anew if what is wanted is not what was asked for."""
        self.another.setVisible(bool(self.session.data.document))
        self.picture.show_file(self.image)
        self.picture.setAccessibleName(self.image or self.tr("No image chosen"))
        self._file.show_text(Path(self.image).name, self.image)
        if not self.isVisible():
            return
        recipe = self.session.recipe
        wanted = (self.path, self.image, recipe.model, recipe.head, recipe.training.seed, recipe.data, len(self.session.classes))
        if wanted == self._asked:
            return
        self._asked = wanted
        self._forget()
        if not self.path or not self.image:
            self._rest(self.tr("Choose an image, or drop one here.") if self.path else self.tr("Select a layer in the tree."))
            return
        self._pause.start()
        self._patience.start()

    def _forget(self) -> None:
        self._pause.stop()
        self._patience.stop()
        if self._handle is not None:
            self._handle.forget()
            self._handle = None

    def _ask(self) -> None:
        args = {
            "recipe": self.session.recipe.model_dump(mode="json"),
            "path": self.path,
            "image": self.image,
            "limit": LIMIT,
            "classes": len(self.session.classes) or None,
        }
        self._handle = self.session.inspector.submit("activations", args).connect_to(None, self._show, self._failed)

    def _show(self, document: dict[str, Any]) -> None:
        self._handle = None
        self._patience.stop()
        maps, n, dims = document["maps"], int(document["n"]), document["shape"]
        self._rest()
        wide, tall = maps["tile"]
        self.maps.show_tiles(maps, (tall, wide), self.tr("Maps of %1").replace("%1", self.path))
        self.maps.show()
        stats = document["stats"]
        shown = f"{n:,}" if self.maps.shown == n else self.tr("%1 of %2").replace("%1", str(self.maps.shown)).replace("%2", f"{n:,}")
        what = {
            "maps": self.tr("%1 maps, each from its smallest value (black) to its largest (white)"),
            "tokens": self.tr("%1 channels, laid out where the tokens lie in the image"),
            "strip": self.tr("%1 vector as a strip, its smallest value black, its largest white"),
        }[document.get("kind", "maps")]
        said = [
            what.replace("%1", shown),
            self.tr("output %1").replace("%1", "\u202f×\u202f".join(str(side) for side in dims[1:])),
            self.tr("mean %1, largest %2").replace("%1", figure(stats["mean"])).replace("%2", figure(stats["max"])),
            self.tr("%1 are 0").replace("%1", percent(stats["share_of_zeros"])),
            took(document.get("seconds")),
        ]
        if document.get("weights") == "random":
            said.append(self.tr("with random weights: nothing has been learned yet"))
        self._facts.setText("; ".join(said))
        self._facts.show()

    def _failed(self, error: StudioError) -> None:
        self._handle = None
        self._patience.stop()
        self._rest(self.tr("Cancelled.") if isinstance(error, Cancelled) else sentences(error.what, error.why, error.do))

    def _rest(self, words: str = "") -> None:
        """Nothing runs; no maps are shown until there are some."""
        for part in (self._bar, self.cancel, self.maps, self._facts):
            part.hide()
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def _say_busy(self) -> None:
        self._rest(self.tr("Computing the maps…"))
        self._bar.show()
        self.cancel.show()

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        else:
            self._forget()
            self._rest(self.tr("Cancelled."))

    def _choose_file(self) -> None:
        kinds = self.tr("Images (%1)").replace("%1", " ".join(f"*{ending}" for ending in IMAGE_ENDINGS))
        file = QFileDialog.getOpenFileName(self, self.tr("Choose an image"), "", kinds)[0]
        if file:
            self.show_image(file)

    def _take_any(self) -> None:
        if file := any_image(self.session.data.document):
            self.show_image(file)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if images_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if files := images_in(event.mimeData()):
            event.acceptProposedAction()
            self.show_image(files[0])

    def done(self, result: int) -> None:
        self._forget()
        self._asked = ()
        super().done(result)

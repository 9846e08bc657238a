"""What is inside the selected layer: kernels as pictures, how its weights and running averages are spread. Asked of the inspector."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import TIGHT, Button, column, label
from tlstudio.gui.widgets.tile_grid import TileGrid
from tlstudio.gui.widgets.weight_spread import WeightSpread
from tlstudio.gui.words import megabytes

PAUSE = 120  # ms: keys that run through the tree do not have each layer opened
PATIENCE = 150  # ms before it is said that something is being read
_MOST = 4  # tensors of one layer that are shown
_KEPT = 64  # answers


class LayerInside(QWidget):
    """objectName layerInside. The newest layer alone is asked for; what was told of a layer is shown again at once."""

    told = Signal(dict)
    """The `layer_detail` document of the layer in sight, {} while it is not known."""
    wants_download = Signal()
    """The button under the sentence that the weights are not here."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("layerInside")
        self._path = self._seen = ""
        self._key: tuple[object, ...] = ()
        self._kept: dict[tuple[object, ...], dict[str, Any]] = {}
        self._handle: JobHandle | None = None
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("The weights are being read"))
        self._note = label("", "small", wrap=True)
        self.download = Button(
            self.tr("Download"),
            "",
            "download-simple",
            tip=self.tr("Bring the published weights onto this computer"),
            on=self.wants_download.emit,
        )
        self.again = Button(self.tr("Try again"), "quiet", edge=True, tip=self.tr("Read the layer once more"), on=self.look_again)
        self._caption = label("", "small")
        self._kernels = TileGrid()
        self._spreads: QVBoxLayout = column(spacing=TIGHT)
        self.setLayout(column(self._bar, self._note, self.download, self.again, self._caption, self._kernels, self._spreads, spacing=TIGHT))
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._ask)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._say_busy)
        session.recipe_changed.connect(lambda: self.show_path(self._path))
        self.show_path("")

    def show_path(self, path: str) -> None:
        """Show the layer or parameter at that path; "" for none."""
        self._path = path
        key = self._wanted(path)
        if key == self._key:
            return
        self._key = key
        self._pause.stop()
        self._patience.stop()
        if self._handle is not None:
            self._handle.forget()
            self._handle = None
        if path and key not in self._kept:
            self._pause.start()
            if path != self._seen:  # what is told of the same layer stays until there is newer
                self._patience.start()
                self.told.emit({})
        else:
            self._show(self._kept.get(key, {}))

    def look_again(self) -> None:
        """Weights came, or a failure may have passed."""
        self._kept.clear()
        self._key = ()
        self.show_path(self._path)

    def _wanted(self, path: str) -> tuple[object, ...]:
        """All that the answer depends on."""
        recipe = self.session.recipe
        return (
            path,
            recipe.data.task,
            recipe.model.model_dump_json(),
            recipe.head.model_dump_json(),
            recipe.loss.kind,  # one of two classes may ask for a single output
            recipe.training.seed,
            len(self.session.classes),
        )

    def _ask(self) -> None:
        key = self._key
        args = {
            "recipe": self.session.recipe.model_dump(mode="json"),
            "path": self._path,
            "classes": len(self.session.classes) or None,
        }
        self._handle = self.session.inspector.submit("layer_detail", args)

        def done(document: dict[str, Any]) -> None:
            self._handle = None
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = document
            self._show(document)

        def failed(error: StudioError) -> None:
            self._handle = None
            self._patience.stop()
            self._clear()
            self._say(sentences(error.what, error.why, error.do), again=True)
            self.told.emit({})

        self._handle.connect_to(None, done, failed)

    # what is seen

    def _say_busy(self) -> None:
        self._clear()  # what stands there is of another layer
        self._say(self.tr("Reading the weights…"), busy=True)
        self.told.emit({})

    def _say(self, text: str, *, busy: bool = False, download: bool = False, again: bool = False) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._bar.setVisible(busy)
        self.download.setVisible(download)
        self.again.setVisible(again)

    def _clear(self) -> None:
        self._seen = ""
        self._caption.hide()
        self._kernels.hide()
        while item := self._spreads.takeAt(0):
            if old := item.widget():
                old.hide()
                old.deleteLater()

    def _show(self, document: dict[str, Any]) -> None:
        self._patience.stop()
        self._clear()
        self._seen = self._path
        weights = document.get("weights") or []
        absent = document.get("weights_state") == "absent" and bool(weights)
        if absent:
            entry = entry_of(self.session.recipe)
            said = self.tr("The weights are not downloaded (%1): statistics need them.").replace("%1", megabytes(entry.weights_bytes))
        else:
            said = self._origin({weight.get("origin") for weight in weights})
        self._say(said, download=absent)
        if not absent:
            self._show_kernels(document.get("kernels"), weights)
            self._show_spreads(weights, document.get("running"))
        self.told.emit(document)

    def _origin(self, origins: set[str | None]) -> str:
        """What has to be said of weights that nobody has trained."""
        if "new" in origins:
            return self.tr("The head is new: these are the random weights that training starts from.")
        if "random" in origins:
            return self.tr("Random weights: nothing has been learned yet.")
        return ""

    def _show_kernels(self, kernels: dict[str, Any] | None, weights: list[dict[str, Any]]) -> None:
        if not kernels or not weights:
            return
        shape = weights[0]["shape"]
        cell = f"{shape[2]} × {shape[3]}"
        self._kernels.show_tiles(kernels, shape[2:4], self.tr("Kernels of the convolution"))
        shown, of = self._kernels.shown, int(kernels.get("of", kernels["n"]))
        many = f"{of}" if shown == of else self.tr("%1 of %2").replace("%1", str(shown)).replace("%2", str(of))
        words = self.tr("%1 kernels, %2, as colours") if shape[1] == 3 else self.tr("%1 kernels, %2")
        self._caption.setText(words.replace("%1", many).replace("%2", cell))
        self._caption.setToolTip(self.tr("Each stretched to its own range; middle grey is zero"))
        self._caption.show()
        self._kernels.show()

    def _show_spreads(self, weights: list[dict[str, Any]], running: dict[str, Any] | None) -> None:
        told = [(self._word(weight["path"]), weight) for weight in weights[:_MOST]]
        if running:
            told += [(self.tr("Running mean"), running["mean"]), (self.tr("Running variance"), running["var"])]
        for title, numbers in told:
            if numbers.get("histogram"):
                spread = WeightSpread(title, numbers)
                self._spreads.addWidget(spread)
                spread.show()  # by itself it would be there a round of events later

    def _word(self, path: str) -> str:
        name = path.rpartition(".")[2]
        return {"weight": self.tr("Weights"), "bias": self.tr("Bias")}.get(name, name)

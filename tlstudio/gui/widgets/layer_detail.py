"""What is known of the selected layer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.ticks import State
from tlstudio.gui.widgets.cost_panel import share_words
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.layer_tree.layer_facts import shape, times
from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel
from tlstudio.gui.widgets.parts import IconLabel, column, label, row
from tlstudio.gui.words import short

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
_SHORT = 28  # characters that may stand on one line in any case
_MARK = {
    State.FROZEN: ("snowflake", "frozen"),
    State.MIXED: ("circle-half", "trainable"),
    State.LEARNS: ("fire-simple-fill", "trainable"),
    State.NONE: ("minus", "muted"),
}


class LayerDetail(QWidget):
    """objectName layerDetail. Path, type, shapes, parameters and cost of one row of the tree."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("layerDetail")
        self._path = ElidedLabel("section")
        self._mark, self._word = IconLabel("snowflake", "frozen", 14), label("", "small")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self._words: dict[str, tuple[QLabel, ElidedLabel]] = {}
        facts = {
            "path": (self.tr("Path"), self.tr("Where the layer sits; recipes and scripts call it so")),
            "type": (self.tr("Type"), self.tr("The layer's class")),
            "kernel": (self.tr("Kernel"), self.tr("Height and width of its window, and how far it moves from one place to the next")),
            "input": (self.tr("Input"), self.tr("Shape of what comes in, for one image")),
            "output": (self.tr("Output"), self.tr("Shape of what goes out, for one image")),
            "params": (self.tr("Params"), self.tr("Numbers that can be learned, and their share of the whole network")),
            "mult_adds": (self.tr("Mult-adds"), self.tr("Multiplications with addition for one image, and their share of the whole")),
            "sees": (
                self.tr("Sees"),
                self.tr("Receptive field: the side of the square of the image that one value of the output depends on"),
            ),
            "shared": (self.tr("Shared"), self.tr("The same weights are used in both places; they are counted and frozen once")),
        }
        for at, (key, (word, tip)) in enumerate(facts.items()):
            what, value = label(word, "small"), ElidedLabel("smallText")
            what.setToolTip(tip)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._grid.addWidget(what, at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, at, 1)
            self._words[key] = what, value
        facts_ = QWidget()
        facts_.setLayout(self._grid)
        self._parameter = False
        self._arguments = label("", "small", wrap=True)
        self._arguments.setTextInteractionFlags(_SELECTABLE)
        self._arguments.setToolTip(self.tr("What the layer was constructed with"))
        self._note = label("", "small", wrap=True)
        self.setLayout(column(row((self._path, 1), self._mark, self._word, spacing=4), facts_, self._arguments, self._note, spacing=6))
        self.show_arguments({})
        self._fit()

    def show_layer(self, model: LayerModel, at: int, document: dict[str, Any]) -> None:
        """Show row `at` of the document."""
        said, effect = model.rows[at], model.effect(at)
        parameter = self._parameter = said["kind"] == "parameter"
        self._path.show_text(model.name(at), said["path"])
        self._mark.show_icon(*_MARK[effect])
        self._word.setText(model.word(at) or self.tr("nothing to learn"))
        params, mult_adds, total = said["params"], said["mult_adds"], document["totals"]["mult_adds"]
        facts = {
            "path": said["path"] if said["path"] != model.name(at) else "",
            "type": self.tr("Parameter") if parameter else said["type"],
            "input": "" if parameter else self._seen(said["input"]),
            "output": times(said.get("shape") or ()) if parameter else self._seen(said["output"]),
            "params": f"{params:,} ({share_words(params, document['totals']['params'])})" if params else "–",
            "mult_adds": f"{short(mult_adds)} ({share_words(mult_adds, total)})" if mult_adds and total else "–",
            "sees": self._field(said.get("receptive_field")),
            "shared": said.get("shared_with") or "",
        }
        for key, text in facts.items():
            self._show(key, text)
        self._words["output"][0].setText(self.tr("Shape") if parameter else self.tr("Output"))
        for part in (*self._words["mult_adds"],):
            part.setVisible(not parameter)
        ticked = model.state(at) == State.FROZEN and effect != State.FROZEN
        self._note.setText(self.tr("Ticked, but learns: BatchNorm when frozen is set to train.") if ticked else "")
        self._note.setVisible(ticked)

    def show_arguments(self, document: dict[str, Any]) -> None:
        """What the `layer_detail` document says the layer was constructed with; {} where that is not known."""
        found = {argument["key"]: argument for argument in document.get("arguments", ())}
        kernel, stride = found.get("kernel_size"), found.get("stride")
        told = kernel["value"] if kernel else ""
        if kernel and stride:
            step = stride["value"].split(" × ")
            told += self.tr(", stride %1").replace("%1", step[0] if len(set(step)) == 1 else stride["value"])
        self._show("kernel", told)
        rest = [f"{one['name']} {one['value']}" for key, one in found.items() if not kernel or key not in ("kernel_size", "stride")]
        # a break comes between two arguments, not inside one
        tied = (one.replace(" × ", "\u202f×\u202f") for one in rest)
        self._arguments.setText("; ".join(one.replace(" ", "\u00a0") if len(one) < _SHORT else one for one in tied))
        self._arguments.setVisible(bool(rest) and not self._parameter)  # a parameter has none of its own

    def _show(self, key: str, text: str) -> None:
        what, value = self._words[key]
        value.show_text(text)
        what.setVisible(bool(text))
        value.setVisible(bool(text))

    def _field(self, side: float | list[float] | None) -> str:
        if not side:
            return ""
        sides = side if isinstance(side, list) else [side, side]
        return self.tr("%1 px of the image").replace("%1", "\u2009×\u2009".join(f"{one:,.0f}" for one in sides))

    def _seen(self, dims: list[int] | None) -> str:
        return shape(dims) if dims else self.tr("not run for one image")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self._grid.setColumnMinimumWidth(0, theme.px(60))

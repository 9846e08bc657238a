"""The right of the model page: the selected layer, the head, BatchNorm, where the weights come from."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from tlstudio.gui.metric import MASKS
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.activations_dialog import ActivationsDialog
from tlstudio.gui.widgets.batchnorm_choice import BatchNormChoice
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.form import KindForm
from tlstudio.gui.widgets.layer_detail import LayerDetail
from tlstudio.gui.widgets.layer_inside import LayerInside
from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, column, hairline, label, row, widget
from tlstudio.gui.widgets.settle import settle_scrolled
from tlstudio.gui.widgets.weights_choice import WeightsChoice
from tlstudio.gui.words import short
from tlstudio.registry import Kind

WIDTH = 248


class ModelSide(QScrollArea):
    """objectNames layerDetail, layerInside, showActivations, headForm, frozen.batchnorm, model.weights."""

    wants_download = Signal()
    """The weights of the recipe's model shall come."""
    step_wanted = Signal(int)
    """The next layer of the tree (1) or the one before (-1) shall be selected."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.layer, self.inside = LayerDetail(), LayerInside(session)
        self.inside.told.connect(self.layer.show_arguments)
        self.inside.told.connect(self._settle)
        self.inside.wants_download.connect(self.wants_download)
        self.maps = Button(
            self.tr("Activations on an image…"),
            tip=self.tr("What this layer answers to a picture, as a grid of maps"),
            on=self.show_activations,
        )
        self.maps.setObjectName("showActivations")
        self.maps.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._layer = widget(column(self.layer, self.inside, self.maps, spacing=12))
        self._activations: ActivationsDialog | None = None
        self._path = ""
        self._line = hairline()
        self._parts = column(self._layer, self._line, self._head(), spacing=14, margins=(GAP, 12, GAP, GAP))
        for part in (hairline(), BatchNormChoice(session), hairline(), WeightsChoice(session)):
            self._parts.addWidget(part)
        self._parts.addStretch(1)
        self.setWidget(widget(self._parts))
        session.recipe_changed.connect(self._task)
        self._task()

    def _settle(self) -> None:
        settle_scrolled(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle()

    def _head(self) -> QWidget:
        self.width_ = ElidedLabel("small")
        self.width_.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        task = entry_of(self.session.recipe).task
        self.head_form = KindForm(self.session, "head", name="headForm", titled=False, task=task, fits=self._fits, also=self._loss_for)
        self.head_form.setAccessibleName(self.tr("Head"))
        self._masks = label("", "small", wrap=True)
        return widget(column(row(label(self.tr("Head"), "section"), (self.width_, 1)), self.head_form, self._masks, spacing=TIGHT))

    def _task(self) -> None:
        entry = entry_of(self.session.recipe)
        self.head_form.show_task(entry.task)
        masks = entry.task == MASKS
        self._masks.setVisible(masks)
        if masks and entry.role == "encoder":
            self._masks.setText(
                self.tr("Only the encoder is pretrained, on ImageNet. The head makes masks of what it sees, and starts from nothing.")
            )
        elif masks:
            said = self.tr("This model makes masks, and is trained on images with masks. Its layers can be looked at with any images.")
            self._masks.setText(said if self.session.recipe.data.task != MASKS else self.tr("Pretrained as a whole to make masks."))

    def _fits(self, kind: Kind) -> bool:
        from tlstudio.models import heads

        return isinstance(kind, heads.HeadKind) and heads.fits(kind, entry_of(self.session.recipe))

    def _loss_for(self, kind: Kind) -> dict[str, Any]:
        """A head that gives logarithms of probabilities is trained with the NLL loss, and no other is."""
        loss = self.session.recipe.loss.kind
        if kind.log_probabilities == (loss == "nll"):
            return {}
        return {"loss.kind": "nll" if kind.log_probabilities else "cross_entropy", "loss.options": {}}

    def show_layer(self, model: LayerModel, at: int, document: dict[str, Any]) -> None:
        """Row `at` of the `layers` document is selected."""
        said = model.rows[at]
        self._path = said["path"]
        self.layer.show_layer(model, at, document)
        self.inside.show_path(self._path)
        self.maps.setEnabled(said["kind"] == "module")
        if self._activations is not None:
            self._activations.show_layer(self._path)
        self._settle()

    def show_activations(self) -> None:
        """Open the grid of maps of the selected layer."""
        if self._activations is None:
            self._activations = ActivationsDialog(self.session, self.window())
            self._activations.step_wanted.connect(self.step_wanted)
        self._activations.show_layer(self._path)
        self._activations.look()

    def show_head(self, document: dict[str, Any]) -> None:
        """1280 → 2, 2,562 params; of the head as it stands in the `layers` document, nothing for an empty one."""
        head = next((row for row in document.get("rows", ()) if row["path"] == document["head_path"]), None)
        if head is None:
            self.width_.show_text("")
            return
        classes = (document["rows"][0]["output"] or [0, 0])[1]  # of (B, C), and of masks (B, C, H, W)
        params = f"{head['params']:,}" if head["params"] < 100_000 else short(head["params"])
        widths = self.tr("%1 → %2").replace("%1", str(document["in_features"])).replace("%2", str(classes))
        tip = self.tr("Features that come in → classes that go out; its parameters")
        self.width_.show_text(self.tr("%1, %2 params").replace("%1", widths).replace("%2", params), tip, short=f"{widths}, {params}")

    def show_known(self, known: bool) -> None:
        """Whether there is a layer to speak of."""
        self._layer.setVisible(known)
        self._line.setVisible(known)
        if not known:
            self.inside.show_path("")

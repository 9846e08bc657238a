"""The right of the model page: the selected layer, the head, BatchNorm, where the weights come from."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from tlstudio.gui.session import Session
from tlstudio.gui.widgets.batchnorm_choice import BatchNormChoice
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.form import KindForm
from tlstudio.gui.widgets.layer_detail import LayerDetail
from tlstudio.gui.widgets.parts import GAP, TIGHT, column, hairline, label, row, widget
from tlstudio.gui.widgets.weights_choice import WeightsChoice
from tlstudio.gui.words import short

WIDTH = 248


class ModelSide(QScrollArea):
    """objectNames layerDetail, headForm, frozen.batchnorm, model.weights."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.layer = LayerDetail()
        self.width_ = ElidedLabel("small")
        self.width_.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.head_form = KindForm(session, "head", name="headForm", titled=False)
        self.head_form.setAccessibleName(self.tr("Head"))
        head = widget(column(row(label(self.tr("Head"), "section"), (self.width_, 1)), self.head_form, spacing=TIGHT))
        self._line = hairline()
        parts: list[QWidget] = [
            self.layer,
            self._line,
            head,
            hairline(),
            BatchNormChoice(session),
            hairline(),
            WeightsChoice(session),
        ]
        self.setWidget(widget(column(*parts, None, spacing=14, margins=(GAP, 12, GAP, GAP))))

    def show_head(self, document: dict[str, Any]) -> None:
        """1280 → 2, 2,562 params; of the head as it stands in the `layers` document, nothing for an empty one."""
        head = next((row for row in document.get("rows", ()) if row["path"] == document["head_path"]), None)
        if head is None:
            self.width_.show_text("")
            return
        classes = (document["rows"][0]["output"] or [0])[-1]
        params = f"{head['params']:,}" if head["params"] < 100_000 else short(head["params"])
        words = self.tr("%1 → %2, %3 params").replace("%1", str(document["in_features"])).replace("%2", str(classes))
        self.width_.show_text(words.replace("%3", params), self.tr("Features that come in → classes that go out; its parameters"))

    def show_known(self, known: bool) -> None:
        """Whether there is a layer to speak of."""
        self.layer.setVisible(known)
        self._line.setVisible(known)

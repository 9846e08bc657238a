"""Where the network's first weights come from: as published, random, or a file of one's own."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QSizePolicy, QWidget

from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import TIGHT, column, label
from tlstudio.gui.widgets.weights_sheet import WeightsSheet

_FILE = "file"


class WeightsChoice(QWidget):
    """objectName model.weights. Bound to the recipe both ways; From scratch and random weights follow each other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.combo = QComboBox()
        self.combo.setObjectName("model.weights")
        self.combo.setAccessibleName(self.tr("Weights"))
        self.combo.setToolTip(self.tr("What the network knows before it sees your images. Pretrained is right for almost everybody."))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for key, word in (("pretrained", self.tr("Pretrained")), ("random", self.tr("Random")), (_FILE, self.tr("From a file…"))):
            self.combo.addItem(word, key)
        self._sheet: WeightsSheet | None = None
        self._file, self._line = ElidedLabel("smallText"), label("", "small", wrap=True)
        self.setLayout(column(label(self.tr("Weights"), "section"), self.combo, self._file, self._line, spacing=TIGHT))
        self.combo.activated.connect(lambda at: self._take(self.combo.itemData(at)))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        weights = self.session.recipe.model.weights
        own = weights not in ("pretrained", "random")
        self.combo.setCurrentIndex(self.combo.findData(_FILE if own else weights))
        self._file.setVisible(own)
        self._file.show_text(Path(weights).name if own else "", weights)
        self._line.setText(self._said(weights))

    def _said(self, weights: str) -> str:
        if weights == "pretrained":
            entry = entry_of(self.session.recipe)
            if entry.weights_state() == "none":
                return self.tr("None are published for this model. Choose Random or From a file, or another model.")
            if entry.task == "classification" and entry.source != "timm":
                return self.tr("Learned on ImageNet, 1.3 million photos in 1,000 classes. Licence: %1").replace("%1", entry.licence)
            source = re.sub(r"([._/])", "\\1\u200b", entry.hub or entry.source)  # may break where it has to
            return self.tr("As published: %1. Licence: %2").replace("%1", source).replace("%2", entry.licence)
        if weights == "random":
            return self.tr("Knows nothing yet: everything has to learn. Needs very many images.")
        if not Path(weights).is_file():
            return self.tr("This file is not there. Choose another, or Pretrained.")
        return self.tr("Tensors that fit by name and shape are taken when training starts; the rest stays random, and the log says which.")

    def _take(self, key: str) -> None:
        weights = self._chosen_file() if key == _FILE else key
        frozen = self.session.recipe.frozen.strategy
        if not weights:
            self.refresh()
        elif key == _FILE:
            self._examine(weights)
        elif weights == "random" and frozen == "full":
            self.session.choose_strategy("scratch")
        elif weights != "random" and frozen == "scratch":
            self.session.edit({"model.weights": weights, "frozen.strategy": "full"}, self._text(weights))
        else:
            self.session.edit({"model.weights": weights}, self._text(weights))

    def _examine(self, file: str) -> None:
        """Say what of the file fits; it is taken once the user has seen that."""
        if self._sheet is None:
            self._sheet = WeightsSheet(self.session, self.window())
            self._sheet.taken.connect(self._take_file)
            self._sheet.other_wanted.connect(lambda: self._take(_FILE))
            self._sheet.rejected.connect(self.refresh)
        self._sheet.examine(file)

    def _take_file(self, file: str) -> None:
        changes = {"model.weights": file}
        if self.session.recipe.frozen.strategy == "scratch":
            changes["frozen.strategy"] = "full"
        self.session.edit(changes, self._text(file))

    def _text(self, weights: str) -> str:
        return self.tr("take weights: %1").replace("%1", Path(weights).name)

    def _chosen_file(self) -> str:
        kinds = self.tr("Weights (*.safetensors *.pt *.pth *.bin *.ckpt)")
        return QFileDialog.getOpenFileName(self.window(), self.tr("Weights from a file"), "", kinds)[0]

"""What frozen BatchNorm layers do, in one plain line for each policy."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import TIGHT, column, label
from tlstudio.recipe import choices, field_info


class BatchNormChoice(QWidget):
    """objectName frozen.batchnorm. Bound to the recipe both ways."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        title = self.tr("BatchNorm when frozen")
        self._words = {"eval": self.tr("Keep averages"), "adapt": self.tr("Adapt averages"), "train": self.tr("Train")}
        self._lines = {
            "eval": self.tr("Frozen layers keep the averages they learned with the rest of the network. Right for almost everybody."),
            "adapt": self.tr("The averages follow your images, the weights stay. For unusual images; needs large batches."),
            "train": self.tr("The averages follow your images, and scale and shift learn although the layer is ticked."),
        }
        self.combo = QComboBox()
        self.combo.setObjectName("frozen.batchnorm")
        self.combo.setAccessibleName(title)
        self.combo.setToolTip(str(field_info("frozen.batchnorm").description))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for key in choices("frozen.batchnorm"):
            self.combo.addItem(self._words[key], key)
        self._line = label("", "small", wrap=True)
        self.setLayout(column(label(title, "section"), self.combo, self._line, spacing=TIGHT))
        self.combo.activated.connect(self._take)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        policy = self.session.recipe.frozen.batchnorm
        self.combo.setCurrentIndex(self.combo.findData(policy))
        self._line.setText(self._lines[policy])

    def _take(self, at: int) -> None:
        policy = self.combo.itemData(at)
        text = self.tr("set BatchNorm when frozen to %1").replace("%1", self._words[policy].lower())
        self.session.edit({"frozen.batchnorm": policy}, text)

"""Which changes augmentation makes, and how strong each may be: the fields of the recipe's section, in groups."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import RecipeForm
from tlstudio.gui.widgets.parts import Button, column, header, label, row

_GROUP = 272  # width that a group of fields needs, at text scale 1


class AugmentStrengths(QWidget):
    """objectName augmentForm. `folded`: the user put it away."""

    folded = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("augmentForm")
        groups = {
            self.tr("Place and size"): ("random_crop", "scale", "rare_crop", "rotation"),
            self.tr("Mirroring"): ("hflip", "vflip"),
            self.tr("Light and colour"): ("brightness", "contrast", "saturation", "hue"),
        }
        tip = self.tr("Put these settings away; they stay as they are")
        close = Button(self.tr("Fold away"), "quiet", "caret-up", edge=True, tip=tip, on=self.folded.emit)
        close.setObjectName("foldStrengths")
        self._groups = row(spacing=24)
        for title, names in groups.items():
            form = RecipeForm(session, [f"augment.{name}" for name in names])
            self._groups.addLayout(column(label(title, "muted"), form, None, spacing=8), 1)
        self.setLayout(column(header(self.tr("How strong augmentation is"), close), self._groups, spacing=8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_groups"):
            self._fit()

    def _fit(self) -> None:
        wide = self.width() >= theme.px(_GROUP) * 3
        self._groups.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

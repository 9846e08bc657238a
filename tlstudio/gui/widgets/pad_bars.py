"""Colour and place of the bars that padding adds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QColorDialog, QComboBox, QWidget

from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import RecipeField
from tlstudio.gui.widgets.parts import CONTROL, colour, column, label, row
from tlstudio.gui.widgets.size_field import FIELD


class PadBars(QWidget):
    """Black, white or any colour; in the centre or into a corner."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.colours = _Colours()
        self.colours.setObjectName("barColour")
        self.colours.setAccessibleName(self.tr("Colour of the bars"))
        self.colours.setToolTip(self.tr("Black suits most models; take the background's colour where your pictures have one"))
        self.colours.activated.connect(self._chosen)
        place = RecipeField(session, "data.pad_place", width=FIELD)
        self.setLayout(
            column(
                row(label(self.tr("Bars"), "muted"), None, self.colours),
                row(label(self.tr("Picture sits"), "muted"), None, place),
                spacing=8,
            )
        )
        session.recipe_changed.connect(self.refresh)
        self.colours.fit()
        self.refresh()

    def refresh(self) -> None:
        current = self.session.recipe.data.pad_colour
        known = {(0, 0, 0): self.tr("Black"), (255, 255, 255): self.tr("White")}
        if current not in known:
            known[current] = self.tr("Own: %1").replace("%1", QColor(*current).name().upper())
        self.colours.clear()
        for rgb, word in known.items():
            plate = QPixmap(16, 16)
            plate.fill(QColor(*rgb))
            painter = QPainter(plate)
            painter.setPen(colour("control"))
            painter.drawRect(0, 0, 15, 15)
            painter.end()
            self.colours.addItem(plate, word, rgb)
        self.colours.addItem(self.tr("Any colour…"))
        self.colours.setCurrentIndex(list(known).index(current))

    def _chosen(self, at: int) -> None:
        rgb = self.colours.itemData(at)
        if rgb is None:
            self.refresh()
            dialog = QColorDialog(QColor(*self.session.recipe.data.pad_colour), self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.colorSelected.connect(lambda picked: self._give((picked.red(), picked.green(), picked.blue())))
            dialog.open()
        else:
            self._give(tuple(rgb))

    def _give(self, rgb: tuple[int, ...]) -> None:
        self.session.edit({"data.pad_colour": rgb}, self.tr("set the colour of the bars"))


class _Colours(QComboBox):
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.fit()

    def fit(self) -> None:
        self.setFixedSize(theme.px(FIELD), theme.px(CONTROL))

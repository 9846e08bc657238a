"""The side of the square that the model sees: a list of usual sizes, any other typed, checked against the model."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QComboBox

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import CONTROL

FIELD = 176  # width of the editors of the card
SIZES = (96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512)


def tr(text: str) -> str:
    return QCoreApplication.translate("size_field", text)


def size_advice(size: int, trained: int, title: str, *, encoder: bool = False) -> str:
    """What to say of an image size beside what the model was trained with; "" where it is fine.

    encoder: of a network for masks, to which `trained` is but proposed.
    """
    from tlstudio.gui.problem_kinds import tr

    if size in (0, trained):
        return ""
    if size < 32:
        return tr("%1 px is too little: most models end with nothing below 32.").replace("%1", str(size))
    said = ""
    if encoder:
        return ""
    if size < trained / 2:
        said = tr("%1 learned at %2 px; at %3 it sees far less.")
    elif size > trained * 2:
        said = tr("%1 learned at %2 px; %3 takes much longer and may see worse.")
    elif size % 32:
        said = tr("%1 halves the picture five times: a multiple of 32 fits better than %3.")
    return said.replace("%1", title).replace("%2", str(trained)).replace("%3", str(size))


class SizeField(QComboBox):
    """objectName imageSize. The side of the square in pixels; the first choice is what the model was trained with."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("imageSize")
        self.setAccessibleName(self.tr("Image size"))
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.activated.connect(lambda at: self._give(self.itemData(at)))
        line = self.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._typed)
        session.recipe_changed.connect(self.refresh)
        self._fit()
        self.refresh()

    def refresh(self) -> None:
        recipe = self.session.recipe
        entry = entry_of(recipe)
        trained, encoder = entry.input_size, entry.task == MASKS and entry.role == "encoder"
        self.blockSignals(True)
        self.clear()
        tip = self.tr("Side of the square that the model sees. Larger shows finer details and takes longer, with the square of the side.")
        if recipe.data.task == MASKS:
            tip = self.tr(
                "Side in pixels that pictures are brought to. Larger shows finer borders and takes longer, with the square of it."
            )
        self.setToolTip(tip)
        form = self.tr("%1 px, proposed") if encoder else self.tr("%1 px, as trained")
        self.addItem(form.replace("%1", str(trained)), 0)
        for size in sorted({*SIZES, recipe.data.image_size} - {trained, 0}):
            self.addItem(self.tr("%1 px").replace("%1", str(size)), size)
        self.setCurrentIndex(self.findData(recipe.data.image_size if recipe.data.image_size != trained else 0))
        self.blockSignals(False)

    def _typed(self) -> None:
        text = self.currentText()
        if text == self.itemText(self.currentIndex()):
            return
        number = text.lower().removesuffix("px").strip()
        if number.isdecimal() and int(number) > 0:
            self._give(int(number))
        self.refresh()  # what cannot be used goes back to what is in force

    def _give(self, size: int) -> None:
        try:
            self.session.edit({"data.image_size": size}, self.tr("set the image size"))
        except InputError as error:
            self.session.trouble.emit(error)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedSize(theme.px(FIELD), theme.px(CONTROL))

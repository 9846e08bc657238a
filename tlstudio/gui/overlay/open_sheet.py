"""Opening pictures with their masks in two steps: where the pictures are, and where the masks are, if they lie elsewhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import MARGIN, Button, column, label, row

WIDE = 560


class OpenSheet(QDialog):
    """objectName openOverlay, its fields overlayPictures and overlayMasks. `chosen` carries both folders, the second may be ""."""

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget, pictures: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("openOverlay")
        self.setWindowTitle(self.tr("Open images and masks"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pictures = self._field("overlayPictures", self.tr("Folder of the pictures"), pictures)
        self.masks = self._field("overlayMasks", self.tr("Folder of the masks"), "")
        self.masks.setPlaceholderText(self.tr("found beside the pictures, or none"))
        self._open = Button(self.tr("Open"), "primary", tip=self.tr("Show the pictures with their masks"), on=self._accept)
        self._open.setObjectName("openOverlayButton")
        self._open.setDefault(True)
        close = Button(self.tr("Close"), tip=self.tr("Change nothing (Escape)"), on=self.reject)
        close.setAutoDefault(False)
        told = self.tr(
            "A folder with images and masks in it is understood as a whole (images and masks, VOC, Cityscapes, COCO, labelme). "
            "Masks that lie elsewhere belong to the picture of the same name. Nothing is changed or copied."
        )
        self._why = label("", "bad", wrap=True)
        title = label(self.tr("Open images and masks"), "title")
        self.setLayout(
            column(
                title, 4,
                label(self.tr("1  Pictures"), "section"), row((self.pictures, 1), self._choose(self.pictures, "choosePictures")),
                label(self.tr("2  Masks, if they lie in another folder"), "section"),
                row((self.masks, 1), self._choose(self.masks, "chooseMasks")),
                label(told, "small", wrap=True), self._why, None, 8, row(None, close, self._open),
                spacing=8, margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip
        self.setMinimumWidth(min(theme.px(WIDE), parent.window().width() - 2 * MARGIN))
        self._check()

    def _field(self, name: str, said: str, text: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(name)
        field.setAccessibleName(said)
        field.setToolTip(said)
        field.textChanged.connect(self._check)
        return field

    def _choose(self, field: QLineEdit, name: str) -> Button:
        button = Button(self.tr("Choose…"), "", "folder-open", tip=self.tr("Look for the folder"), on=lambda: self._ask(field))
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def _ask(self, field: QLineEdit) -> None:
        start = field.text() or (str(Path(self.pictures.text()).parent) if self.pictures.text() else "")
        dialog = QFileDialog(self, field.accessibleName(), start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(field.setText)
        dialog.open()

    def _check(self) -> None:
        if not hasattr(self, "_open"):
            return
        wrong = ""
        for field in (self.pictures, self.masks):
            if field.text() and not Path(field.text()).expanduser().is_dir():
                wrong = self.tr("There is no folder %1").replace("%1", field.text())
        self._why.setText(wrong)
        self._open.setEnabled(bool(self.pictures.text()) and not wrong)

    def _accept(self) -> None:
        folders = [str(Path(field.text()).expanduser()) if field.text() else "" for field in (self.pictures, self.masks)]
        self.accept()
        self.chosen.emit(*folders)

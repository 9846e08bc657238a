"""What is asked before strokes that nobody saved would be lost."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget


class EditQuestion(QMessageBox):
    """objectName editQuestion. save, drop: its buttons; any other answer stays."""

    def __init__(self, page: QWidget) -> None:
        title = page.tr("The corrected mask is not saved")
        super().__init__(QMessageBox.Icon.Question, title, title, parent=page)
        self.setObjectName("editQuestion")
        self.setInformativeText(self.tr("Saving writes it beside the original, which stays as it is."))
        self.save = self.addButton(self.tr("Save"), QMessageBox.ButtonRole.AcceptRole)
        self.drop = self.addButton(self.tr("Do not save"), QMessageBox.ButtonRole.DestructiveRole)
        stay = self.addButton(self.tr("Go on correcting"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.save)
        self.setEscapeButton(stay)

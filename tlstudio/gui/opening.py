"""Asking for images to open: the two dialogs that menus, Home, Data and Train share."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.gui.session import Session


def tr(text: str) -> str:
    return QCoreApplication.translate("opening", text)


def open_folder(parent: QWidget, session: Session) -> None:
    """Let the user choose a folder of images, and open it."""
    path = QFileDialog.getExistingDirectory(parent, tr("Open a folder of images"))
    if path:
        session.open_data(path)


def open_file(parent: QWidget, session: Session) -> None:
    """Let the user choose an archive or a CSV file, and open it."""
    kinds = tr("Images in an archive or a table (*.zip *.tar *.tar.gz *.tgz *.tar.xz *.tar.bz2 *.csv)")
    path, _ = QFileDialog.getOpenFileName(parent, tr("Open an archive or CSV file"), "", kinds)
    if path:
        session.open_data(path)

"""What may be dropped where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout
from pytestqt.qtbot import QtBot

from tlstudio.gui.widgets.drop_zone import DropZone, data_in, images_in


def _mime(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def _drop(zone: DropZone, mime: QMimeData) -> bool:
    """Whether the zone took it."""
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none)
    enter.ignore()
    zone.dragEnterEvent(enter)
    if enter.isAccepted():
        zone.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none))
    return enter.isAccepted()


def test_data_are_folders_archives_and_tables(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    files = [tmp_path / name for name in ("a.zip", "b.TAR.GZ", "labels.csv", "cat.JPG", "notes.txt")]
    assert data_in(_mime(folder, *files)) == [str(path) for path in (folder, *files[:3])]
    assert images_in(_mime(folder, *files)) == [str(files[3])]


def test_a_zone_takes_what_it_is_for(qtbot: QtBot, tmp_path: Path) -> None:
    zone = DropZone(data_in, QVBoxLayout())
    qtbot.addWidget(zone)
    got: list[list[str]] = []
    zone.dropped.connect(got.append)
    assert _drop(zone, _mime(tmp_path))
    assert not _drop(zone, _mime(tmp_path / "cat.jpg"))
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.zip")])
    assert not _drop(zone, web)
    assert got == [[str(tmp_path)]]
    assert zone.property("over") is False

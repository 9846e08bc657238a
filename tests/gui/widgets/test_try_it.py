"""One's own picture: dropped, pasted, chosen; what cannot be read gets its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.try_it import TryIt


@pytest.fixture
def card(qtbot: QtBot, session: Session) -> TryIt:
    made = TryIt(session)
    qtbot.addWidget(made)
    made.set_run("/runs/a")
    made.show()
    return made


@pytest.fixture
def picture(tmp_path: Path) -> str:
    Image.new("RGB", (32, 24), "red").save(tmp_path / "bee.png")
    return str(tmp_path / "bee.png")


def drop(card: TryIt, mime: QMimeData) -> None:
    where, action, button, none = QPointF(20, 20), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(card.drop, QDragEnterEvent(where.toPoint(), action, mime, button, none))
    QApplication.sendEvent(card.drop, QDropEvent(where, action, mime, button, none))


def test_a_dropped_file_is_judged(card: TryIt, jobs: Any, picture: str) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(picture)])
    drop(card, mime)
    job = jobs.last("predict")
    assert job.args == {"run": "/runs/a", "paths": [picture]}
    job.done.emit([{"path": picture, "label": "bees", "probabilities": {"ants": 0.02, "bees": 0.98}, "seconds": 0.0312}])
    assert card.verdict.whole == "bees"
    assert card.verdict.isVisible()
    assert [(bar.name, bar.value) for bar in card.bars.bars] == [("bees", 0.98), ("ants", 0.02)]
    assert not card.note.isVisible()


def test_another_run_judges_the_same_picture(card: TryIt, jobs: Any, picture: str) -> None:
    card.look_at(picture)
    card.set_run("/runs/b")
    assert [job.args["run"] for job in jobs if job.job == "predict"] == ["/runs/a", "/runs/b"]


def test_a_file_that_cannot_be_read_gets_its_sentence(card: TryIt, jobs: Any, picture: str) -> None:
    card.look_at(picture)
    jobs.last("predict").done.emit([{"path": picture, "error": "bee.png is truncated. Copy it again."}])
    assert card.note.text() == "bee.png is truncated. Copy it again."
    assert card.note.isVisible()
    assert not card.bars.isVisible()
    card.look_at(picture)
    jobs.last("predict").failed.emit(StudioError("The engine died"))
    assert "The engine died" in card.note.text()


def test_pasted_pixels_become_a_file(card: TryIt, jobs: Any, qtbot: QtBot, home: Path) -> None:
    image = QImage(10, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    QGuiApplication.clipboard().setImage(image)
    card.paste()
    qtbot.waitUntil(lambda: bool(jobs))
    file = Path(jobs.last("predict").args["paths"][0])
    assert home in file.parents
    with Image.open(file) as kept:
        assert kept.size == (10, 8)


def test_text_and_folders_are_refused_with_a_sentence(card: TryIt, jobs: Any, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setText("hello")
    card.take(mime)
    assert "no picture" in card.note.text()
    card.look_at(str(tmp_path))
    assert "folder" in card.note.text()
    assert not jobs


def test_a_mask_lies_over_the_picture_with_the_share_of_each_class(
    card: TryIt, jobs: Any, picture: str, judged_masks: dict[str, Any]
) -> None:
    card.look_at(picture)
    mask = f"{judged_masks['masks']}/0.png"
    shares = {"background": 0.25, "leaf": 0.75, "stem": 0.0}
    jobs.last("predict").done.emit([{"path": picture, "mask": mask, "classes": shares, "seconds": 0.2}])
    assert card.drop.picture.over is not None
    assert card.drop.picture.over.coding.names == ["background", "leaf", "stem"]
    assert card.verdict.whole == "leaf, 75% of the picture"
    assert [(bar.name, bar.value, bar.label) for bar in card.bars.bars] == [("leaf", 0.75, 1), ("background", 0.25, 0)]
    card.bars.grab()

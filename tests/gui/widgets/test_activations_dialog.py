"""Activations on an image: follows layer and picture, cancels, says what it computed with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, InputError
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets import activations_dialog
from tlstudio.gui.widgets.activations_dialog import ActivationsDialog


@pytest.fixture
def maps(tmp_path: Path) -> dict[str, Any]:
    Image.new("L", (16, 8)).save(tmp_path / "maps.png")
    drawn = {"file": str(tmp_path / "maps.png"), "n": 2, "columns": 2, "rows": 1, "tile": [8, 8], "gap": 0}
    return {
        "path": "stem", "maps": drawn, "kind": "maps", "n": 32, "shape": [1, 32, 112, 112], "weights": "pretrained", "seconds": 0.4,
        "stats": {"mean": 0.25, "max": 3.5, "share_of_zeros": 0.125},
    }  # fmt: skip


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    return made


@pytest.fixture
def dialog(room: QWidget, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ActivationsDialog:
    monkeypatch.setattr(activations_dialog, "PAUSE", 0)
    monkeypatch.setattr(activations_dialog, "PATIENCE", 1)
    Image.new("RGB", (20, 20)).save(tmp_path / "bee.png")
    (tmp_path / "index").write_text(json.dumps({"path": "bee.png", "label": 0}) + "\n")
    session.data = Loading(
        "ready", "/x", {"classes": [{"name": "bees", "count": 1}], "index": str(tmp_path / "index"), "root": str(tmp_path)}
    )
    made = ActivationsDialog(session, room)
    made.show_layer("stem")
    made.look()
    return made


def asked(jobs: Any) -> list[tuple[str, str]]:
    return [(job.args["path"], Path(job.args["image"]).name) for job in jobs if job.job == "activations"]


def test_an_image_of_the_data_is_taken_and_its_maps_shown(qtbot: QtBot, dialog: ActivationsDialog, jobs: Any, maps: dict[str, Any]) -> None:
    qtbot.waitUntil(lambda: asked(jobs) == [("stem", "bee.png")])
    assert jobs.last("activations").args["classes"] == 1
    qtbot.waitUntil(dialog.cancel.isVisible)
    jobs.last("activations").done.emit(maps)
    assert not dialog.cancel.isVisible()
    assert dialog.maps.isVisible()
    said = dialog._facts.text()
    for part in ("2 of 32 maps", "32\u202f×\u202f112\u202f×\u202f112", "mean 0.25, largest 3.5", "12.5% are 0", "0.4 s"):
        assert part in said
    assert "random" not in said


def test_it_follows_the_tree_and_the_newest_counts(qtbot: QtBot, dialog: ActivationsDialog, jobs: Any, maps: dict[str, Any]) -> None:
    qtbot.waitUntil(lambda: len(asked(jobs)) == 1)
    first = jobs.last("activations")
    dialog.show_layer("blocks.0")
    assert first.cancelled
    first.done.emit(maps)
    assert not dialog.maps.isVisible()
    qtbot.waitUntil(lambda: asked(jobs)[1:] == [("blocks.0", "bee.png")])
    jobs.last("activations").done.emit({**maps, "weights": "random"})
    assert "nothing has been learned" in dialog._facts.text()
    dialog.show_layer("blocks.0")
    qtbot.wait(20)
    assert len(asked(jobs)) == 2, "the same again costs nothing"


def test_cancel_and_failure_are_said(qtbot: QtBot, dialog: ActivationsDialog, jobs: Any) -> None:
    qtbot.waitUntil(dialog.cancel.isVisible)
    qtbot.waitUntil(lambda: len(asked(jobs)) == 1)
    dialog.cancel.click()
    assert jobs.last("activations").cancelled
    jobs.last("activations").failed.emit(Cancelled("Cancelled"))
    assert dialog._note.text() == "Cancelled."
    dialog.show_layer("stem.weight")
    qtbot.waitUntil(lambda: len(asked(jobs)) == 2)
    jobs.last("activations").failed.emit(InputError("stem.weight is a parameter", "", "Choose stem"))
    assert "weight is a parameter" in dialog._note.text()


def test_a_picture_of_ones_own(qtbot: QtBot, dialog: ActivationsDialog, jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: ("/photos/wasp.jpg", ""))
    dialog.choose.click()
    qtbot.waitUntil(lambda: asked(jobs)[-1] == ("stem", "wasp.jpg"))
    assert dialog._file.whole == "wasp.jpg"
    dialog.close()
    dialog.show_layer("blocks.1")
    qtbot.wait(20)
    assert asked(jobs)[-1] == ("stem", "wasp.jpg"), "a closed sheet asks nothing"


def test_without_an_image_it_says_so(room: QWidget, session: Session, jobs: Any) -> None:
    made = ActivationsDialog(session, room)
    made.show_layer("stem")
    made.look()
    assert "Choose an image" in made._note.text()
    assert not made.another.isVisible()
    assert asked(jobs) == []


def test_it_steps_through_the_tree(dialog: ActivationsDialog) -> None:
    steps: list[int] = []
    dialog.step_wanted.connect(steps.append)
    dialog.after.click()
    dialog.before.click()
    assert steps == [1, -1]

"""A weights file is examined before it is taken: what fits, what does not, and the three ways on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.weights_choice import WeightsChoice
from tlstudio.gui.widgets.weights_sheet import WeightsSheet

GOOD = {
    "fits": True,
    "matched": 2,
    "matched_names": ["stem.weight", "bn.weight"],
    "tensors": 4,
    "missing": [],
    "unexpected": ["foo"],
    "other_shape": [{"name": "fc.weight", "file": [5, 8], "network": [1000, 8]}],
    "head": ["fc.weight"],
    "sentence": "2 of 3 tensors were taken; the head is new.",
}


def shown(sheet: WeightsSheet) -> list[list[str]]:
    items = [sheet.list.topLevelItem(i) for i in range(sheet.list.topLevelItemCount())]
    return [[item.text(c) for c in range(sheet.list.columnCount())] for item in items if item]


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 700)
    return made


@pytest.fixture
def choice(room: QWidget, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsChoice:
    made = WeightsChoice(session)
    made.setParent(room)
    room.show()
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(file), ""))
    made.combo.activated.emit(made.combo.findData("file"))
    return made


def sheet(choice: WeightsChoice) -> WeightsSheet:
    assert choice._sheet is not None
    return choice._sheet


def test_the_file_is_examined_first_and_taken_when_one_goes_on(choice: WeightsChoice, session: Session, jobs: Any) -> None:
    job = jobs.last("examine_weights")
    assert (job.args["model"], Path(job.args["file"]).name) == ("efficientnet_lite0", "mine.safetensors")
    assert not sheet(choice).take.isEnabled()
    assert session.recipe.model.weights == "pretrained"
    job.done.emit(GOOD)
    assert sheet(choice)._said.text() == GOOD["sentence"]
    assert [button.text() for button in sheet(choice).choice.buttons.values()] == [
        "Matched 2",
        "Another shape 1",
        "Missing 0",
        "Not needed 1",
    ]
    assert shown(sheet(choice)) == [["stem.weight"], ["bn.weight"]]
    sheet(choice).choice.buttons["1"].click()
    assert shown(sheet(choice)) == [["fc.weight", "5\u2009×\u20098", "1000\u2009×\u20098"]]
    sheet(choice).take.click()
    assert session.recipe.model.weights == job.args["file"]
    assert not sheet(choice).isVisible()


def test_from_scratch_ends_where_a_file_is_taken(choice: WeightsChoice, session: Session, jobs: Any) -> None:
    session.choose_strategy("scratch")
    jobs.last("examine_weights").done.emit(GOOD)
    sheet(choice).take.click()
    assert session.recipe.frozen.strategy == "full"


def test_a_backbone_with_holes_shows_them_first(choice: WeightsChoice, jobs: Any) -> None:
    jobs.last("examine_weights").done.emit({**GOOD, "missing": ["blocks.0.weight"], "other_shape": []})
    assert shown(sheet(choice)) == [["blocks.0.weight"]]
    assert sheet(choice).take.isEnabled()


def test_another_architecture_cannot_be_taken(choice: WeightsChoice, session: Session, jobs: Any) -> None:
    jobs.last("examine_weights").done.emit({**GOOD, "fits": False, "sentence": "It holds the weights of another architecture."})
    assert not sheet(choice).take.isEnabled()
    assert "another architecture" in sheet(choice)._said.text()
    before = len(jobs)
    sheet(choice).other.click()
    assert len(jobs) == before + 1, "another file was chosen and is examined"


def test_a_refused_file_is_sentences_and_cancel_keeps_what_was(choice: WeightsChoice, session: Session, jobs: Any) -> None:
    jobs.last("examine_weights").failed.emit(InputError("It was refused", "opening it would call os.system", "Ask its maker"))
    assert sheet(choice)._said.text() == "It was refused. Opening it would call os.system. Ask its maker."
    assert not sheet(choice).take.isEnabled()
    sheet(choice).reject()
    assert session.recipe.model.weights == "pretrained"
    assert choice.combo.currentData() == "pretrained"


def test_escape_while_it_is_read_forgets_the_job(choice: WeightsChoice, session: Session, jobs: Any) -> None:
    job = jobs.last("examine_weights")
    sheet(choice).reject()
    assert job.cancelled
    assert session.recipe.model.weights == "pretrained"

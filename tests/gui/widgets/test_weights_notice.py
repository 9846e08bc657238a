"""Missing weights: said in place, downloaded with progress, cancelled, failed, done without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Progress
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.weights_notice import WeightsNotice
from tlstudio.models import catalogue


@pytest.fixture
def notice(qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsNotice:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    made = WeightsNotice(session)
    qtbot.addWidget(made)
    made.resize(640, 60)
    session.choose_model("resnet50")
    return made


def put_weights(name: str) -> None:
    path = catalogue.find(name).cache_path
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")


def test_shown_only_where_published_weights_are_missing(notice: WeightsNotice, session: Session) -> None:
    assert not notice.isHidden()
    assert notice._text.text() == "ResNet-50's weights are not on this computer (103\u00a0MB)"
    session.choose_model("efficientnet_lite0")
    assert notice.isHidden()
    session.choose_model("resnet50")
    session.edit({"model.weights": "random"}, "random")
    assert notice.isHidden()


def test_download_with_progress_to_the_end(qtbot: QtBot, notice: WeightsNotice, session: Session, jobs: Any) -> None:
    notice.download.click()
    job = jobs.last("download")
    assert job.args == {"model": "resnet50"}
    assert (notice.download.isHidden(), notice.cancel.isHidden()) == (True, False)
    job.events.emit([Progress(phase="download", done=41_000_000, total=102_000_000, unit="bytes", per_second=2e6, remaining=(25, 40))])
    assert notice._text.text() == "Downloading ResNet-50's weights: 41 MB of 102 MB, 2 MB/s, 25 to 40 s left"
    assert notice._bar.value() == 402
    put_weights("resnet50")
    with qtbot.waitSignal(notice.arrived):
        job.done.emit({"path": "x"})
    assert notice.isHidden()


def test_cancel_goes_back_without_a_word(notice: WeightsNotice, jobs: Any) -> None:
    notice.download.click()
    job = jobs.last("download")
    notice.cancel.click()
    assert job.cancelled
    job.failed.emit(Cancelled("The download was cancelled"))
    assert notice.download.text() == "Download"
    assert "not on this computer" in notice._text.text()


def test_failure_is_said_in_place_and_can_be_tried_again(notice: WeightsNotice, session: Session, jobs: Any) -> None:
    notice.download.click()
    jobs.last("download").failed.emit(StudioError("The weights did not come", "there is no network", "Choose a file"))
    assert notice._text.text() == "The weights did not come. There is no network. Choose a file."
    assert notice.download.text() == "Try again"
    session.choose_model("resnet18")
    assert notice.download.text() == "Download", "the failure was the other model's"
    session.choose_model("resnet50")
    before = len(jobs)
    notice.download.click()
    assert len(jobs) == before + 1


def test_one_download_at_a_time_while_looking_at_others(notice: WeightsNotice, session: Session, jobs: Any) -> None:
    notice.download.click()
    session.choose_model("resnet18")
    assert not notice.download.isEnabled()
    assert "those of ResNet-50 are still coming" in notice._text.text()
    jobs.last("download").done.emit({"path": "x"})
    assert notice.download.isEnabled()


def test_random_weights_means_from_scratch_and_can_be_undone(notice: WeightsNotice, session: Session) -> None:
    notice.random.click()
    assert (session.recipe.frozen.strategy, session.recipe.model.weights) == ("scratch", "random")
    assert notice.isHidden()
    session.undo.undo()
    assert not notice.isHidden()


def test_where_none_are_published_only_random_is_offered(notice: WeightsNotice, session: Session) -> None:
    unpublished = next(entry for entry in catalogue.entries() if entry.weights_state() == "none")
    session.choose_model(unpublished.name)
    assert notice._text.text() == f"No pretrained weights of {unpublished.title} are published"
    assert notice.download.isHidden()
    assert not notice.random.isHidden()

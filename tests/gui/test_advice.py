"""Advice: asked of the trainer, told how it stands, forgotten with its model and images."""

from __future__ import annotations

from typing import Any

import pytest

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Progress
from tlstudio.gui.advice import Advice
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session


@pytest.fixture
def advice(session: Session, data_document: dict[str, Any]) -> Advice:
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    session.data = Loading("ready", "photos", data_document)
    return Advice(session, session)


def test_it_is_asked_and_answered(advice: Advice, jobs: Any) -> None:
    advice.ask()
    assert advice.loading.state == "busy"
    handle = jobs.last("advise")
    assert handle.args["recipe"]["data"]["path"] == "/photos/insects"
    handle.events.emit([Progress(phase="probe", done=3, total=9)])
    assert advice.loading.progress is not None
    handle.done.emit({"strategy": "head"})
    assert advice.loading.document == {"strategy": "head"}


def test_another_model_or_other_images_forget_it(advice: Advice, session: Session, jobs: Any) -> None:
    advice.ask()
    handle = jobs.last("advise")
    session.edit({"training.epochs": 3}, "a")
    assert advice.loading.state == "busy", "epochs are not what it is about"
    session.edit({"model.name": "resnet18"}, "b")
    assert advice.loading == Loading()
    assert handle.cancelled
    handle.done.emit({"strategy": "head"})
    assert advice.loading == Loading()


def test_cancelling_folds_it_and_a_failure_is_told(advice: Advice, jobs: Any) -> None:
    advice.ask()
    advice.cancel()
    assert jobs.last("advise").cancelled
    jobs.last("advise").failed.emit(Cancelled("Cancelled"))
    assert advice.loading.state == "empty"
    advice.ask()
    jobs.last("advise").failed.emit(StudioError("The images cannot be read"))
    assert advice.loading.error is not None
    assert advice.loading.error.what == "The images cannot be read"


def test_weights_that_are_not_there_are_told_and_nothing_is_asked(advice: Advice, session: Session, jobs: Any) -> None:
    session.edit({"model.name": "resnet50"}, "a")
    advice.ask()
    assert "ResNet-50 are not on this computer" in str(advice.loading.error)
    assert not [handle for handle in jobs if handle.job == "advise"]


def test_who_starts_from_scratch_asks_about_pretrained_weights(advice: Advice, session: Session, jobs: Any) -> None:
    session.choose_strategy("scratch")
    advice.ask()
    said = jobs.last("advise").args["recipe"]
    assert (said["model"]["weights"], said["frozen"]["strategy"]) == ("pretrained", "head")


def test_a_run_comes_first(advice: Advice, session: Session, jobs: Any) -> None:
    advice.ask()
    session.start()
    assert jobs.last("advise").cancelled
    advice.ask()
    assert advice.loading.error is not None
    assert advice.loading.error.what == "A run is training"


def test_without_images_it_says_so(session: Session) -> None:
    advice = Advice(session, session)
    advice.ask()
    assert advice.loading.error is not None
    assert advice.loading.error.what == "Advice needs images"

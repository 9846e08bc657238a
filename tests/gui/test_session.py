"""The session: what belongs to the data stays while the recipe is edited, and a start says why it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Progress
from tlstudio.gui.history import RunHistory
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


def test_an_edit_does_not_cut_off_the_first_reading_of_images(session: Session, jobs: Any, data_document: dict[str, Any]) -> None:
    session.open_data(data_document["source"])
    session.edit({"training.epochs": 3}, "set epochs to 3")
    assert session.data.state == "busy"
    jobs.last("scan").done.emit(data_document)
    assert session.data.ready
    assert (session.recipe.data.path, session.recipe.training.epochs) == (data_document["source"], 3)
    session.undo.undo()
    assert session.data.state == "empty"


def test_opening_other_images_of_the_same_name_is_a_step_of_its_own(session: Session, jobs: Any, data_document: dict[str, Any]) -> None:
    for source in ("/a/photos", "/b/photos"):
        session.open_data(source)
        jobs.last("scan").done.emit({**data_document, "source": source})
    session.undo.undo()
    assert session.recipe.data.path == "/a/photos"


def test_a_start_that_cannot_be_says_why(session: Session, jobs: Any, data_document: dict[str, Any]) -> None:
    said: list[str] = []

    def hear(error: StudioError) -> None:
        said.append(error.what)

    session.trouble.connect(hear)
    session.open_data(data_document["source"])
    session.start()
    one = {**data_document, "classes": data_document["classes"][:1]}
    session.data = Loading("ready", one["source"], one)
    session.start()
    assert said == ["The images are still being read", "There is only one class"]
    assert not [job for job in jobs if job.job == "train"]


def test_a_resumed_run_fills_an_untouched_window(session: Session, jobs: Any, tmp_path: Path, qtbot: QtBot) -> None:
    run = Run.create(Recipe(name="Ants"), tmp_path / "run")
    session.resume(run)
    session.resume(run)  # of two clicks one counts
    qtbot.waitUntil(lambda: session.live.active)
    assert [job.job for job in jobs].count("resume") == 1
    assert session.recipe.name == "Ants"
    session.undo.undo()
    assert session.recipe == Recipe()
    assert session.live.active


def test_before_the_start_says_why_there_are_no_images_to_speak_of(session: Session, jobs: Any, data_document: dict[str, Any]) -> None:
    assert session.checks() == []
    session.open_data(data_document["source"])
    assert [(check.level, check.text) for check in session.checks()] == [("wait", "The images are being read")]
    jobs.last("scan").failed.emit(StudioError("There is no such folder", "/photos", "Open another one"))
    assert [(check.level, check.text, check.page) for check in session.checks()] == [("bad", "There is no such folder", "data")]
    session.open_data(data_document["source"])
    jobs.last("scan").done.emit(data_document)
    assert {check.key for check in session.checks()} >= {"images", "seed"}


def test_the_tree_follows_the_classes_of_a_recipe_that_came_before_its_images(
    session: Session, jobs: Any, data_document: dict[str, Any]
) -> None:
    session.take(Recipe().set({"data.path": data_document["source"], "name": "Ants"}), "take the recipe of Ants")
    session.inspect()
    assert jobs.last("inspect").args["classes"] is None
    jobs.last("scan").done.emit(data_document)
    assert jobs.last("inspect").args["classes"] == 2
    asked = len(jobs)
    session.edit({"data.val_share": 0.25}, "set the shares")
    jobs.last("scan").done.emit(data_document)
    assert not [job for job in jobs[asked:] if job.job == "inspect"]


def test_how_far_the_interrupted_run_was_is_not_how_far_the_resumed_one_is(session: Session, jobs: Any) -> None:
    past = RunHistory([Progress(phase="train", done=8, total=8, overall=1.0)])
    session.live.start(Recipe(), session.trainer.submit("resume", {}), past)
    assert session.live.history.progress is None

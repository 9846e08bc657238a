from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.elsewhere import held_elsewhere
from tests.studies.invented import Invented, leave, right
from tlstudio import api, holding
from tlstudio.control import Control
from tlstudio.errors import Busy, Cancelled, InputError, StudioError
from tlstudio.events import EpochEnded, Event, Note, Progress, StudyStep
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.studies import queued
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.queue import Queue
from tlstudio.studies.working import work_queue
from tlstudio.training.distributed import Ended, Lost


class PowerCut(BaseException):
    """What no code expects."""


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Three recipes with seeds 1 to 3 and two epochs each."""
    for seed in (1, 2, 3):
        changes = {"data.path": str(tmp_path), "training.seed": seed, "training.epochs": 2, "data.task": "classification"}
        api.enqueue(Recipe().set(changes), name="q", title=f"seed {seed}")
    return StudyFolder.open("q")


def states(folder: StudyFolder) -> list[str]:
    return [entry.state for entry in Queue(folder.path).entries()]


def test_one_after_the_other_and_one_that_fails_stops_none(folder: StudyFolder) -> None:
    def failing(recipe: Recipe, event: EpochEnded) -> None:
        if recipe.training.seed == 2:
            raise StudioError("The disk is full", "", "Make room")

    training, told = Invented(lambda _: 0.8, failing), list[Event]()
    work_queue(folder, told.append, Control(), train=training)
    assert [recipe.training.seed for recipe in training.trained] == [1, 2, 3]
    document = api.study("q")
    assert (document["state"], document["done"], document["failed"], document["of"]) == ("finished", 2, 1, 3)
    assert document["entries"][1]["why"] == "The disk is full. Make room."
    assert 0.6 < document["entries"][0]["value"] < 0.9
    steps = [(step.index, step.state) for step in told if isinstance(step, StudyStep)]
    assert steps == [(1, "running"), (1, "done"), (2, "running"), (2, "failed"), (3, "running"), (3, "done")]
    shares = [event.overall for event in told if isinstance(event, Progress) and event.phase == "study"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sum(isinstance(event, EpochEnded) for event in told) == 4  # the runs' own events come through

    again = Invented(lambda _: 0.8)
    work_queue(folder, told.append, Control(), train=again)  # what failed is tried again, in its folder
    assert [recipe.training.seed for recipe in again.trained] == [2]
    assert again.runs[0].path == training.runs[1].path
    assert states(folder) == ["done"] * 3


def test_after_a_power_cut_the_half_trained_run_is_gone_on_with(folder: StudyFolder) -> None:
    def cut(recipe: Recipe, event: EpochEnded) -> None:
        if (recipe.training.seed, event.epoch) == (2, 2):
            raise PowerCut

    training = Invented(lambda _: 0.8, cut)
    with pytest.raises(PowerCut):
        work_queue(folder, lambda _: None, Control(), train=training)
    assert states(folder) == ["done", "running", "waiting"]
    assert api.study("q")["state"] == "unfinished"
    after = Invented(lambda _: 0.8)
    work_queue(StudyFolder.open("q"), lambda _: None, Control(), train=after)
    assert after.runs[0].path == training.runs[1].path
    assert [recipe.training.seed for recipe in after.trained] == [2, 3]
    assert len(list(training.runs[0].path.parent.iterdir())) == 3  # no run was begun twice


@pytest.mark.parametrize("gone", [Lost("One of the 2 processes that train together ended"), Ended("Cancelled")])
def test_a_process_that_is_gone_ends_the_study_and_fails_no_run_of_it(folder: StudyFolder, gone: StudioError) -> None:
    def lost(recipe: Recipe, event: EpochEnded) -> None:
        if recipe.training.seed == 2:
            raise gone

    with pytest.raises(type(gone)):
        work_queue(folder, lambda _: None, Control(), train=Invented(lambda _: 0.8, lost))
    assert states(folder) == ["done", "running", "waiting"]


def test_stop_and_cancel_keep_what_is_done_and_leave_the_rest_to_be_gone_on_with(folder: StudyFolder) -> None:
    control = Control()
    training = Invented(lambda _: 0.8, lambda recipe, event: control.stop() if recipe.training.seed == 2 else None)
    work_queue(folder, lambda _: None, control, train=training)
    assert states(folder) == ["done", "running", "waiting"]
    assert training.runs[1].summary() is None  # not cut short with what it has: it would not be a fair one

    other = Control()
    with pytest.raises(Cancelled):
        work_queue(folder, lambda _: None, other, train=Invented(lambda _: 0.8, lambda *_: other.cancel()))
    assert states(folder) == ["done", "running", "waiting"]
    work_queue(folder, lambda _: None, Control(), train=Invented(lambda _: 0.8))
    assert states(folder) == ["done"] * 3


def test_two_cannot_work_on_one_queue_but_add_to_it(folder: StudyFolder, tmp_path: Path) -> None:
    def add(recipe: Recipe, event: EpochEnded) -> None:
        if recipe.training.seed == 1 and event.epoch == 1:
            with pytest.raises(InputError, match="worked on right now"):
                work_queue(StudyFolder.open("q"), lambda _: None, Control())
            assert api.study("q")["state"] == "running"
            with pytest.raises(InputError, match="worked on right now"):
                api.discard_study("q")
            api.enqueue(Recipe().set({"data.path": str(tmp_path), "training.seed": 9, "data.task": "classification"}), name="q")

    training = Invented(lambda _: 0.8, add)
    work_queue(folder, lambda _: None, Control(), train=training)
    assert [recipe.training.seed for recipe in training.trained] == [1, 2, 3, 9]


def test_a_run_that_another_process_trains_is_passed_over_and_taken_as_it_ends(folder: StudyFolder) -> None:
    queue, told = Queue(folder.path), list[Event]()
    run = Run.create(Recipe.parse(queue.entries()[0].recipe))
    queue.update(1, run=str(run.path), state="running")  # its study was stopped, and somebody went on with it by itself
    with run.locked():
        work_queue(folder, told.append, Control(), train=Invented(lambda _: 0.8))
    assert states(folder) == ["running", "done", "done"]
    assert [event.message for event in told if isinstance(event, Note)] == [
        "seed 1 is being trained by another process; go on with the study when that has ended."
    ]
    assert api.study("q")["state"] == "unfinished"

    api.enqueue(Recipe().set({"data.path": str(folder.path), "training.seed": 4, "data.task": "classification"}), name="q")
    with contextlib.ExitStack() as elsewhere:
        elsewhere.enter_context(run.locked())

        def ends(recipe: Recipe, event: EpochEnded) -> None:
            leave(run, right(0.7, 1))
            elsewhere.close()

        training = Invented(lambda _: 0.8, ends)
        work_queue(folder, told.append, Control(), train=training)
    assert [recipe.training.seed for recipe in training.trained] == [4]
    assert states(folder) == ["done"] * 4
    assert queue.entries()[0].value == pytest.approx(0.7, abs=0.1)


def test_of_two_computers_that_share_the_folder_one_works(folder: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("SILENCE", 0.1), ("_LOOK", 0.02)):
        monkeypatch.setattr(holding, name, seconds)
    with held_elsewhere(folder.path / ".lock"):
        assert api.study("q")["state"] == "running"
        with pytest.raises(Busy, match=r"worked on right now. On the computer lab-2"):
            work_queue(folder, lambda _: None, Control())
    work_queue(folder, lambda _: None, Control(), train=Invented(lambda _: 0.8))  # that one was killed
    assert states(folder) == ["done"] * 3


def test_what_several_processes_add_at_once_is_all_there(tmp_path: Path) -> None:
    recipes = [Recipe().set({"data.path": str(tmp_path), "training.seed": seed}) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda recipe: queued.add(recipe, "several"), recipes))
    entries = Queue(StudyFolder.open("several").path).entries()
    assert [one.number for one in entries] == [1, 2, 3, 4, 5, 6]
    assert sorted(one.seed or 0 for one in entries) == [0, 1, 2, 3, 4, 5]


def test_what_waits_can_be_changed_and_what_is_gone_is_made_again(folder: StudyFolder) -> None:
    api.change_queue("q", 3, "up")
    api.change_queue("q", 1, "skip")
    training = Invented(lambda _: 0.8)
    work_queue(folder, lambda _: None, Control(), train=training)
    assert [recipe.training.seed for recipe in training.trained] == [3, 2]
    assert [(row["study"], row["done"], row["of"], row["state"]) for row in api.studies()] == [("q", 2, 2, "finished")]
    with pytest.raises(InputError, match="Only what waits"):
        api.change_queue("q", 2, "skip")
    api.change_queue("q", 1, "take")
    training.runs[0].to_trash()
    again = Invented(lambda _: 0.8)
    work_queue(folder, lambda _: None, Control(), train=again)
    assert sorted(recipe.training.seed for recipe in again.trained) == [1, 3]
    api.discard_study("q")
    assert api.studies() == []
    assert Run(again.runs[0].path).summary() is not None


def test_studies_that_are_not_there_or_damaged_are_said(folder: StudyFolder) -> None:
    with pytest.raises(InputError, match="The newest are q"):
        api.study("p")
    (folder.path / "queue.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        api.study("q")
    assert api.studies() == []
    with pytest.raises(InputError, match="cannot be called"):
        api.enqueue(Recipe().set({"data.path": "x"}), name="../elsewhere")

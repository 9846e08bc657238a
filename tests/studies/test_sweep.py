from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.studies.invented import Invented, leave, right
from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import InputError, StudioError
from tlstudio.events import EpochEnded, StudyStep
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.studies import space, sweep, sweeping
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.trials import outcome

LR = {"optimizer.lr": {"low": 1e-4, "high": 1.0, "log": True}}


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe().set({"data.path": str(tmp_path), "data.task": "classification", "training.epochs": 4})


def quality(recipe: Recipe) -> float:
    """Best at a rate of 0.1, whatever the batch size."""
    return 0.95 - 0.2 * abs(math.log10(recipe.optimizer.lr / 0.1))


def made(recipe: Recipe, vary: dict[str, Any], training: Invented, control: Control | None = None, **asked: Any) -> dict[str, Any]:
    folder = sweep.create(sweep.Asked(recipe, vary, **asked), name="s")
    told: list[Any] = []
    sweeping.work(folder, told.append, control or Control(), train=training)
    return {**api.study("s"), "told": told}


def test_the_best_is_found_and_what_mattered_is_said(recipe: Recipe) -> None:
    training = Invented(quality)
    document = made(recipe, {**LR, "training.batch_size": {"choices": [8, 16]}}, training, trials=9, seed=1)
    assert (document["kind"], document["state"], document["done"], document["of"]) == ("sweep", "finished", 9, 9)
    trials = document["trials"]
    assert [trial["number"] for trial in trials] == list(range(1, 10))
    best = document["best"]
    assert best["metric"] == max(trial["metric"] for trial in trials if trial["state"] == "done")
    assert 0.02 < best["values"]["optimizer.lr"] < 0.5
    assert Run.open(best["run"]).recipe().optimizer.lr == best["values"]["optimizer.lr"]
    assert document["importance"]["optimizer.lr"] > document["importance"]["training.batch_size"]
    assert sum(document["importance"].values()) == pytest.approx(1.0)
    assert document["sentence"].startswith("The best of 9 trials has 8")
    assert "Head's rate mattered most" in document["sentence"]
    pruned = [trial for trial in trials if trial["state"] == "pruned"]
    assert pruned
    for trial in pruned:  # cut short in good order, its best kept
        summary = Run.open(trial["run"]).summary() or {}
        assert (summary["reason"], summary["epochs"]) == ("stopped", 2)
    steps = [step for step in document["told"] if isinstance(step, StudyStep) and step.state != "running"]
    assert {step.state for step in steps} == {"done", "pruned"}
    assert api.studies()[0]["headline"] == document["sentence"]


def test_the_recipe_as_it_is_is_tried_first_and_what_is_left_half_done_is_gone_on_with(recipe: Recipe) -> None:
    control = Control()
    first = Invented(quality, lambda r, event: control.stop() if event.epoch == 2 and len(first.trained) == 2 else None)
    document = made(recipe, LR, first, control, trials=3)
    assert first.trained[0].optimizer.lr == recipe.optimizer.lr
    assert [trial["state"] for trial in document["trials"]] == ["done", "running"]
    assert document["state"] == "unfinished"
    then = Invented(quality)
    document = made(recipe, LR, then, trials=3)
    assert then.runs[0].path == first.runs[1].path
    assert [trial["state"] for trial in document["trials"]] == ["done"] * 3
    assert len({trial["values"]["optimizer.lr"] for trial in document["trials"]}) == 3
    more = Invented(quality)
    assert made(recipe, LR, more, trials=4)["of"] == 4  # asked for again with more of them
    assert len(more.trained) == 1
    with pytest.raises(InputError, match="asks something else"):
        sweep.create(sweep.Asked(recipe, {"training.batch_size": {"choices": [8, 16]}}), name="s")


def test_a_trial_that_fails_is_noted_and_not_the_end(recipe: Recipe) -> None:
    def fail(asked: Recipe, event: EpochEnded) -> None:
        if len(training.trained) == 2:
            raise StudioError("Out of memory")

    training = Invented(quality, fail)
    document = made(recipe, LR, training, trials=3)
    assert [trial["state"] for trial in document["trials"]] == ["done", "failed", "done"]
    assert document["trials"][1]["why"] == "Out of memory."
    assert (document["failed"], document["state"]) == (1, "finished")


def test_a_trial_that_another_process_brought_to_its_end_is_left_alone(recipe: Recipe) -> None:
    control = Control()
    first = Invented(quality, lambda r, event: control.stop())
    made(recipe, LR, first, control, trials=3)  # stopped within the first trial
    folder = StudyFolder.open("s")
    study = sweep.opened(folder)
    second = sweeping._next(folder, study, sweep.Asked.from_json(folder.said()["asked"]), Control())  # begun, and its process died
    assert second is not None

    def meanwhile(asked: Recipe, event: EpochEnded) -> None:
        if len(then.trained) == 1 and event.epoch == 1:
            run = Run(Path(second.user_attrs["run"]))
            leave(run, right(0.7, 0))
            second.set_user_attr("metric", 0.7)
            study.tell(second, 0.7)

    then = Invented(quality, meanwhile)
    document = made(recipe, LR, then, trials=3)
    assert [trial["state"] for trial in document["trials"]] == ["done"] * 3
    assert len(then.trained) == 2
    assert document["trials"][1]["metric"] == 0.7


def test_a_trial_whose_process_dies_meanwhile_is_taken_up_by_those_who_live(recipe: Recipe) -> None:
    def dies(asked: Recipe, event: EpochEnded) -> None:
        if len(training.trained) == 1 and event.epoch == 1:
            folder = StudyFolder.open("s")
            assert sweeping._next(folder, sweep.opened(folder), sweep.Asked.from_json(folder.said()["asked"]), Control()) is not None

    training = Invented(quality, dies)
    document = made(recipe, LR, training, trials=2)
    assert [trial["state"] for trial in document["trials"]] == ["done", "done"]
    assert len(training.trained) == 2


def test_computers_that_share_the_storage_alone_never_try_the_same(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sweep.Asked(recipe, LR, trials=2, storage=f"sqlite:///{tmp_path}/shared.db")
    counted, folders = sweeping._counted, []
    for home in ("a", "b", "c"):
        monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / home))
        own = recipe.set({"data.path": str(tmp_path / home), "training.threads": len(folders) + 1})
        folders.append(sweep.create(replace(asked, recipe=own), name="s"))
    trials = []
    for folder in folders:  # each looks at the same moment: it sees none of the others' trials before it has asked for its own
        looks = itertools.count()
        monkeypatch.setattr(sweeping, "_counted", lambda study, looks=looks: counted(study) if next(looks) else [])
        trials.append(sweeping._next(folder, sweep.opened(folder), asked, Control()))
    first, second, third = trials
    assert third is None  # one too many
    assert first is not None
    assert second is not None
    assert first.params["optimizer.lr"] == recipe.optimizer.lr
    assert second.params["optimizer.lr"] != first.params["optimizer.lr"]
    assert [trial["state"] for trial in outcome(folders[0])["trials"]] == ["running", "running"]
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "d"))
    other = sweep.create(replace(asked, recipe=recipe.set({"training.batch_size": 4})), name="s")
    with pytest.raises(InputError, match="in that storage asks something else"):
        sweep.opened(other)


def test_that_another_process_does_not_let_go_of_the_study_is_said(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sweep.create(sweep.Asked(recipe, LR, trials=2), name="s")
    monkeypatch.setattr(sweep, "_PATIENCE", 0.1)
    control = Control()

    def hang(asked: Recipe, event: EpochEnded) -> None:
        if len(training.trained) == 1 and event.epoch == 1:
            other.acquire()

    other, training = FileLock(folder.path / ".asking"), Invented(quality, hang)
    with pytest.raises(StudioError, match=r"in the hands of another process. It has not let go of it for 0 seconds. Nothing is lost"):
        sweeping.work(folder, lambda event: None, control, train=training)
    other.release()
    document = made(recipe, LR, training, trials=2)
    assert [trial["state"] for trial in document["trials"]] == ["done", "done"]
    assert len(training.trained) == 2


def test_a_trial_that_was_cut_short_stays_so_whoever_tells_it(recipe: Recipe) -> None:
    control = Control()
    made(recipe, LR, Invented(quality, lambda r, event: control.stop()), control, trials=1)
    (trial,) = outcome(StudyFolder.open("s"))["trials"]
    leave(Run(Path(trial["run"])), right(0.5, 0), reason="stopped")  # and the process died before it could tell
    document = made(recipe, LR, Invented(quality), trials=1)
    assert document["trials"][0]["state"] == "pruned"


_WORKER = """
import math, sys
from tests.studies.invented import Invented
from tests.studies.test_sweep import quality
from tlstudio.control import Control
from tlstudio.studies import sweeping
from tlstudio.studies.folder import StudyFolder
training = Invented(quality)
sweeping.work(StudyFolder.open("s"), lambda event: None, Control(), train=training)
print(len(training.trained))
"""


def test_two_processes_share_one_study(recipe: Recipe) -> None:
    folder = sweep.create(sweep.Asked(recipe.set({"training.epochs": 2}), LR, trials=6, pruner="none"), name="s")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    workers = [subprocess.Popen([sys.executable, "-c", _WORKER], stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    trained = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sum(trained) == 6
    said = outcome(folder)
    assert [trial["state"] for trial in said["trials"]] == ["done"] * 6
    assert len({trial["values"]["optimizer.lr"] for trial in said["trials"]}) == 6
    assert len({trial["run"] for trial in said["trials"]}) == 6
    assert not StudyFolder.open("s").is_live()


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ({"optimizer.rl": {"low": 0.1, "high": 1}}, "nearest is 'optimizer.lr'"),
        ({"optimizer.lr": {"low": 0.1, "high": 1000}}, "optimizer.lr.*100"),
        ({"optimizer.lr": {"low": 1, "high": 0.1}}, "lower value comes first"),
        ({"optimizer.lr": {"from": 1, "to": 2}}, "low and high"),
        ({"optimizer.weight_decay": {"low": 0.0, "high": 1.0, "log": True}}, "above 0 have ratios"),
        ({"training.batch_size": {"low": 0.5, "high": 8}}, "batch_size"),
        ({"optimizer.kind": {"choices": ["adamw", "adamx"]}}, "adamx"),
        ({"optimizer.kind": {"choices": ["adamw"]}}, "less than two choices"),
        ({"training.seed": {"choices": [1, 2]}}, "cannot be varied"),
        ({}, "Nothing is varied"),
    ],
)
def test_what_cannot_be_varied_is_said(recipe: Recipe, vary: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        space.axes(recipe, vary)


def test_what_a_command_line_says() -> None:
    assert space.parsed("optimizer.lr=1e-4..1e-1:log") == ("optimizer.lr", {"low": 1e-4, "high": 0.1, "log": True})
    assert space.parsed("training.batch_size=8,16,32") == ("training.batch_size", {"choices": [8, 16, 32]})
    assert space.parsed("training.epochs=5..20:5") == ("training.epochs", {"low": 5, "high": 20, "step": 5})
    assert space.parsed("augment.enabled=true,false") == ("augment.enabled", {"choices": [True, False]})
    with pytest.raises(InputError, match="has no values"):
        space.parsed("optimizer.lr")


def test_a_storage_that_cannot_be_reached_is_said_without_its_password(recipe: Recipe) -> None:
    url = "sqlite://someone:secret@nowhere/that/is.db"
    sweep.create(sweep.Asked(recipe, LR, storage=url), name="s")
    with pytest.raises(StudioError, match="cannot be used") as caught:
        api.resume_study("s")
    assert "secret" not in str(caught.value)
    assert "someone:***@nowhere" in str(caught.value)
    assert "secret" not in str(api.studies())


def test_lists_and_strategies_can_be_varied(recipe: Recipe) -> None:
    axis = space.axes(recipe, {"augment.scale": {"choices": [[0.5, 1.0], [0.8, 1.0]]}})[0]
    assert space.applied(recipe, {"augment.scale": axis.choices[1]}).augment.scale == (0.8, 1.0)
    full = space.applied(recipe, {"frozen.strategy": "full", "optimizer.lr": 0.5})
    assert (full.frozen.strategy, full.optimizer.lr, full.optimizer.backbone_lr) == ("full", 0.5, 0.0002)
    assert full.training.epochs + full.stages.head_epochs == 4


def test_without_optuna_it_is_said_what_to_install(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(StudioError, match=r"pip install 'tlstudio\[all\]'"):
        sweep.create(sweep.Asked(recipe, LR), name="s")

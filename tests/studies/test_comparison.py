from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import class_folders
from tests.studies.invented import Invented, leave, right
from tlstudio import api
from tlstudio.control import Control
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex, write
from tlstudio.errors import InputError
from tlstudio.events import EpochEnded, StudyStep
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs
from tlstudio.runs import Run
from tlstudio.studies import comparison
from tlstudio.studies.arms import arms_of
from tlstudio.training import recorded

BASE = {"data.task": "classification", "training.epochs": 2, "training.seed": 3}


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe().set({"data.path": str(tmp_path), **BASE})


def train_with(monkeypatch: pytest.MonkeyPatch, training: Invented) -> Invented:
    monkeypatch.setattr(recorded, "train", training)
    return training


def test_arms_have_one_budget_and_rates_that_suit_them(recipe: Recipe) -> None:
    own = recipe.set({"optimizer.lr": 0.5})
    arms = arms_of(own, ["head", "last-block", "gradual", "full", "scratch", "pretrained"], 8, 5)
    assert [arm.name for arm in arms] == ["Head only", "Last block", "Gradual", "Everything", "From scratch", "Pretrained"]
    assert {epochs(arm.recipe) for arm in arms} == {8}
    assert arms[0].recipe.optimizer.lr == 0.5  # the recipe's own strategy stays as it is
    assert arms[3].recipe.optimizer.lr == 0.002
    assert arms[3].recipe.stages.head_epochs == 4
    assert arms[4].recipe.model.weights == "random"
    assert arms[4].changes["model.weights"] == "random"
    assert arms_of(own.with_strategy("scratch"), ["pretrained"], None, 1)[0].recipe.model.weights == "pretrained"
    custom = arms_of(own, [{"name": "Small batches", "changes": {"training.batch_size": 4}}], None, 5)[0]
    assert (custom.name, custom.changes) == ("Small batches", {"training.batch_size": 4})
    with pytest.raises(InputError, match="no choice 'half'"):
        arms_of(own, ["half"], None, 5)


def test_the_same_twice_gets_other_seeds(recipe: Recipe) -> None:
    first, second = arms_of(recipe, ["head", "head"], None, 5)
    assert (first.name, second.name) == ("Head only", "Head only (2)")
    assert (first.first_seed, second.first_seed) == (3, 8)


def test_the_same_twice_shares_no_seed_when_there_are_to_be_more(recipe: Recipe) -> None:
    seeds = []
    for many in (2, 4):
        api.compare_choices(recipe, ["head", "head"], seeds=many, name="same", only_queue=True)
        entries = api.study("same")["entries"]
        seeds = [[one["seed"] for one in entries if one["arm"] == arm] for arm in ("Head only", "Head only (2)")]
        assert [len(of_arm) for of_arm in seeds] == [many, many]
    assert seeds[0][:2] == [3, 4]
    assert seeds[1][:2] == [5, 6]
    assert set(seeds[0]).isdisjoint(seeds[1])


def test_asked_for_several_times_at_once_each_run_is_queued_once(recipe: Recipe) -> None:
    def ask(seeds: int) -> None:
        comparison.create(comparison.Asked(recipe, ("head", "full"), seeds), name="at once")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, (2, 3, 1, 3)))
    entries = api.study("at once")["entries"]
    wanted = [(arm, seed) for arm in ("Everything", "Head only") for seed in (3, 4, 5)]
    assert sorted((one["arm"], one["seed"]) for one in entries) == wanted
    assert api.study("at once")["asked"]["seeds"] == 3


def test_a_comparison_from_question_to_verdict(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    training = train_with(monkeypatch, Invented(lambda r: 0.9 if r.model.weights == "pretrained" else 0.6))
    told: list[Any] = []
    document = api.compare_choices(recipe, ["pretrained", "scratch"], seeds=3, name="worth", question="Worth it?", tell=told.append)
    assert [(r.model.weights, r.training.seed) for r in training.trained] == [
        (weights, seed) for seed in (3, 4, 5) for weights in ("pretrained", "random")
    ]
    assert len({r.data.split_seed for r in training.trained}) == 1
    assert len({epochs(r) for r in training.trained}) == 1
    assert (document["state"], document["done"], document["of"]) == ("finished", 6, 6)
    verdict = document["verdict"]
    assert (verdict["question"], verdict["n"]) == ("Worth it?", 100)
    assert verdict["headline"].startswith("Pretrained is better than From scratch by ")
    assert verdict["arms"][0]["seeds"] == [3, 4, 5]
    assert verdict["arms"][0]["runs"] == [str(run.path) for run in training.runs[::2]]
    assert [step.title for step in told if isinstance(step, StudyStep) and step.state == "running"][1] == "From scratch, seed 3"
    assert api.studies()[0]["headline"] == verdict["headline"]

    api.compare_choices(recipe, ["pretrained", "scratch"], seeds=4, name="worth", question="Worth it?")  # one more seed each
    assert len(training.trained) == 8
    with pytest.raises(InputError, match="asks something else"):
        api.compare_choices(recipe, ["pretrained", "full"], seeds=4, name="worth")


def test_shares_of_the_data_give_a_curve(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    train_with(monkeypatch, Invented(lambda r: r.data.train_share * 0.5 + (0.4 if r.model.weights == "pretrained" else 0.1)))
    verdict = api.compare_choices(recipe, ["pretrained", "scratch"], seeds=2, shares=(1.0, 0.1))["verdict"]
    assert [(point["arm"], point["share"]) for point in verdict["curve"]] == [
        (arm, share) for share in (0.1, 1.0) for arm in ("Pretrained", "From scratch")
    ]
    assert [pair["verdict"] for pair in verdict["pairs"]] == ["better", "better"]
    with pytest.raises(InputError, match="share of the images"):
        api.compare_choices(recipe, ["pretrained", "scratch"], shares=(10,))


def test_queued_first_then_stopped_then_gone_on_with(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.compare_choices(recipe, ["head", "full"], seeds=2, name="later", only_queue=True)["state"] == "waiting"
    control = Control()

    def stop(asked: Recipe, event: EpochEnded) -> None:
        if asked.training.seed == 4:
            control.stop()

    train_with(monkeypatch, Invented(lambda _: 0.8, stop))
    document = api.resume_study("later", control=control)
    assert (document["state"], document["done"]) == ("unfinished", 2)
    assert "one run each" in document["verdict"]["headline"]
    train_with(monkeypatch, Invented(lambda _: 0.8))
    assert api.resume_study("later")["verdict"]["headline"].startswith("No detectable difference between the two (95% interval")


def test_a_run_with_other_weights_since_then_is_judged_anew(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    train_with(monkeypatch, Invented(lambda _: 0.8))
    entry = api.compare_choices(recipe, ["head", "full"], seeds=2, name="longer")["entries"][0]
    os.utime(Run(Path(entry["run"])).best, (time.time() + 10,) * 2)  # it was trained longer, by itself
    document = api.study("longer")
    assert document["why"].startswith("1 run of it had other weights since they were judged")
    assert sorted(len(arm["runs"]) for arm in document["verdict"]["arms"]) == [1, 2]

    def judge(folder: Any, entry: Any, *_: Any) -> None:
        leave(Run(Path(entry.run)), right(0.9, entry.seed))

    monkeypatch.setattr(comparison, "judge", judge)
    document = api.resume_study("longer")
    assert (document["why"], document["done"]) == ("", 4)
    assert sorted(len(arm["runs"]) for arm in document["verdict"]["arms"]) == [2, 2]


def made(recipe: Recipe, seed: int, quality: float, **changes: Any) -> str:
    run = Run.create(recipe.set({"training.seed": seed, **changes}))
    leave(run, right(quality, seed))
    return run.name


def test_verdict_on_any_runs_groups_what_differs_in_the_seed_alone(recipe: Recipe) -> None:
    names = [made(recipe, seed, quality, **{"optimizer.lr": lr}) for lr, quality in ((0.01, 0.9), (0.1, 0.6)) for seed in (1, 2, 3)]
    said = api.verdict(names)
    assert [arm["name"] for arm in said["arms"]] == ["Head's rate 0.01", "Head's rate 0.1"]
    assert said["pairs"][0]["verdict"] == "better"
    assert said["arms"][0]["seeds"] == [1, 2, 3]
    assert api.verdict(names[:3])["headline"].startswith("These 3 runs differ in the seed alone: accuracy ")
    full = Run.create(recipe.with_strategy("full"))
    leave(full, right(0.9, 5))
    assert [arm["name"] for arm in api.verdict([names[0], str(full.path)])["arms"]] == ["Head only", "Everything"]


def test_masks_are_compared_by_the_mean_iou_of_each_picture(recipe: Recipe) -> None:
    names = []
    for lr, value in ((0.01, 0.7), (0.1, 0.5)):
        for seed in (1, 2, 3):
            run = Run.create(recipe.set({"data.task": "segmentation", "training.seed": seed, "optimizer.lr": lr}))
            run.best.write_bytes(b"")
            pictures = [(f"/data/{i}", value + 0.01 * (i % 7) + 0.002 * seed) for i in range(20)]
            images = [
                OverlayImage(Path(f"{name}.png"), truth=Path(f"{name}_mask.png"), iou=iou) for name, iou in [*pictures, ("/void", None)]
            ]
            write(run.path / "evaluations" / "val", OverlayIndex([], images))
            run.write_json("receipt.json", {"data": {"root": "/data"}})
            run.write_json("summary.json", {"task": "segmentation", "metrics": {"val_mean_iou": value}, "epochs": 2, "seconds": 1.0})
            names.append(run.name)
    said = api.verdict(names)
    assert (said["metric"], said["n"]) == ("mean_iou", 20)
    assert said["pairs"][0]["difference"] == pytest.approx(0.2)
    assert said["pairs"][0]["verdict"] == "better"
    assert "mean IoU of its own classes" in said["detail"]
    with pytest.raises(InputError, match="cannot be compared"):
        api.verdict([names[0], made(recipe, 1, 0.9)])


def test_verdict_on_runs_that_cannot_be_compared(recipe: Recipe) -> None:
    one, other = made(recipe, 1, 0.9), Run.create(recipe.set({"training.seed": 2}))
    with pytest.raises(InputError, match="not finished"):
        api.verdict([one, other.name])
    leave(other, right(0.9, 2)[:50])
    with pytest.raises(InputError, match="not judged by the same images"):
        api.verdict([one, other.name])
    (other.path / "evaluations" / "val.npz").write_bytes(b"torn")
    with pytest.raises(InputError, match="is not known"):
        api.verdict([one, other.name])


def test_tiny_pictures_for_real(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", n=8)
    changes = {"data.path": str(photos), "data.image_size": 32, "model.weights": "random", "training.batch_size": 8, "training.threads": 1}
    recipe = Recipe().set({**BASE, **changes, "training.epochs": 1, "data.val_share": 0.5, "data.test_share": 0.0})
    arms = ["head", {"name": "Fast", "changes": {"optimizer.lr": 0.5}}]
    verdict = api.compare_choices(recipe, arms, seeds=1)["verdict"]
    assert verdict["n"] == 8
    assert [arm["name"] for arm in verdict["arms"]] == ["Head only", "Fast"]
    summaries = [Run.open(arm["runs"][0]).summary() or {} for arm in verdict["arms"]]
    assert [arm["accuracy"] for arm in verdict["arms"]] == pytest.approx([said["metrics"]["val_accuracy"] for said in summaries])
    assert "one run each" in verdict["headline"]

"""Several processes that train together on this machine come to what one process comes to, and notice when one of them is gone."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.pictures import class_folders
from tests.ranks import Together
from tests.scenes import pairs
from tlstudio import api
from tlstudio.data.row_store.segment_index import SegmentIndex
from tlstudio.errors import InputError, StudioError
from tlstudio.events import EpochEnded, Note, PrefixCached, RunFailed, RunStarted, Steps
from tlstudio.models.freezing import presets
from tlstudio.models.network import build
from tlstudio.recipe import Head, Recipe
from tlstudio.runs import Run
from tlstudio.training import agreement, out_of_memory
from tlstudio.training.distributed import Ranks, ranks
from tlstudio.training.fit import fit


def _recipe(data: Path, **changes: Any) -> Recipe:
    base = {"data.path": str(data), "data.image_size": 32, "training.epochs": 2, "data.test_share": 0.0, "training.device": "cpu"}
    return Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()})


def _trained_together(folder: Path, recipe: Recipe) -> Run:
    (folder / "recipe.toml").write_text(recipe.to_toml())
    together = Together(folder, ["train", str(folder / "recipe.toml"), "--run-dir", str(folder / "together")])
    assert together.codes() == [0, 0], together.said
    assert together.said[1] == ""  # only the first of them speaks
    return Run(folder / "together")


def _alone(folder: Path, recipe: Recipe) -> Run:
    run = Run.create(recipe.set({"training.batch_size": 2 * recipe.training.batch_size}), folder / "alone")
    api.train(run.recipe(), str(run.path))
    return run


def _losses(run: Run) -> list[float]:
    return [loss for event in run.events() if isinstance(event, Steps) for loss in event.loss]


def _judged(run: Run) -> list[Any]:
    said = [event for event in run.events() if isinstance(event, EpochEnded)]
    return [value for event in said for value in (event.train_loss, event.val_loss, event.val_accuracy)]


def _same(one: Run, other: Run, rounding: float = 1e-5) -> None:
    assert len(_losses(one)) > 2
    assert _losses(one) == pytest.approx(_losses(other), abs=rounding)
    assert _judged(one) == pytest.approx(_judged(other), abs=rounding)
    first, second = load_file(one.best), load_file(other.best)
    for name, tensor in first.items():
        torch.testing.assert_close(tensor, second[name], atol=10 * rounding, rtol=1e-4, msg=name)


def test_two_ranks_come_to_what_one_process_with_the_doubled_batch_comes_to(tmp_path: Path) -> None:
    """Everything learns, classes weigh differently, and 19 images make an uneven last batch."""
    recipe = _recipe(
        class_folders(tmp_path / "photos"),
        **{"model.name": "timm/test_vit", "model.weights": "random", "frozen.strategy": "full", "training.batch_size": 4},
        **{"data.image_size": 32, "training.ema": 0.9, "loss.options": {"class_weights": "own", "weights": {"ants": 3.0}}},
    )
    together = _trained_together(tmp_path, recipe)
    _same(together, _alone(tmp_path, recipe))
    receipt = together.receipt()
    assert receipt is not None
    assert receipt["ranks"] == {"size": 2, "backend": "gloo", "machines": 1}


def test_masks_whose_ignored_pixels_differ_from_rank_to_rank_weigh_the_same(tmp_path: Path) -> None:
    scenes = pairs(tmp_path / "scenes")
    for i, file in enumerate(sorted(scenes.glob("*/masks/*.png"))):
        labels = np.array(Image.open(file))
        labels[: 3 * i] = 255
        Image.fromarray(labels).save(file)
    head = Head(kind="lraspp", options={"width": 16})
    network = build("efficientnet_lite0", classes=4, head=head, task="segmentation", weights="random")
    frozen = (*presets(network)["head"], "head.cbr.1")  # its BatchNorm would learn from each rank's own pictures
    recipe = _recipe(
        scenes,
        **{"data.task": "segmentation", "head.kind": head.kind, "head.options": head.options, "training.batch_size": 2},
        **{"frozen.strategy": "custom", "frozen.paths": frozen},
    )
    _same(_trained_together(tmp_path, recipe), _alone(tmp_path, recipe))


def _rows(home: Path) -> dict[str, bytes]:
    """What is kept of a frozen part, by key."""
    out = {}
    for file in (home / "cache" / "prefix").glob("*/*.index"):
        index, data = SegmentIndex.decode(file.read_bytes()), file.with_suffix(".rows").read_bytes()
        for key, offset, form in zip(index.keys, index.offsets, index.row_forms, strict=True):
            assert key not in out, "somebody made it twice"
            out[key] = data[offset : offset + index.forms[form].nbytes]
    return out


def test_a_study_goes_on_after_runs_that_fail_and_ranks_share_what_is_computed_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run fails on both ranks, the second on one of them, while the other waits for its gradients."""
    photos = class_folders(tmp_path / "photos", n=60)  # several batches of a frozen part
    sound = _recipe(photos, **{"training.batch_size": 8, "data.task": "classification"})
    whole = {"frozen.strategy": "full", "model.name": "timm/test_vit", "model.weights": "random"}
    runaway = sound.set({**whole, "training.guard": False})
    spoiled = sound.set({**whole, "data.path": str(class_folders(tmp_path / "spoiled", first=500))})
    for title, recipe in (("runaway", runaway), ("spoiled", spoiled), ("sound", sound)):
        api.enqueue(recipe, name="q", title=title)
    together = Together(tmp_path, ["study", "resume", "q"], troubled=True)
    assert together.codes() == [0, 0], together.said
    assert together.said[1] == ""
    first, second, third = api.study("q")["entries"]
    assert [one["state"] for one in (first, second, third)] == ["failed", "failed", "done"], together.said
    assert "The loss is no number any more" in first["why"]
    assert "Number 2" in second["why"]
    assert "it went away" in second["why"]
    run = Run(Path(third["run"]))
    assert (run.summary() or {})["ranks"] == 2

    makers = {file.name.split("-")[1] for file in (home / "cache" / "prefix").rglob("*.rows")}
    assert makers == {str(process.pid) for process in together.ranks}
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "other"))
    alone = _alone(tmp_path, sound)
    assert _rows(home) == _rows(tmp_path / "other")
    assert _kept(run).computed == _kept(alone).computed == 120
    _same(run, alone)


def _kept(run: Run) -> PrefixCached:
    return next(event for event in run.events() if isinstance(event, PrefixCached))


def test_a_rank_that_is_killed_ends_the_other_with_a_message_and_one_process_can_go_on(tmp_path: Path) -> None:
    recipe = _recipe(class_folders(tmp_path / "photos"), **{"training.epochs": 100_000, "training.batch_size": 4})
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    run = Run(tmp_path / "run")
    together = Together(tmp_path, ["train", str(tmp_path / "recipe.toml"), "--run-dir", str(run.path)])
    until = time.monotonic() + 100
    while not run.best.exists():
        assert time.monotonic() < until, together.said
        time.sleep(0.02)
    together.ranks[1].kill()
    killed = time.monotonic()
    assert together.codes()[0] == 1
    assert time.monotonic() - killed < 40  # long before those that wait for it would give up
    *_, last = run.events()
    assert isinstance(last, RunFailed)
    assert last.what == "One of the 2 processes that train together ended"
    assert "number 2" in last.why
    assert "tlstudio: One of the 2 processes that train together ended." in together.said[0]
    assert not run.is_live()

    done = max(event.epoch for event in run.events() if isinstance(event, EpochEnded))
    said = list(fit(recipe.set({"training.epochs": done + 1}), run))
    began = next(event for event in said if isinstance(event, RunStarted))
    assert began.resumed_from is not None
    assert began.steps_per_epoch == 3  # of 19 images, 8 at a time as before
    assert any("began with 2 processes and goes on with 1" in event.message for event in said if isinstance(event, Note))
    assert run.summary() is not None


def test_alone_nothing_of_torch_distributed_is_touched() -> None:
    assert ranks().size == 1
    assert ranks().main
    order, cuts = [3, 1, 2, 0], [(0, 2), (2, 4)]
    assert ranks().share(order, cuts) == (order, cuts)
    assert ranks().until_reading is None


def test_batchnorm_that_learns_on_several_ranks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "ranks", lambda: Ranks(0, 2))
    cpu = torch.device("cpu")
    assert len(list(agreement.remarks(Recipe(), cpu, 2, {"classifier.weight"}))) == 1
    assert "BatchNorm" in list(agreement.remarks(Recipe(), cpu, 2, {"features.1.running_mean"}))[1].message


def test_ranks_that_are_not_alike_are_all_refused() -> None:
    agreement.check_alike([("cuda", "data", "here 1"), ("cuda", "data", "here 2"), ("cuda", "data", "there 1")])
    agreement.check_alike([("cpu", "data", ""), ("cpu", "data", "")])
    for other, said in (
        (("cpu", "data", ""), "Process 2 would train on cpu, the first one on cuda"),
        (("cuda", "others", "here 2"), "Process 2 does not see the images"),
        (("cuda", "data", "here 1"), "Processes 1 and 2 would train on the same graphics card"),
    ):
        with pytest.raises(InputError, match=said):
            agreement.check_alike([("cuda", "data", "here 1"), other])


def test_what_torchrun_would_say_and_nobody_said_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from tlstudio.training.together import Together as Real

    for name, value in (("RANK", "1"), ("WORLD_SIZE", "4"), ("LOCAL_RANK", "1"), ("MASTER_PORT", "29500")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(InputError, match="one of several processes, and MASTER_ADDR is not set"):
        Real.from_environment()


def test_a_rank_that_runs_out_of_memory_says_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def step() -> None:
        raise MemoryError

    monkeypatch.setattr(out_of_memory, "ranks", lambda: Ranks(0, 2))
    learner: Any = SimpleNamespace(training_modules=list, device=torch.device("cpu"), at_once=lambda n: n)
    with pytest.raises(StudioError, match=r"ran out of memory with 8 images at once.*Choose a smaller training\.batch_size"):
        next(out_of_memory.Fitting(learner).made(8, step))

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.pictures import class_folders
from tests.scenes import pairs, scene
from tlstudio import api
from tlstudio.control import Control
from tlstudio.data import masks
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event
from tlstudio.models.folded_network import folded_network
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.training import budget, estimate
from tlstudio.training.learner import Learner
from tlstudio.training.rank_environment import cores

CPU = {"training.device": "cpu"}
SMALL = CPU | {"model.name": "mobilenet_v3_small", "data.image_size": 64, "training.batch_size": 4, "training.epochs": 5}


def estimated(recipe: Recipe, **more: object) -> dict[str, object]:
    return api.estimate(recipe, **{"classes": 3, "n_train": 40, "n_val": 10, **more})  # type: ignore[arg-type]


def test_a_whole_network_is_measured_once_and_worked_out_for_any_number_of_images() -> None:
    recipe = Recipe().set(SMALL).with_strategy("full").set({"training.epochs": 5, "stages.head_epochs": 0})
    first, again = estimated(recipe), estimated(recipe, n_train=80)
    assert first["steps"] == 3
    assert again["steps"] == 0  # kept from before
    assert first["features_kept"] is False
    assert first["learning"] == first["params"]
    step = float(first["step_seconds"])  # type: ignore[arg-type]
    assert float(again["epoch_seconds"]) == pytest.approx(float(first["epoch_seconds"]) + 10 * step)  # type: ignore[arg-type]
    judging = float(first["epoch_seconds"]) - 10 * step  # type: ignore[arg-type]
    assert first["run_seconds"] == pytest.approx(first["once_seconds"] + 5 * first["epoch_seconds"] + judging)  # type: ignore[operator]
    assert first["kept_bytes"] == 50 * 3 * 64 * 64
    assert int(first["peak_bytes"]) > 50_000_000  # type: ignore[call-overload]


def test_a_step_of_several_batches_takes_so_many_passes_and_an_epoch_as_long_as_before() -> None:
    recipe = Recipe().set(SMALL).with_strategy("full").set({"training.epochs": 5, "stages.head_epochs": 0})
    one, four = estimated(recipe), estimated(recipe.set({"training.accumulate": 4}))
    assert four["steps"] == 0  # what was measured is one pass
    assert four["step_seconds"] == pytest.approx(4 * float(one["step_seconds"]))  # type: ignore[arg-type]
    assert four["epoch_seconds"] == one["epoch_seconds"]
    assert int(four["peak_bytes"]) - int(one["peak_bytes"]) == 12 * 4 * 3 * 64 * 64  # type: ignore[call-overload]


def test_head_only_costs_one_pass_and_then_next_to_nothing() -> None:
    said = estimated(Recipe().set(SMALL))
    assert said["features_kept"] is True
    assert said["learning"] == 1024 * 3 + 3
    assert said["kept_bytes"] == 50 * 1024 * 4
    assert float(said["epoch_seconds"]) < float(said["once_seconds"])  # type: ignore[arg-type]


def test_what_is_kept_is_timed_through_the_network_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def slow(network: Network, shape: tuple[int, int]) -> Network | None:
        twin = folded_network(network, shape)
        assert twin is not None
        features = twin.features
        monkeypatch.setattr(twin, "features", lambda images: (time.sleep(0.4), features(images))[1])
        made.append(twin)
        return twin

    monkeypatch.setattr(estimate, "folded_network", slow)
    said = estimated(Recipe().set(SMALL | {"training.batch_size": 5}))  # of which nothing is known yet
    assert len(made) == 1
    assert float(said["once_seconds"]) > 50 * 0.4 / estimate.FEW  # type: ignore[arg-type]
    estimated(Recipe().set(SMALL | {"training.batch_size": 5}).with_strategy("full").set({"stages.head_epochs": 0}))
    assert len(made) == 1  # where it is not kept the whole network is what runs


MASKS = CPU | {"data.task": "segmentation", "head.kind": "lraspp", "training.epochs": 2, "training.batch_size": 2}


def test_scenes_are_measured_at_the_shape_that_training_gives_them(tmp_path: Path) -> None:
    """JPEG files may be decoded at a reduced scale, which is not their size."""
    scenes = [tmp_path / f"{i}.jpg" for i in range(3)]
    for i, path in enumerate(scenes):
        Image.fromarray(scene(i, 160, 128)[0]).save(path)
    recipe = Recipe().set(MASKS).with_strategy("full").set({"augment.enabled": False, "stages.head_epochs": 0})
    said = estimated(recipe, samples=[str(path) for path in scenes])
    assert said["kept_bytes"] == 50 * 3 * 128 * 160


def test_maps_without_room_are_made_anew_in_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe().set(MASKS | {"data.image_size": 64})
    assert estimated(recipe)["features_kept"] is True
    monkeypatch.setattr(budget, "MEMORY", 1000)
    monkeypatch.setattr(estimate, "limit", lambda: 1000)
    said = estimated(recipe)
    assert said["features_kept"] is False
    assert said["steps"] == 3
    assert float(said["epoch_seconds"]) > 20 * float(said["step_seconds"])  # type: ignore[arg-type]
    assert estimated(recipe)["steps"] == 0


def test_what_changes_the_cost_is_measured_anew_and_what_does_not_is_not() -> None:
    recipe = Recipe().set(SMALL)
    estimated(recipe)
    assert estimated(recipe.set({"optimizer.lr": 0.5, "training.seed": 3, "training.epochs": 9}))["steps"] == 0
    assert estimated(recipe.set({"training.batch_size": 8}))["steps"] == 3
    assert estimated(recipe, classes=4)["steps"] == 3


def test_decoding_of_the_pictures_is_counted(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos")
    pictures = [str(path) for path in sorted(photos.rglob("*.*"))[:4]]
    recipe = Recipe().set(SMALL).with_strategy("full").set({"augment.enabled": True, "stages.head_epochs": 0})
    plain, read = estimated(recipe), estimated(recipe, samples=pictures)
    assert float(read["epoch_seconds"]) > float(plain["epoch_seconds"])  # type: ignore[arg-type]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"nothing")
    assert estimated(recipe, samples=[str(broken)])["epoch_seconds"] == plain["epoch_seconds"]


def test_it_can_be_cancelled_between_two_steps() -> None:
    control = Control()

    def tell(event: Event) -> None:
        control.cancel()

    with pytest.raises(Cancelled):
        api.estimate(Recipe().set(SMALL), classes=3, n_train=40, n_val=10, tell=tell, control=control)


def test_own_class_weights_need_no_names_here() -> None:
    own = {"loss.options": {"class_weights": "own", "weights": {"ants": 2.0}}}
    assert estimated(Recipe().set(SMALL | own))["steps"] == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data.image_size": 8}, "cannot take images of 8 x 8 pixels"),
        ({"training.batch_size": 1, "head.kind": "mlp", "head.options.batch_norm": True}, "too little to learn from"),
    ],
)
def test_what_cannot_be_trained_is_told(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        estimated(Recipe().set(SMALL | changes))
    with pytest.raises(InputError, match="nothing to estimate"):
        estimated(Recipe().set(SMALL), classes=0)


def test_a_batch_is_never_larger_than_the_images_are_many() -> None:
    recipe = Recipe().set(SMALL)
    estimated(recipe, n_train=3)
    assert estimated(recipe.set({"training.batch_size": 65_536}), n_train=3)["steps"] == 0  # the very same steps


def test_stages_are_counted_one_by_one_and_together() -> None:
    plain = Recipe().set(SMALL).with_strategy("full").set({"training.epochs": 5, "stages.head_epochs": 0})
    one, two = estimated(plain), estimated(plain.set({"stages.head_epochs": 7}))
    head, full = two["stages"]  # type: ignore[misc]
    assert (head["learns"], head["epochs"], head["kept"]) == ("head", 7, "features")
    assert (full["learns"], full["epochs"], full["kept"]) == ("everything", 5, "none")
    assert two["epoch_seconds"] == full["epoch_seconds"] == one["epoch_seconds"]
    added = float(two["run_seconds"]) - float(one["run_seconds"])  # type: ignore[arg-type]
    assert added == pytest.approx(head["once_seconds"] + 7 * head["epoch_seconds"])
    assert float(two["warm_seconds"]) == pytest.approx(float(two["run_seconds"]) - head["once_seconds"])  # type: ignore[arg-type]


def test_what_frozen_layers_in_front_save_is_taken_off_each_epoch_and_paid_once() -> None:
    recipe = Recipe().set(SMALL).with_strategy("last-block").set({"training.epochs": 500, "stages.head_epochs": 0})
    kept, exact = estimated(recipe, n_train=4000), estimated(recipe.set({"training.cache": "exact"}), n_train=4000)
    assert kept["stages"][0]["kept"] == "prefix"  # type: ignore[index]
    assert exact["stages"][0]["kept"] == "none"  # type: ignore[index]
    through = 4000 / 4 * float(kept["step_seconds"])  # type: ignore[arg-type]
    assert through <= float(kept["epoch_seconds"]) < through + 10  # type: ignore[arg-type]
    assert float(kept["once_seconds"]) > float(exact["once_seconds"])  # type: ignore[arg-type]
    assert float(kept["warm_seconds"]) < float(kept["run_seconds"])  # type: ignore[arg-type]
    short = estimated(recipe.set({"training.epochs": 2}), n_train=40)
    assert short["stages"][0]["kept"] == "none"  # type: ignore[index]


def test_reading_of_masks_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe().set(MASKS | {"data.image_size": 64, "data.path": str(pairs(tmp_path / "scenes"))})
    document = api.scan(recipe.data.path, recipe=recipe)
    lines = [json.loads(line) for line in Path(document["index"]).read_text().splitlines()]
    read = masks.read

    def slow(*given: Any, **more: Any) -> masks.Labels:
        time.sleep(0.02)
        return read(*given, **more)

    monkeypatch.setattr(masks, "read", slow)
    plain = estimated(recipe)
    known = {"masks": [line["mask"] for line in lines], "coding": document["coding"]}
    said = estimated(recipe, **known)
    once, run, warm = (
        float(said[name]) - float(plain[name])  # type: ignore[arg-type]
        for name in ("once_seconds", "run_seconds", "warm_seconds")
    )
    assert min(once, run) > 50 * 0.02 / cores()
    assert 10 * 0.02 / cores() < warm < once / 2  # masks to learn from lie with what is kept
    assert said["epoch_seconds"] == plain["epoch_seconds"]
    assert estimated(recipe, masks=[str(tmp_path / "gone.png")], coding=document["coding"])["run_seconds"] == plain["run_seconds"]
    with pytest.raises(InputError, match="how the masks are coded"):
        estimated(recipe, masks=known["masks"], coding={"kind": "index"})


def test_a_batch_that_does_not_fit_into_memory_is_measured_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe().set(SMALL).with_strategy("full").set({"stages.head_epochs": 0})
    forward, most, passes = Learner._forward, 2, 0

    def tight(self: Learner, module: Any, inputs: Any, labels: torch.Tensor, *more: Any) -> Any:
        nonlocal passes
        if len(labels) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        passes += 1
        return forward(self, module, inputs, labels, *more)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "_forward", tight)
        said = estimated(recipe)
        assert passes == (1 + estimate.STEPS) * 2  # each step of all four images
        assert "not enough memory for 4 images at once: measured with 2 at a time" in str(said["note"])
        assert estimated(recipe)["steps"] == 3  # what memory there is now says nothing of another time
        most = 0
        with pytest.raises(StudioError, match="ran out of memory with a single image"):
            estimated(recipe)
    whole = estimated(recipe)
    assert (whole["steps"], whole["note"]) == (3, "")
    assert estimated(recipe)["steps"] == 0

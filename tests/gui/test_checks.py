"""The checklist before the start: what is in order, what warns, what stops, and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tlstudio.gui.checks import Check, checks
from tlstudio.gui.model_choice import other_task
from tlstudio.recipe import Recipe

Document = dict[str, Any]


def _by_key(
    data: Document, recipe: Recipe | None = None, layers: Document | None = None, objections: dict[str, str] | None = None
) -> dict[str, Check]:
    return {check.key: check for check in checks(data, layers or {}, recipe or Recipe(), objections or {})}


def test_a_good_data_set_with_the_defaults_is_all_in_order(data_document: Document) -> None:
    found = _by_key(data_document)
    assert {check.level for check in found.values()} == {"good"}
    assert found["images"].text == "100 images can be read"
    assert "Seed 7" in found["seed"].text
    assert found["weights"].text == "Pretrained weights are built in"


def test_files_that_are_left_out_are_counted(data_document: Document) -> None:
    data_document["problem_counts"] = {"truncated": 7, "empty_file": 2, "small": 4}
    check = _by_key(data_document)["images"]
    assert (check.level, check.text, check.page) == ("warn", "9 of 109 files are left out", "data")


def test_one_class_or_no_validation_stops_the_run(data_document: Document) -> None:
    data_document["classes"][1]["count"] = 0
    data_document["splits"] = {"train": 50, "val": 0, "test": 0}
    found = _by_key(data_document, Recipe().set({"data.val_share": 0.0}))
    assert found["classes"].level == "bad"
    assert found["val"].level == "bad"
    assert found["val"].changes == {"data.val_share": 0.2}


def test_leaks_warn_and_can_be_fixed(data_document: Document) -> None:
    data_document["problem_counts"] = {"leak": 3}
    check = _by_key(data_document)["leak"]
    assert (check.level, check.text, check.remedy) == ("warn", "3 duplicates across splits", "leak")


def test_weights(data_document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert _by_key(data_document, Recipe().set({"model.name": "resnet18"}))["weights"].level == "warn"
    assert _by_key(data_document, Recipe().set({"model.weights": str(tmp_path / "gone.pt")}))["weights"].level == "bad"
    (tmp_path / "mine.pt").write_bytes(b"x")
    assert "mine.pt" in _by_key(data_document, Recipe().set({"model.weights": str(tmp_path / "mine.pt")}))["weights"].text
    assert "random" in _by_key(data_document, Recipe().with_strategy("scratch"))["weights"].text


def test_batchnorm_that_moves_warns_and_is_mended(data_document: Document) -> None:
    recipe = Recipe().set({"frozen.batchnorm": "train"})
    check = _by_key(data_document, recipe)["batchnorm"]
    assert check.level == "warn"
    assert recipe.set(check.changes).frozen.batchnorm == "eval"
    assert "batchnorm" not in _by_key(data_document, Recipe().with_strategy("full"))
    assert "batchnorm" not in _by_key(data_document, layers={"rows": [{"batchnorm": False}], "totals": {"params": 1}})


def test_too_little_room_on_the_disk_stops_the_run(data_document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = {"rows": [{"batchnorm": True}], "totals": {"params": 25_000_000}}
    usage = type("Usage", (), {"free": 100_000_000})
    monkeypatch.setattr(psutil, "disk_usage", lambda path: usage)
    check = _by_key(data_document, layers=layers)["disk"]
    assert (check.level, check.text) == ("bad", "Disk: 100 MB free, needs 500 MB")
    usage.free = 10**10
    assert _by_key(data_document, layers=layers)["disk"].level == "good"


def test_text_that_cannot_be_used_stops_the_run(data_document: Document) -> None:
    check = _by_key(data_document, objections={"optimizer.lr": "Head's rate has to be a number"})["fields"]
    assert (check.level, check.text) == ("bad", "Head's rate has to be a number")


def test_a_model_for_masks_is_not_trained_on_classes(data_document: Document) -> None:
    recipe = Recipe().set({"model.name": "fcn_resnet50", "model.weights": "random"})
    check = _by_key(data_document, recipe)["task"]
    assert (check.level, check.page) == ("bad", "model")
    assert check.text == "FCN ResNet-50 makes masks, and these images have none"
    assert "task" not in _by_key(data_document)


def test_losses_of_the_other_task_and_of_two_classes_are_mended(scenes: Document) -> None:
    masks = other_task(Recipe(), "segmentation")
    assert "loss" not in _by_key(scenes, masks)
    check = _by_key(scenes, masks.set({"loss.kind": "hinge"}))["loss"]
    assert (check.level, check.changes["loss.kind"]) == ("bad", "cross_entropy")
    check = _by_key(scenes, masks.set({"loss.kind": "bce"}))["loss"]
    assert "for two classes, and there are 3" in check.text
    two = {**scenes, "classes": scenes["classes"][:2]}
    assert "loss" not in _by_key(two, masks.set({"loss.kind": "bce"}))


def test_a_head_that_does_not_fit_stops_the_run(scenes: Document) -> None:
    masks = other_task(Recipe(), "segmentation")
    assert "head" not in _by_key(scenes, masks)
    check = _by_key(scenes, masks.set({"head.kind": "linear"}))["head"]
    assert (check.level, check.page) == ("bad", "model")


def test_pairs_that_cannot_be_used_are_counted(scenes: Document) -> None:
    counts = {"mask_size": 2, "missing_mask": 1, "corrected": 1}
    check = _by_key({**scenes, "problem_counts": counts}, other_task(Recipe(), "segmentation"))["images"]
    assert check.text == "3 of 9 files are left out"
    assert "masks" in check.tip
    lossy = [{"kind": "lossy_mask", "path": path, "message": "", "level": "bad"} for path in ("/a.jpg", "")]
    judged = {**scenes, "problems": lossy, "problem_counts": {"lossy_mask": 2}}
    assert _by_key(judged, other_task(Recipe(), "segmentation"))["images"].text == "1 of 7 files are left out"


@pytest.mark.parametrize(
    ("strategy", "changes", "said"),
    [
        ("head", {"optimizer.lr": 100.0}, "The head's rate, 100, is far too high"),
        ("head", {"optimizer.backbone_lr": 100.0}, ""),  # it rests
        ("full", {"optimizer.backbone_lr": 0.5}, "The backbone's rate, 0.5, is far too high"),
        ("full", {"stages.head_lr": 7.0}, "The head's rate, 7, is far too high"),
        ("head", {"optimizer.kind": "sgd", "optimizer.lr": 1.0}, ""),
        ("head", {"optimizer.lr": 1e-9}, "The head's rate, 1e-09, is so low that nothing will move"),
        ("gradual", {}, ""),
    ],
)
def test_absurd_rates_are_said_with_a_way_to_find_one(data_document: Document, strategy: str, changes: Document, said: str) -> None:
    found = checks(data_document, {}, Recipe().with_strategy(strategy).set(changes), {})
    rates = [check for check in found if check.key == "rates"]
    assert [check.text for check in rates] == ([said] if said else [])
    assert all((check.level, check.remedy, check.action) == ("warn", "find", "Find") for check in rates)

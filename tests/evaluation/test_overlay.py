"""The `overlay` job: what it opens from a run, a folder of predictions, a data set in any layout, and pictures alone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.pictures import picture
from tlstudio import api
from tlstudio.control import Control
from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Coding, Labels, MaskClass
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.errors import Cancelled, InputError
from tlstudio.events import Event, Note
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

NAMES = ("background", "leaf")
CODING = masks.own(NAMES, ((0, 0, 0), (0, 158, 115)))


def _labels(right: int, width: int = 48, height: int = 40) -> Labels:
    """A leaf as wide as `right` pixels, from the left edge."""
    labels = np.zeros((height, width), np.uint8)
    labels[:, :right] = 1
    return labels


def _set(root: Path, n: int = 3) -> Path:
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for i in range(n):
        picture(i, i).save(root / "images" / f"p{i}.png")
        masks.write(root / "masks" / f"p{i}.png", _labels(10 * (i + 1)), CODING)
    return root


def test_a_data_set_gives_its_pairs_as_truth(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    said = api.overlay(str(root))
    assert [one["name"] for one in said["classes"]] == ["background", "foreground"]
    assert (said["run"], said["split"]) == (None, None)
    assert [Path(image["path"]).name for image in said["images"]] == ["p0.png", "p1.png", "p2.png"]
    coding = Coding.from_json(said["coding"])
    for i, image in enumerate(said["images"]):
        assert np.array_equal(masks.read(Path(image["truth"]), coding), _labels(10 * (i + 1)))
        assert (image["prediction"], image["iou"], image["per_class"], image["split"]) == (None, None, [], None)
    assert json.loads(json.dumps(said)) == said


def test_every_split_is_there_and_says_which(tmp_path: Path) -> None:
    for split, n in (("train", 3), ("val", 2)):
        _set(tmp_path / "set" / split, n)
    said = api.overlay(str(tmp_path / "set"))
    assert sorted(str(image["split"]) for image in said["images"]) == ["train"] * 3 + ["val"] * 2


def test_masks_may_lie_elsewhere(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    (root / "masks").rename(tmp_path / "drawn")
    said = api.overlay(str(root / "images"), masks=str(tmp_path / "drawn"))
    assert {Path(image["truth"]).parent for image in said["images"]} == {tmp_path / "drawn"}


def test_pictures_alone_are_shown_too(tmp_path: Path) -> None:
    (tmp_path / "photos" / "more").mkdir(parents=True)
    for name in ("b.png", "more/a.jpg"):
        picture(0, 0).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    told: list[Event] = []
    said = api.overlay(str(tmp_path / "photos"), tell=told.append)
    assert [Path(image["path"]).name for image in said["images"]] == ["b.png", "a.jpg"]
    assert (said["classes"], said["coding"], said["images"][0]["truth"]) == ([], None, None)
    assert any(isinstance(event, Note) and "pictures alone" in event.message for event in told)


def test_one_picture_is_enough(tmp_path: Path) -> None:
    picture(0, 0).save(tmp_path / "a.png")
    assert [image["path"] for image in api.overlay(str(tmp_path / "a.png"))["images"]] == [str(tmp_path / "a.png")]


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no run"):
        api.overlay(str(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files"):
        api.overlay(str(tmp_path / "empty"))
    picture(0, 0).save(tmp_path / "a.png")
    with pytest.raises(InputError):
        api.overlay(str(tmp_path), masks=str(tmp_path / "empty"))


def test_pictures_whose_mask_is_unfit_are_left_out_and_told(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    masks.write(root / "masks" / "p1.png", _labels(5, width=30), CODING)
    told: list[Event] = []
    said = api.overlay(str(root), tell=told.append)
    assert [Path(image["path"]).name for image in said["images"]] == ["p0.png", "p2.png"]
    assert any(isinstance(event, Note) and event.message.startswith("1 picture without a mask") for event in told)


def _predictions(root: Path, folder: Path, widths: tuple[int, ...] = (10, 10, 48), coding: Coding = CODING) -> Path:
    images = []
    for i, width in enumerate(widths):
        masks.write(_made(folder) / f"p{i}.png", _labels(width), coding)
        images.append(OverlayImage(root / "images" / f"p{i}.png", folder / f"p{i}.png", shares=[1 - width / 48, width / 48]))
    overlay_index.write(folder, OverlayIndex([(one.name, one.colour) for one in coding.classes], images))
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def test_a_folder_of_predictions_opens_by_its_index(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    folder = _predictions(root, tmp_path / "said")
    said = api.overlay(str(folder))
    assert said == overlay_index.read(folder)
    assert [Path(image["prediction"]).parent for image in said["images"]] == [folder] * 3


def test_predictions_are_scored_against_masks_that_are_named(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    (root / "classes.txt").write_text("background\nleaf\n")
    (root / "masks" / "classes.txt").write_text("background\nleaf\n")
    folder = _predictions(root, tmp_path / "said")
    said = api.overlay(str(folder), masks=str(root / "masks"))
    exact, half, all_ = said["images"]
    assert (exact["iou"], exact["pixel_accuracy"], exact["per_class"]) == (1.0, 1.0, [1.0, 1.0])
    assert half["per_class"] == [28 / 38, 10 / 20]  # truth 20 columns of leaf, predicted 10, of 48
    assert half["iou"] == pytest.approx((28 / 38 + 0.5) / 2)
    assert half["pixel_accuracy"] == pytest.approx(38 / 48)
    assert all_["per_class"] == [0.0, 30 / 48]
    assert all_["shares"] == [0.0, 1.0]
    assert np.array_equal(masks.read(Path(half["truth"]), Coding.from_json(said["coding"])), _labels(20))


def test_masks_with_other_classes_are_refused(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    folder = _predictions(root, tmp_path / "said", coding=masks.own(("background", "cow"), ((0, 0, 0), (1, 2, 3))))
    with pytest.raises(InputError, match="different classes"):
        api.overlay(str(folder), masks=str(root / "masks"))


def test_classes_in_another_order_are_matched_by_name(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    (root / "masks" / "classes.txt").write_text("background\nleaf\n")
    other = Coding("index", (MaskClass("leaf", 0, (0, 158, 115)), MaskClass("background", 1, (0, 0, 0))), (255,))
    folder = tmp_path / "said"
    masks.write(_made(folder) / "p0.png", 1 - _labels(10), other)
    index = OverlayIndex(
        [("leaf", (0, 158, 115)), ("background", (0, 0, 0))], [OverlayImage(root / "images" / "p0.png", folder / "p0.png")]
    )
    overlay_index.write(folder, index)
    assert api.overlay(str(folder), masks=str(root / "masks"))["images"][0]["per_class"] == [1.0, 1.0]


def test_a_prediction_that_cannot_be_read_spoils_no_other(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    (root / "masks" / "classes.txt").write_text("background\nleaf\n")
    folder = _predictions(root, tmp_path / "said")
    (folder / "p0.png").write_bytes(b"no picture")
    told: list[Event] = []
    said = api.overlay(str(folder), masks=str(root / "masks"), tell=told.append)
    assert (said["images"][0]["iou"], said["images"][2]["pixel_accuracy"]) == (None, pytest.approx(30 / 48))
    assert said["images"][0]["truth"] is not None
    assert any(isinstance(event, Note) and "p0.png" in event.message for event in told)


def test_a_corrected_prediction_is_told_beside_the_one_of_the_run(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    (root / "masks" / "classes.txt").write_text("background\nleaf\n")
    folder = _predictions(root, tmp_path / "said")
    masks.write(tmp_path / "painted.png", _labels(24), CODING)
    api.correct_mask(str(root / "images" / "p1.png"), str(tmp_path / "painted.png"), CODING.to_json(), str(folder / "p1.png"))
    image = api.overlay(str(folder))["images"][1]
    assert image["prediction"] == str(folder / "p1.png")
    assert (image["corrected"], image["corrected_iou"], image["iou"]) == (str(folder / "p1.corrected.png"), None, None)
    assert "corrected" not in api.overlay(str(folder))["images"][0]
    (folder / "p1.corrected.png").rename(tmp_path / "kept.png")
    before = api.overlay(str(folder), masks=str(root / "masks"))["images"][1]
    (tmp_path / "kept.png").rename(folder / "p1.corrected.png")
    image = api.overlay(str(folder), masks=str(root / "masks"))["images"][1]
    assert {key: image[key] for key in before} == before  # no figure of the run is other than it was
    assert image["corrected_iou"] == pytest.approx((24 / 28 + 20 / 24) / 2)
    later = (folder / "p1.corrected.png").stat().st_mtime_ns + 10**9
    os.utime(folder / "p1.png", ns=(later, later))  # predicted anew
    assert "corrected" not in api.overlay(str(folder))["images"][1]


def test_a_correction_that_cannot_be_read_spoils_nothing(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    folder = _predictions(root, tmp_path / "said")
    (folder / "p1.corrected.png").write_bytes(b"no picture")
    told: list[Event] = []
    image = api.overlay(str(folder), tell=told.append)["images"][1]
    assert (image["prediction"], image["corrected_iou"]) == (str(folder / "p1.png"), None)
    assert any(isinstance(event, Note) and "p1.corrected.png" in event.message for event in told)


def test_a_corrected_truth_is_taken_whenever_the_index_was_written(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    folder = tmp_path / "said"
    masks.write(_made(folder) / "p0.png", _labels(10), CODING)
    image = OverlayImage(root / "images" / "p0.png", folder / "p0.png", root / "masks" / "p0.png", iou=1.0, per_class=[1.0, 1.0])
    overlay_index.write(folder, OverlayIndex([(one.name, one.colour) for one in CODING.classes], [image], CODING))
    masks.write(tmp_path / "painted.png", _labels(20), CODING)
    api.correct_mask(str(root / "images" / "p0.png"), str(tmp_path / "painted.png"), CODING.to_json(), str(root / "masks" / "p0.png"))
    said = api.overlay(str(folder))["images"][0]
    assert said["truth"] == str(root / "masks" / "p0.corrected.png")
    assert said["per_class"] == [28 / 38, 0.5]


def test_cancel_is_heeded(tmp_path: Path) -> None:
    root = _set(tmp_path / "set")
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        api.overlay(str(root), control=control)


def _run(tmp_path: Path, task: str = "segmentation") -> Run:
    made = Run.create(Recipe.parse({"data": {"path": str(tmp_path), "task": task}}), tmp_path / "run")
    made.best.write_bytes(b"weights")
    return made


def test_a_run_opens_its_newest_evaluation_and_makes_none_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run(tmp_path)
    asked: list[str] = []

    def evaluate(of: Run, *, split: str, **_: Any) -> dict[str, Any]:
        asked.append(split)
        folder = of.path / "evaluations" / split
        overlay_index.write(folder, OverlayIndex([("leaf", (1, 2, 3))], [OverlayImage(tmp_path / "a.png")], run=of.path, split=split))
        return {"masks": str(folder)}

    monkeypatch.setitem(sys.modules, "tlstudio.evaluation.evaluate", SimpleNamespace(evaluate=evaluate))  # spares torch
    said = api.overlay(str(run.path), split="test")
    assert (said["run"], said["split"], asked) == (str(run.path), "test", ["test"])
    assert api.overlay(str(run.path), split="test") == said
    assert asked == ["test"]
    later = (run.path / "evaluations" / "test" / "index.json").stat().st_mtime_ns + 10**9
    os.utime(run.best, ns=(later, later))  # better weights
    api.overlay(str(run.path), split="test")
    assert asked == ["test", "test"]
    run.best.unlink()
    api.overlay(str(run.path), split="test")
    assert asked == ["test", "test"]


def test_a_run_that_classifies_has_no_masks(tmp_path: Path) -> None:
    run = _run(tmp_path, "classification")
    with pytest.raises(InputError, match="makes no masks"):
        api.overlay(str(run.path))

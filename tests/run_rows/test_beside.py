"""Two runs beside each other: differing settings, classes, images that only one gets right."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from tlstudio import api, places
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.run_rows import judged, settings
from tlstudio.run_rows.judged import mcnemar
from tlstudio.runs import Run
from tlstudio.studies import judged as studied

CLASSES = ["ants", "bees"]


def made(name: str, said: list[int], *, root: str = "/photos", classes: list[str] = CLASSES, **changes: object) -> Run:
    """A run that answered `said` for six images, three of each class."""
    run = Run.create(Recipe().set({"name": name, **changes}), places.runs() / name)
    run.best.write_bytes(b"")
    probabilities = np.eye(2, dtype=np.float32)[said]
    names = json.dumps({"classes": classes, "paths": [f"{root}/{i // 3}/{i}.jpg" for i in range(6)]}).encode()
    (run.path / "evaluations").mkdir()
    file = run.path / "evaluations" / "val.npz"
    np.savez(
        file, names=np.frombuffer(names, np.uint8), truth=np.array([0, 0, 0, 1, 1, 1]), probabilities=probabilities,
        loss=np.zeros(6, np.float32),
    )  # fmt: skip
    run.write_json("summary.json", {"metrics": {"val_accuracy": 0.5}})
    return run


def test_what_only_one_got_right() -> None:
    a, b = made("a", [0, 0, 0, 0, 0, 1]), made("b", [1, 0, 0, 1, 1, 1], **{"optimizer.lr": 0.5})
    first, second = api.compare([str(a.path), str(b.path)])
    assert first["against_first"] is None
    assert (first["settings"], second["settings"]) == ({"optimizer.lr": 0.01}, {"optimizer.lr": 0.5})
    said = second["against_first"]
    assert (said["n"], said["only_this_right"], said["only_first_right"]) == (6, 2, 1)
    assert said["p_value"] == 1.0
    gaps = {one["name"]: (round(one["difference"], 6), one["n"]) for one in said["per_class"]}
    assert gaps == {"ants": (-0.333333, 3), "bees": (0.666667, 3)}


def test_the_same_images_on_another_computer() -> None:
    a, b = (judged.read(one, "") for one in (made("a", [0] * 6), made("b", [1] * 6, root="/scratch/me")))
    found = judged.pair(a, b)
    assert found.only_first.tolist() == [0, 1, 2]
    assert found.only_second.tolist() == [3, 4, 5]


def test_an_evaluation_is_good_as_long_as_the_weights_are_not_newer() -> None:
    run = made("a", [0] * 6)
    file = judged.file_of(run, "")
    os.utime(run.best, ns=(0, file.stat().st_mtime_ns + 10**9))
    assert not judged.is_judged(run, "")
    assert studied.known_scores(run, "val") is None
    run.best.unlink()  # brought here without its weights: what it said of its images is known all the same
    assert judged.is_judged(run, "")
    assert sorted(studied.known_scores(run, "val").values()) == [0.0] * 3 + [1.0] * 3


def test_what_cannot_be_compared_says_why() -> None:
    a, other = made("a", [0] * 6), made("other", [0] * 6, classes=["ants", "wasps"])
    assert "wasps" in api.compare([a.name, other.name])[1]["why_not"]
    none = Run.create(Recipe(), places.runs() / "none")
    assert "tlstudio evaluate none" in api.compare([a.name, "none"])[1]["why_not"]
    none.best.write_bytes(b"")
    (none.path / "evaluations").mkdir()
    (none.path / "evaluations" / "val.npz").write_bytes(b"torn")
    assert "damaged" in api.compare([a.name, "none"])[1]["why_not"]
    read = judged.read(a, "")
    turned = judged.Judged(**{**vars(read), "truth": 1 - read.truth})
    with pytest.raises(InputError, match="different truths"):
        judged.pair(read, turned)


def test_mcnemar_is_the_exact_binomial_test() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(5, 5) == 1.0
    assert 0.0 < mcnemar(2000, 2300) < 1e-5


def test_settings_have_the_titles_of_their_fields() -> None:
    one, two = Recipe(), Recipe().set({"training.seed": 3, "head.options": {"hidden": 5}, "name": "other"})
    assert settings.differing([one, two]) == {"head.options.hidden": [None, 5], "training.seed": [7, 3]}
    assert settings.title("training.seed") == "Training: seed"
    assert settings.title("head.options.hidden") == "Head: hidden"


def test_masks_are_compared_by_iou(judged_masks_run: tuple[Run, Run]) -> None:
    a, b = (judged.read(run, "segmentation") for run in judged_masks_run)
    found = judged.pair(a, b)
    assert found.p_value is None
    assert found.only_second.tolist() == [0]
    assert found.per_class[0] == pytest.approx(0.25)
    assert math.isnan(found.per_class[1])


@pytest.fixture
def judged_masks_run(tmp_path: Path) -> tuple[Run, Run]:
    out = []
    for name, iou, whole in (("a", 0.5, 0.5), ("b", 0.9, 0.75)):
        run = Run.create(Recipe().set({"data.task": "segmentation"}), places.runs() / name)
        run.write_json("summary.json", {"metrics": {"val_iou": {"sky": whole, "road": None}}})
        image = {"path": "/p/0.png", "prediction": None, "truth": "/p/0t.png", "confidence": None, "entropy": None, "split": "val"}
        images = [image | {"iou": iou, "pixel_accuracy": 0.5, "per_class": [iou, None], "shares": [1.0, 0.0]}]
        classes = [{"name": "sky", "colour": [0, 0, 0]}, {"name": "road", "colour": [1, 1, 1]}]
        said = {"version": 1, "classes": classes, "coding": None, "run": None, "split": "val", "images": images}
        folder = run.path / "evaluations" / "val"
        folder.mkdir(parents=True)
        (folder / "index.json").write_text(json.dumps(said))
        out.append(run)
    return out[0], out[1]

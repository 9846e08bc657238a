"""What is said where there is nothing to learn from, or nothing to judge by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import class_folders
from tests.scenes import pairs
from tlstudio.control import Control, silent
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.training.prepare import images_of


def refused(folder: Path, task: str = "segmentation", **data: object) -> str:
    recipe = Recipe().set({"data.path": str(folder), "data.task": task, **{f"data.{key}": value for key, value in data.items()}})
    with pytest.raises(InputError) as said:
        images_of(recipe, silent, Control())
    return str(said.value).lower()


def all_ignored(folder: Path, n: int) -> None:
    for path in sorted(folder.iterdir())[:n]:
        Image.fromarray(np.full((48, 64), 255, np.uint8)).save(path)


def test_training_masks_that_hold_only_ignored_pixels(tmp_path: Path) -> None:
    pairs(tmp_path, train=4, val=2)
    all_ignored(tmp_path / "train" / "masks", 4)
    said = refused(tmp_path)
    assert "all 4 masks of train hold nothing but ignored pixels" in said
    assert "data.ignore" in said
    assert "shares" not in said
    (tmp_path / "train" / "masks" / "s01.png").write_bytes(b"")
    assert "3 of the 4 masks of train hold nothing but ignored pixels" in refused(tmp_path)


def test_training_masks_that_cannot_be_used(tmp_path: Path) -> None:
    pairs(tmp_path, train=4, val=2)
    for path in (tmp_path / "train" / "masks").iterdir():
        path.write_bytes(b"")
    assert "no picture of train can be used with its mask. see in the data report why" in refused(tmp_path)


def test_too_few_masks_to_judge_by(tmp_path: Path) -> None:
    pairs(tmp_path, train=2, val=0)
    assert "less than 3 different pictures with masks" in refused(tmp_path)
    pairs(tmp_path, train=5, val=0)
    assert "the validation share is 0. raise data.val_share" in refused(tmp_path, val_share=0.0)


def test_images_of_classes(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "few", n=2)
    assert "no class has 3 different images" in refused(folder, "classification")
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.png")]
    assert "all of them are left out by data.exclude" in refused(folder, "classification", exclude=names)

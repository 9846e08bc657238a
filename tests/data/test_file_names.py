"""Classes that the pictures' own names tell: only where nothing else does, and never by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError

Photo = Callable[..., Path]


def _named(report: DatasetReport) -> list[str]:
    return [problem.message for problem in report.problems if problem.kind == "named"]


@pytest.mark.parametrize("called", ["{1}.{0}.jpg", "{1}_{0:04}.png", "{1} ({0}).jpg", "{0}_{1}.png"])
@pytest.mark.parametrize("holder", ["", "train", "images"])
def test_pictures_in_one_folder(tmp_path: Path, photo: Photo, called: str, holder: str) -> None:
    for i in range(4):
        for at, name in enumerate(("cat", "great_dane")):
            photo(tmp_path / holder / called.format(i, name), 10 * at + i)
    report = scan(tmp_path)
    assert report.classes == ["cat", "great_dane"]
    assert Counter(item.label for item in report.items) == {0: 4, 1: 4}
    assert report.split_source == "carved"
    (said,) = _named(report)
    assert said.endswith(": cat, great_dane.")


def test_pictures_to_be_told_apart_beside_those_that_are_learned(tmp_path: Path, photo: Photo) -> None:
    for i in range(4):
        photo(tmp_path / "train" / f"cat.{i}.jpg", i)
        photo(tmp_path / "train" / f"dog.{i}.jpg", 10 + i)
        photo(tmp_path / "test1" / f"{i}.jpg", 20 + i)
    report = scan(tmp_path)
    assert report.classes == ["cat", "dog"]
    assert len(report.items) == 8
    (left,) = [problem for problem in report.problems if problem.kind == "stray"]
    assert left.path == str(tmp_path / "test1")
    assert left.message == "Of 4 pictures no name says the class; left out."


def test_splits_whose_names_tell_too(tmp_path: Path, photo: Photo) -> None:
    for at, split in enumerate(("train", "val")):
        for i in range(4 - 3 * at):
            photo(tmp_path / split / f"cat.{i}.jpg", 100 * at + i)
            photo(tmp_path / split / f"dog.{i}.jpg", 100 * at + 10 + i)
    photo(tmp_path / "val" / "emu.0.jpg", 200)
    report = scan(tmp_path)
    assert report.split_source == "folders"
    assert Counter(item.split for item in report.items) == {"train": 8, "val": 2}
    (left,) = [problem.path for problem in report.problems if problem.kind == "stray"]
    assert left == str(tmp_path / "val" / "emu.0.jpg")


@pytest.mark.parametrize(
    "names",
    [
        [f"{camera}_{i:04}" for camera in ("IMG", "DSC") for i in range(5)],  # two cameras
        [f"{side}{i}" for side in "lr" for i in range(5)],
        [f"{word}_{i}" for i, word in enumerate(("sea", "sun", "sand", "boat", "pier", "gull"))],  # one of each
        [*(f"cat.{i}" for i in range(5)), *(f"dog.{i}" for i in range(5)), "sea", "sun"],
        [f"cat.{i}" for i in range(6)],
        [f"{i}" for i in range(6)],
    ],
)
def test_chance_makes_no_classes(tmp_path: Path, photo: Photo, names: list[str]) -> None:
    for i, name in enumerate(names):
        photo(tmp_path / f"{name}.jpg", i)
    with pytest.raises(InputError, match="of which class"):
        scan(tmp_path)


def test_folders_come_first(tmp_path: Path, photo: Photo) -> None:
    for i in range(4):
        for at, folder in enumerate(("sharp", "blurred")):
            photo(tmp_path / folder / f"cat.{i}.jpg", 100 * at + i)
            photo(tmp_path / folder / f"dog.{i}.jpg", 100 * at + 10 + i)
    report = scan(tmp_path)
    assert report.classes == ["blurred", "sharp"]
    assert _named(report) == []

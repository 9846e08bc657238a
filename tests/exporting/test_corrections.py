"""Corrected masks: beside the original and never over it, in its coding; and pictures that join a data set with their mask."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.exporting.made_masks import CODING, COLOURS, NAMES, labels_of
from tests.pictures import picture
from tlstudio import api
from tlstudio.data import masks
from tlstudio.data.masks import Coding, MaskClass
from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError, StudioError
from tlstudio.recipe import Data

RGB = Coding("rgb", tuple(MaskClass(name, (9 * i, 200, i), (9 * i, 200, i)) for i, name in enumerate(NAMES)), ())
SPREAD = Coding(
    "index", tuple(MaskClass(name, 60 * i, colour) for i, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True))), (255,)
)


def _data_set(root: Path, n: int = 4, suffix: str = "", folder: str = "") -> Path:
    """images/ and masks/ below root/folder, by index, with classes.txt."""
    for i in range(n):
        (root / folder / "images").mkdir(parents=True, exist_ok=True)
        (root / folder / "masks").mkdir(exist_ok=True)
        picture(i, i).save(root / folder / "images" / f"p{i}.png")
        masks.write(root / folder / "masks" / f"p{i}{suffix}.png", labels_of(i), CODING)
    (root / "classes.txt").write_text("\n".join(NAMES))
    return root


def _scan(root: Path) -> DatasetReport:
    return scan(root, task="segmentation", data=Data(path=str(root), task="segmentation"))


@pytest.fixture
def painted(tmp_path: Path) -> str:
    """A mask as the window hands it over: labels_of(9), by index."""
    path = tmp_path / "painted.png"
    masks.write(path, labels_of(9), CODING)
    return str(path)


def _snapshot(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("coding", [CODING, RGB, SPREAD], ids=["index", "rgb", "spread"])
def test_a_corrected_mask_lies_beside_the_original_in_its_coding(tmp_path: Path, coding: Coding) -> None:
    labels = labels_of(9)
    labels[labels == 255] = 0 if coding is RGB else 255
    masks.write(tmp_path / "painted.png", labels, CODING)
    picture(0, 0).save(tmp_path / "a.jpg")
    original = tmp_path / "masks" / "a_mask.png"
    original.parent.mkdir()
    first = np.where(labels_of(0) == 255, 0, labels_of(0)).astype(np.uint8)
    masks.write_coded(original, first, coding)
    before = original.read_bytes()
    said = api.correct_mask(str(tmp_path / "a.jpg"), str(tmp_path / "painted.png"), coding.to_json(), str(original))
    assert said == {"mask": str(tmp_path / "masks" / "a_mask.corrected.png")}
    assert np.array_equal(masks.read(Path(said["mask"]), coding), labels)
    assert original.read_bytes() == before


def test_a_corrected_mask_is_the_only_one_written_anew(tmp_path: Path, painted: str) -> None:
    picture(0, 0).save(tmp_path / "a.png")
    first = api.correct_mask(str(tmp_path / "a.png"), painted, CODING.to_json())
    assert first["mask"] == str(tmp_path / "a.corrected.png")
    again = api.correct_mask(str(tmp_path / "a.png"), painted, CODING.to_json(), first["mask"])
    assert again == first


def test_a_scan_takes_the_corrected_mask(tmp_path: Path, painted: str) -> None:
    root = _data_set(tmp_path / "set", suffix="_mask")
    item = _scan(root).items[1]
    api.correct_mask(str(root / item.path), painted, CODING.to_json(), str(root / item.mask))
    report = _scan(root)
    assert report.coding is not None
    assert report.items[1].mask == "masks/p1_mask.corrected.png"
    assert np.array_equal(masks.read(root / report.items[1].mask, report.coding), labels_of(9))
    assert len(report.items) == 4


def test_a_mask_drawn_from_outlines_is_corrected_beside_its_picture(tmp_path: Path, painted: str) -> None:
    from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
    from tlstudio.exporting.export import export

    root = tmp_path / "drawn"
    root.mkdir()
    images = []
    for i in range(3):
        picture(i, i).save(root / f"p{i}.jpg")
        masks.write(tmp_path / f"{i}.png", labels_of(i), CODING)
        images.append(OverlayImage(root / f"p{i}.jpg", tmp_path / f"{i}.png"))
    export(OverlayIndex(list(zip(NAMES, COLOURS, strict=True)), images).document(tmp_path), "labelme", root)
    report = _scan(root)
    assert report.layout == "labelme"
    assert report.coding is not None
    said = api.correct_mask(str(root / "p1.jpg"), painted, report.coding.to_json(), report.items[1].mask)
    assert said["mask"] == str(root / "p1.corrected.png")
    after = _scan(root)
    assert after.coding is not None
    assert np.array_equal(masks.read(root / after.items[1].mask, after.coding), labels_of(9))


@pytest.mark.parametrize("mode", ["L", "P"])
def test_what_is_written_has_the_palette_of_the_others(tmp_path: Path, painted: str, mode: str) -> None:
    root = _data_set(tmp_path / "set")
    for path in (root / "masks").iterdir():
        if mode == "L":
            Image.fromarray(masks.read(path, CODING)).save(path)
    picture(7, 7).save(tmp_path / "new.jpg")
    added = api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))
    report = _scan(root)
    first = report.items[0]
    assert report.coding is not None
    better = api.correct_mask(str(root / first.path), painted, report.coding.to_json(), str(root / first.mask))
    with Image.open(root / first.mask) as original, Image.open(added["mask"]) as one, Image.open(better["mask"]) as other:
        assert (one.mode, other.mode) == (mode, mode)
        assert one.getpalette() == other.getpalette() == original.getpalette()
    assert len(_scan(root).items) == 5


def test_a_mask_of_another_size_or_coding_is_refused(tmp_path: Path, painted: str) -> None:
    picture(0, 0, (30, 30)).save(tmp_path / "small.png")
    with pytest.raises(InputError, match="does not fit"):
        api.correct_mask(str(tmp_path / "small.png"), painted, CODING.to_json())
    picture(0, 0).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="no value for pixels that are left out"):
        api.correct_mask(str(tmp_path / "a.png"), painted, RGB.to_json())
    assert list(tmp_path.glob("*.corrected.png")) == []


def test_a_picture_joins_a_data_set_with_its_mask(tmp_path: Path, painted: str) -> None:
    root = _data_set(tmp_path / "set", suffix="_mask")
    before = _snapshot(root)
    picture(7, 7).save(tmp_path / "new.JPG")
    said = api.add_to_training(str(tmp_path / "new.JPG"), painted, CODING.to_json(), str(root))
    expected = {"picture": str(root / "images" / "new.JPG"), "mask": str(root / "masks" / "new_mask.png"), "split": None, "known": False}
    assert said == expected
    assert (root / "images" / "new.JPG").read_bytes() == (tmp_path / "new.JPG").read_bytes()
    report = _scan(root)
    assert report.coding is not None
    item = next(item for item in report.items if item.path == "images/new.JPG")
    assert np.array_equal(masks.read(root / item.mask, report.coding), labels_of(9))
    assert before.items() <= _snapshot(root).items()


def test_another_picture_of_the_same_name_gets_a_number(tmp_path: Path, painted: str) -> None:
    root = _data_set(tmp_path / "set")
    before = _snapshot(root)
    picture(7, 7).save(tmp_path / "p1.jpg")
    said = api.add_to_training(str(tmp_path / "p1.jpg"), painted, CODING.to_json(), str(root))
    assert [Path(said[key]).name for key in ("picture", "mask")] == ["p1-2.jpg", "p1-2.png"]
    assert before.items() <= _snapshot(root).items()
    assert len(_scan(root).items) == 5


def test_a_picture_goes_into_the_split_that_is_named(tmp_path: Path, painted: str) -> None:
    root = tmp_path / "set"
    _data_set(root, folder="train")
    _data_set(root, 2, folder="val")
    picture(7, 7).save(tmp_path / "new.png")
    said = api.add_to_training(str(tmp_path / "new.png"), painted, CODING.to_json(), str(root))
    assert said["picture"] == str(root / "train" / "images" / "new.png")
    assert said["split"] == "train"
    picture(8, 8).save(tmp_path / "newer.png")
    with pytest.raises(InputError, match="no pictures in the split 'test'"):
        api.add_to_training(str(tmp_path / "newer.png"), painted, CODING.to_json(), str(root), "test", recipe={})


def test_a_picture_of_the_set_gets_a_corrected_mask(tmp_path: Path, painted: str) -> None:
    root = _data_set(tmp_path / "set")
    before = _snapshot(root)
    copy = tmp_path / "renamed.png"
    copy.write_bytes((root / "images" / "p2.png").read_bytes())
    said = api.add_to_training(str(copy), painted, CODING.to_json(), str(root))
    assert said == {
        "picture": str(root / "images" / "p2.png"),
        "mask": str(root / "masks" / "p2.corrected.png"),
        "split": None,
        "known": True,
    }
    assert before.items() <= _snapshot(root).items()


def test_classes_are_matched_by_name(tmp_path: Path) -> None:
    root = _data_set(tmp_path / "set")
    other = masks.own(("tree", "background"), ((0, 0, 0), (1, 1, 1)))
    labels = (labels_of(3) == 1).astype(np.uint8)
    masks.write(tmp_path / "painted.png", labels, other)
    picture(7, 7).save(tmp_path / "new.png")
    said = api.add_to_training(str(tmp_path / "new.png"), str(tmp_path / "painted.png"), other.to_json(), str(root))
    assert np.array_equal(masks.read(Path(said["mask"]), CODING), np.where(labels == 1, 0, 3))


def test_a_class_that_the_set_does_not_have_is_refused(tmp_path: Path) -> None:
    root = _data_set(tmp_path / "set")
    before = _snapshot(root)
    other = masks.own(("tree", "cow"), ((0, 0, 0), (1, 1, 1)))
    masks.write(tmp_path / "painted.png", (labels_of(3) == 1).astype(np.uint8), other)
    picture(7, 7).save(tmp_path / "new.png")
    with pytest.raises(InputError, match="no class 'cow'"):
        api.add_to_training(str(tmp_path / "new.png"), str(tmp_path / "painted.png"), other.to_json(), str(root))
    assert _snapshot(root) == before


def test_a_copy_that_fails_leaves_no_mask_behind(tmp_path: Path, painted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _data_set(tmp_path / "set")
    before = _snapshot(root)
    picture(7, 7).save(tmp_path / "new.jpg")

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(StudioError, match="disk is full"):
        api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))
    assert _snapshot(root) == before


def _voc(root: Path, lists: dict[str, list[str]]) -> Path:
    for i in range(4):
        for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
            (root / name).mkdir(parents=True, exist_ok=True)
        picture(i, i).save(root / "JPEGImages" / f"p{i}.jpg")
        masks.write(root / "SegmentationClass" / f"p{i}.png", labels_of(i), CODING)
    for name, stems in lists.items():
        (root / "ImageSets" / "Segmentation" / f"{name}.txt").write_text("\n".join(stems))
    (root / "classes.txt").write_text("\n".join(NAMES))
    return root


def test_a_picture_joins_a_voc_set_and_its_lists(tmp_path: Path, painted: str) -> None:
    root = _voc(tmp_path / "voc", {"train": ["p0", "p1"], "val": ["p2", "p3"], "trainval": ["p0", "p1", "p2", "p3"]})
    assert _scan(root).layout == "voc"
    picture(7, 7).save(tmp_path / "new.jpg")
    said = api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))
    assert (said["picture"], said["mask"]) == (str(root / "JPEGImages" / "new.jpg"), str(root / "SegmentationClass" / "new.png"))
    lists = root / "ImageSets" / "Segmentation"
    assert (lists / "train.txt").read_text() == "p0\np1\nnew\n"
    assert (lists / "val.txt").read_text() == "p2\np3"
    assert (lists / "trainval.txt").read_text().split() == ["p0", "p1", "p2", "p3", "new"]
    report = _scan(root)
    assert report.coding is not None
    item = next(item for item in report.items if item.path.endswith("new.jpg"))
    assert item.split == "train"
    assert np.array_equal(masks.read(root / item.mask, report.coding), labels_of(9))


def test_a_voc_set_without_lists_needs_none(tmp_path: Path, painted: str) -> None:
    root = _voc(tmp_path / "voc", {})
    picture(7, 7).save(tmp_path / "new.jpg")
    api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))
    assert len(_scan(root).items) == 5
    assert not list(root.rglob("*.txt"))[1:]  # classes.txt alone


def test_a_voc_list_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, painted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlstudio.exporting import corrections

    root = _voc(tmp_path / "voc", {"train": ["p0", "p1"], "val": ["p2", "p3"]})
    before = _snapshot(root)
    picture(7, 7).save(tmp_path / "new.jpg")
    write = corrections.write_atomic

    def full(path: Path, writer: Any) -> None:
        if path.suffix == ".txt":
            raise StudioError("no room", "", "")
        write(path, writer)

    monkeypatch.setattr(corrections, "write_atomic", full)
    with pytest.raises(StudioError, match="No room"):
        api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))
    assert _snapshot(root) == before


def test_a_picture_joins_a_cityscapes_set_by_its_names(tmp_path: Path) -> None:
    root = tmp_path / "cs"
    road = np.full(labels_of(0).shape, 7, np.uint8)
    for i in range(3):
        for folder, name in (("leftImg8bit", "leftImg8bit"), ("gtFine", "gtFine_labelIds")):
            path = root / folder / "train" / "ulm" / f"ulm_{i}_{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(i, i).save(path) if name == "leftImg8bit" else Image.fromarray(road).save(path)
    report = _scan(root)
    assert report.layout == "cityscapes"
    assert report.coding is not None
    labels = np.full(road.shape, report.classes.index("car"), np.uint8)
    masks.write(tmp_path / "painted.png", labels, report.coding)
    for name, stem in (("new.png", "new"), ("aachen_1_leftImg8bit.png", "aachen_1"), ("ulm_0.png", "ulm_0-2")):
        picture(len(name), 9).save(tmp_path / name)
        masks.write(tmp_path / "painted.png", labels, masks.own(report.coding.names, [(0, 0, 0)] * len(report.coding.names)))
        said = api.add_to_training(str(tmp_path / name), str(tmp_path / "painted.png"), report.coding.to_json(), str(root))
        assert Path(said["picture"]) == root / "leftImg8bit" / "train" / "ulm" / f"{stem}_leftImg8bit.png"
        assert Path(said["mask"]) == root / "gtFine" / "train" / "ulm" / f"{stem}_gtFine_labelIds.png"
        assert (np.asarray(Image.open(said["mask"])) == 26).all()  # the id of a car
    assert len(_scan(root).items) == 6


def test_outlines_say_why_nothing_joins_them(tmp_path: Path, painted: str) -> None:
    from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
    from tlstudio.exporting.export import export

    root = tmp_path / "drawn"
    root.mkdir()
    picture(0, 0).save(root / "p0.jpg")
    masks.write(tmp_path / "0.png", labels_of(0), CODING)
    index = OverlayIndex(list(zip(NAMES, COLOURS, strict=True)), [OverlayImage(root / "p0.jpg", tmp_path / "0.png")])
    export(index.document(tmp_path), "labelme", root)
    picture(7, 7).save(tmp_path / "new.jpg")
    with pytest.raises(InputError, match="outlines"):
        api.add_to_training(str(tmp_path / "new.jpg"), painted, CODING.to_json(), str(root))

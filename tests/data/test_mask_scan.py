"""What a scan says of masks: each kind of trouble in a sentence, the pair left out, the rest used."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio import api
from tlstudio.control import Control
from tlstudio.data import images, mask_files
from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.data.splits import assign
from tlstudio.errors import Cancelled, InputError
from tlstudio.events import Progress
from tlstudio.recipe import Data


@pytest.fixture
def street(tmp_path, pair) -> Path:
    """Ten pictures with masks of the values 0, 1 and 2, of which 2 is in two only; named."""
    for n in range(10):
        pair(tmp_path / f"street/images/{n}.png", tmp_path / f"street/masks/{n}.png", (0, 1, 2) if n < 2 else (0, 1), n, (96, 64))
    (tmp_path / "street/classes.txt").write_text("road\ncar\nsign\n")
    return tmp_path / "street"


def said(report: DatasetReport, kind: str) -> str:
    """The sentence of the one problem of that kind, with the name of its file in front."""
    (one,) = [problem for problem in report.problems if problem.kind == kind]
    return f"{Path(one.path).name}: {one.message}" if one.path else one.message


def test_classes_pixels_and_splits(street):
    report = scan(street)
    assert report.task == "segmentation"
    assert report.classes == ["road", "car", "sign"]
    assert report.pictures == [10, 10, 2]
    assert sum(report.pixels) == 10 * 96 * 64
    assert report.pixels[2] == 2 * 32 * 64
    assert [item.label for item in report.items] == [2, 2] + [0] * 8  # the class that is in the fewest pictures
    assert report.files == 10
    assert {problem.kind for problem in report.problems} == {"few_images"}
    splits = assign(report, Data())
    assert sorted(splits.train + splits.val + splits.test) == list(range(10))


def test_the_document(street):
    report = scan(street, data=Data(ignore=(2,)))
    document = json.loads(json.dumps(report.to_json(Data(exclude=("images/3.png",)))))
    assert document["task"] == "segmentation"
    assert document["layout"] == "pairs"
    half = 2 * 32 * 64 + 8 * 48 * 64
    first = {"name": "road", "count": 10, "pixels": half, "share": 0.5, "colour": [230, 159, 0], "value": 0}
    assert document["classes"][0] == first
    assert [row["name"] for row in document["classes"]] == ["road", "car"]
    assert document["coding"]["ignore"] == [2]
    assert document["ignored_share"] == pytest.approx(2 * 32 / 960)
    assert document["images"] == 9
    lines = [json.loads(line) for line in Path(document["index"]).read_text().splitlines()]
    assert {line["mask"] for line in lines} == {str(street / f"masks/{n}.png") for n in range(10) if n != 3}


def test_missing_and_orphan_masks(street, photo, mask):
    photo(street / "images/alone.png", 30)
    mask(street / "masks/lost.png", (0, 1))
    report = scan(street)
    assert said(report, "missing_mask") == "alone.png: There is no mask for this picture; it is left out."
    assert said(report, "orphan_mask") == "lost.png: There is no picture for this mask; it is left out."
    assert (len(report.items), report.files) == (10, 11)


def test_a_split_without_masks_is_told_once(tmp_path, pair, photo):
    for n in range(6):
        pair(tmp_path / f"train/images/{n}.jpg", tmp_path / f"train/masks/{n}.png", seed=n)
        pair(tmp_path / f"val/images/{n}.jpg", tmp_path / f"val/masks/{n}.png", seed=10 + n)
        photo(tmp_path / f"test/images/{n}.jpg", 20 + n)
    report = scan(tmp_path)
    assert said(report, "missing_mask") == "images: The pictures of test have no masks (6 pictures); they are left out."
    assert Counter(item.split for item in report.items) == {"train": 6, "val": 6}


def test_a_split_of_which_nothing_can_be_used(tmp_path, pair):
    for n in range(6):
        pair(tmp_path / f"train/images/{n}.jpg", tmp_path / f"train/masks/{n}.png", seed=n)
    pair(tmp_path / "val/images/9.jpg", tmp_path / "val/masks/9.png", seed=9)
    (tmp_path / "val/masks/9.png").write_bytes(b"")
    report = scan(tmp_path)
    assert said(report, "empty_split").startswith("No picture of val can be used with its mask; a part of the training images")
    assert assign(report, Data()).val


def test_a_mask_of_another_size(street, mask):
    mask(street / "masks/3.png", (0, 1), (96, 60))
    report = scan(street)
    assert said(report, "mask_size") == "3.png: The mask is 96 x 60 pixels, its picture 96 x 64; the pair is left out."
    assert len(report.items) == 9


def test_a_mask_that_was_not_turned_with_its_picture(street, photo, mask):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(street / "images/turned.jpg", 40, (96, 64), exif=exif)
    mask(street / "masks/turned.png", (0, 1), (96, 64))
    photo(street / "images/upright.jpg", 41, (96, 64), exif=exif)
    mask(street / "masks/upright.png", (0, 1), (64, 96))
    report = scan(street)
    assert "before the camera's rotation" in said(report, "mask_size")
    assert said(report, "mask_size").startswith("turned.png: The mask is 96 x 64 pixels, its picture 64 x 96")
    assert [(item.width, item.height) for item in report.items if "upright" in item.path] == [(64, 96)]


def test_a_value_beyond_the_classes(street, mask):
    (street / "classes.txt").write_text("\n".join(f"thing {n}" for n in range(12)))
    mask(street / "masks/3.png", (0, 1, 37), (96, 64))
    report = scan(street)
    assert said(report, "mask_value").startswith("3.png: The mask holds value 37 of 12 classes (2,048 pixels that are no class)")
    assert "data.ignore" in said(report, "mask_value")
    assert "thing 3, thing 4" in said(report, "unused_class")
    assert len(report.items) == 9
    assert len(report.classes) == 12


def test_a_lone_value_is_no_class_though_nothing_names_the_classes(street, mask):
    (street / "classes.txt").unlink()
    mask(street / "masks/3.png", (0, 1, 37), (96, 64))
    report = scan(street)
    assert "value 37 of 3 classes" in said(report, "mask_value")
    assert report.classes == ["class 0", "class 1", "class 2"]


def test_names_that_fit_no_mask(street):
    with pytest.raises(
        InputError, match=r"They hold the values 1, 2, but there is 1 class \(road\)\. Name all classes, or put 1, 2 into data"
    ):
        scan(street, data=Data(class_names=("road",)))


def test_a_mask_saved_as_jpeg(street, mask):
    (street / "masks/3.png").unlink()
    mask(street / "masks/3.jpg", (0, 40, 80), (96, 64), quality=60)
    report = scan(street)
    assert said(report, "lossy_mask").startswith("3.jpg: The mask is saved as JPEG, which blurs the borders of classes into values")
    assert said(report, "lossy_mask").endswith("values in all); the pair is left out. Save it as PNG.")
    assert len(report.items) == 9


def test_black_and_white_jpegs_are_used_with_a_word(tmp_path, pair):
    for n in range(6):
        pair(tmp_path / f"images/{n}.jpg", tmp_path / f"masks/{n}.jpg", (0, 255), n, (96, 64))
    report = scan(tmp_path)
    assert report.classes == ["background", "foreground"]
    assert len(report.items) == 6
    assert report.pixels == [6 * 48 * 64] * 2
    assert "read as black and white: 6 masks" in said(report, "lossy_mask")


def test_masks_that_are_nothing_but_jpeg_noise(tmp_path, pair):
    for n in range(3):
        pair(tmp_path / f"images/{n}.jpg", tmp_path / f"masks/{n}.jpg", (0, 70, 140), n)
    with pytest.raises(InputError, match=r"None of the 3 pictures .* 3 with masks saved as JPEG\. Save the masks as PNG"):
        scan(tmp_path)


def test_16_bit_masks(street, mask):
    mask(street / "masks/3.png", (0, 1, 2), (96, 64), mode="I;16")
    mask(street / "masks/4.png", (0, 26001), (96, 64), mode="I;16")
    report = scan(street)
    assert said(report, "mask_value").startswith("4.png: The mask has 16 bits or more, with values up to 26,001, which do not fit into 3")
    assert len(report.items) == 9
    assert report.pictures[2] == 3


def test_a_palette_with_alpha_and_a_mask_of_one_pixel(street, photo, mask):
    image = Image.open(mask(street / "masks/3.png", (0, 1), (96, 64), mode="P"))
    image.save(street / "masks/3.png", transparency=bytes([0, 40, 255]))
    photo(street / "images/dot.png", 60, (1, 1))
    mask(street / "masks/dot.png", (1,), (1, 1))
    report = scan(street)
    assert len(report.items) == 11
    assert {problem.kind for problem in report.problems} <= {"few_images", "small"}


def test_damaged_and_huge_masks(street, mask):
    whole = (street / "masks/0.png").read_bytes()
    (street / "masks/3.png").write_bytes(whole[: len(whole) // 2])
    (street / "masks/4.png").write_bytes(b"")
    (street / "masks/5.png").write_bytes(b"<html>")
    mask(street / "masks/6.png", (0, 1), (400, 300))
    report = scan(street, max_pixels=100_000)
    assert said(report, "truncated") == "3.png: The mask is cut short: its last part is missing; the pair is left out."
    assert said(report, "empty_file").startswith("4.png")
    assert said(report, "not_image").startswith("5.png")
    assert said(report, "bomb").startswith("6.png: The mask would unpack to 120,000 pixels")
    assert len(report.items) == 6
    with pytest.raises(InputError, match="None of the 10 pictures"):
        scan(street, max_pixels=100)


def test_a_damaged_picture_takes_its_mask_along(street):
    (street / "images/3.png").write_bytes(b"")
    report = scan(street)
    assert said(report, "empty_file") == "3.png: The file is empty (0 bytes); it is left out."
    assert len(report.items) == 9


def test_pictures_in_which_all_is_left_out(street, mask):
    mask(street / "masks/3.png", (255,), (96, 64))
    report = scan(street)
    assert said(report, "only_ignored").startswith("3.png: All pixels of its mask are left out")
    assert "images/3.png" not in [item.path for item in report.items]


def test_copies_and_leaks(tmp_path, pair):
    for n in range(5):
        pair(tmp_path / f"images/train/{n}.png", tmp_path / f"masks/train/{n}.png", (0, 1), n)
        pair(tmp_path / f"images/val/{n}.png", tmp_path / f"masks/val/{n}.png", (0, 2), 10 + n)
    (tmp_path / "images/val/0.png").write_bytes((tmp_path / "images/train/0.png").read_bytes())
    (tmp_path / "images/train/1.png").write_bytes((tmp_path / "images/train/2.png").read_bytes())
    report = scan(tmp_path)
    found = Counter(problem.kind for problem in report.problems)
    assert (found["leak"], found["duplicate"], found["untrained_class"]) == (2, 2, 1)
    assert not any("conflicting" in problem.message for problem in report.problems)


def test_a_second_scan_decodes_nothing(street, mask, monkeypatch):
    (street / "masks/3.png").write_bytes(b"")
    first = scan(street)

    def decode(*arguments: object, **options: object) -> None:
        raise AssertionError("decoded again")

    with monkeypatch.context() as patched:
        patched.setattr(images, "decode", decode)
        patched.setattr(mask_files, "decode", decode)
        assert scan(street) == first
        assert scan(street, data=Data(ignore=(2,))).classes == ["road", "car"]
    mask(street / "masks/4.png", (0, 2), (96, 64))
    os.utime(street / "masks/4.png", (1, 1))
    assert scan(street).pictures == [9, 8, 3]


def test_progress_and_cancel(street):
    told: list[Progress] = []
    scan(street, tell=told.append)
    assert (told[-1].done, told[-1].total, told[-1].phase) == (20, 20, "scan")
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        scan(street, control=control)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scan")]


def test_the_task_is_found_by_looking_unless_the_recipe_says_it(street, tmp_path):
    assert api.scan(str(street))["task"] == "segmentation"
    assert api.scan(str(street), recipe={"data": {"path": str(street)}})["task"] == "segmentation"
    assert api.scan(str(street), recipe={"data": {"ignore": [2]}})["coding"]["ignore"] == [2]
    with pytest.raises(InputError, match="laid out for segmentation"):
        api.scan(str(street), recipe={"data": {"task": "classification"}})
    with pytest.raises(InputError, match="There are no masks"):
        api.scan(str(street / "images"), recipe={"data": {"task": "segmentation"}})


def test_the_sample_for_segmentation(monkeypatch):
    from tlstudio.data import sample

    make = sample.make
    monkeypatch.setattr(sample, "make", lambda folder, **options: make(folder, n=15, **options))
    document = api.open_sample("segmentation")
    assert [row["name"] for row in document["classes"]] == ["background", *sample.NAMES]
    assert [row["count"] for row in document["classes"]] == [15, 3, 3, 3, 3, 3]
    assert document["classes"][1]["colour"] == [230, 159, 0]
    assert document["source"] == api.sample("segmentation")["path"]
    plain = api.open_sample()
    assert [row["name"] for row in plain["classes"]] == list(sample.NAMES)


def test_colours_and_numbers_mixed(tmp_path, pair):
    for n in range(8):
        pair(tmp_path / f"images/{n}.png", tmp_path / f"masks/{n}.png", (0, 1, 2), n)
    Image.fromarray(np.full((32, 48, 3), (9, 90, 200), np.uint8)).save(tmp_path / "masks/3.png")
    report = scan(tmp_path)
    assert "coloured (1 colour), while the others hold numbers" in said(report, "mask_value")
    assert len(report.items) == 7


def test_a_palette_with_one_colour_twice_among_coloured_masks(tmp_path, pair):
    red, blue = (200, 0, 0), (0, 0, 200)
    for n in range(6):
        pair(tmp_path / f"images/{n}.png", tmp_path / f"masks/{n}.png", (red, blue), n)
    image = Image.fromarray(np.repeat(np.arange(4, dtype=np.uint8), 12)[None].repeat(32, 0))
    image.putpalette([*red, *blue, *red, *blue])
    image.save(tmp_path / "masks/3.png")
    report = scan(tmp_path)
    assert len(report.items) == 6
    assert report.pixels == [6 * 768, 6 * 768]


def test_copies_in_no_list_of_voc_are_those_of_training(tmp_path, pair):
    for n in range(6):
        pair(tmp_path / f"JPEGImages/{n}.png", tmp_path / f"SegmentationClass/{n}.png", (0, 1), n % 5)
    lists = tmp_path / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n2\n")
    (lists / "val.txt").write_text("3\n4\n")
    (lists / "trainval.txt").write_text("0\n1\n2\n3\n4\n5\n")  # 5, a copy of 0, is in this one alone
    found = [problem for problem in scan(tmp_path).problems if problem.kind in ("leak", "duplicate")]
    assert [problem.kind for problem in found] == ["duplicate"] * 2
    (tmp_path / "JPEGImages/3.png").write_bytes((tmp_path / "JPEGImages/5.png").read_bytes())
    leaks = [problem.message for problem in scan(tmp_path).problems if problem.kind == "leak"]
    assert len(leaks) == 3
    assert not any("None" in message for message in leaks)

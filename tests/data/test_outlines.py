"""Masks drawn from outlines: COCO's polygons and run lengths, labelme's shapes."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio import places
from tlstudio.data import masks, polygons, rle
from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError
from tlstudio.recipe import Data


def filled(ring: list[float], size: tuple[int, int] = (4, 4)) -> list[list[int]]:
    out = np.zeros((size[1], size[0]), np.uint8)
    polygons.fill(out, ring, 1)
    return out.tolist()


def test_a_square_covers_the_pixels_whose_centres_it_holds():
    expected = [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert filled([1, 1, 3, 1, 3, 3, 1, 3]) == expected
    assert filled([1, 3, 3, 3, 3, 1, 1, 1]) == expected  # the other way round
    assert filled([0.6, 0.6, 3.4, 0.6, 3.4, 3.4, 0.6, 3.4]) == expected


def test_triangles_and_what_reaches_beyond_the_picture():
    assert filled([0, 0, 4, 0, 0, 4]) == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert filled([-10, -10, 20, -10, 20, 20, -10, 20]) == [[1] * 4] * 4
    assert filled([-10, 2, 20, 2, 20, 20, -10, 20]) == [[0] * 4] * 2 + [[1] * 4] * 2
    assert filled([10, 10, 20, 10, 20, 20]) == [[0] * 4] * 4
    assert filled([1, 1, 2, 2]) == [[0] * 4] * 4


def test_neighbours_share_no_pixel_and_leave_none_out():
    total = np.zeros((60, 80), np.int64)
    corners = np.random.default_rng(1).uniform(0, 60, (2, 2))
    for ring in ([0, 0, 80, 0, *corners[0]], [80, 0, 80, 60, *corners[0]], [80, 60, 0, 60, *corners[0]], [0, 60, 0, 0, *corners[0]]):
        one = np.zeros((60, 80), np.uint8)
        polygons.fill(one, ring, 1)
        total += one
    assert (total == 1).all()


def test_a_circle_has_its_area():
    out = np.zeros((200, 200), np.uint8)
    polygons.fill(out, polygons.circle(100, 100, 60), 1)
    assert out.sum() == pytest.approx(np.pi * 3600, rel=0.005)


def test_run_lengths_of_hand():
    # Column by column: 3 outside, 2 inside, 4 outside.
    assert rle.decode([3, 2, 4], 3, 3).tolist() == [[False, True, False], [False, True, False], [False, False, False]]
    assert rle.decode([0, 9], 3, 3).all()
    with pytest.raises(ValueError, match="do not add up to 3 x 3"):
        rle.decode([3, 2], 3, 3)


@pytest.mark.parametrize(
    ("text", "runs"),
    [("324", [3, 2, 4]), ("09", [0, 9]), ("PT2", [4 << 5 | 2 << 10]), ("0123", [0, 1, 2, 4]), ("512N", [5, 1, 2, -1]), ("", [])],
)
def test_the_text_of_run_lengths(text, runs):
    assert rle.unpacked(text) == runs


def compressed(runs: list[int]) -> str:
    """`rleToString` of pycocotools, to test against."""
    out = ""
    for i, run in enumerate(runs):
        x = run - runs[i - 2] if i > 2 else run
        more = True
        while more:
            group = x & 31
            x >>= 5
            more = x != -1 if group & 16 else x != 0
            out += chr(group + (32 if more else 0) + 48)
    return out


def test_text_of_run_lengths_there_and_back():
    rng = np.random.default_rng(3)
    for _ in range(50):
        runs = rng.integers(0, 10 ** rng.integers(1, 6), rng.integers(1, 40)).tolist()
        assert rle.unpacked(compressed(runs)) == runs
    for broken in ("P", "\x10", "é"):
        with pytest.raises(ValueError, match=r"cut short|no letter"):
            rle.unpacked(broken)


def labels(report: DatasetReport, name: str) -> np.ndarray:
    (item,) = [item for item in report.items if item.path.endswith(name)]
    return masks.read(report.root / item.mask, report.coding)


def coco(root: Path, photo: Any, name: str = "annotations/instances.json", images: str = "images", **more: Any) -> dict[str, Any]:
    """Three pictures of 8 x 6: two squares of which one has a hole's worth of overlap, run lengths, and nothing at all."""
    inside = np.zeros((6, 8), bool)
    inside[2:4, 5:7] = True
    flat = inside.T.ravel()
    runs = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1, [48]])).tolist()
    said = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 8, "height": 6} for i in (1, 2, 3)],
        "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}],
        "annotations": [
            {"image_id": 1, "category_id": 18, "area": 1, "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3], [6, 4, 7, 4, 7, 5, 6, 5]]},
            {"image_id": 1, "category_id": 1, "area": 16, "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4]]},
            {"image_id": 2, "category_id": 1, "segmentation": {"counts": runs, "size": [6, 8]}, "iscrowd": 1},
            {"image_id": 2, "category_id": 18, "segmentation": {"counts": compressed(runs), "size": [6, 8]}, "area": 4},
        ],
        **more,
    }
    for i in (1, 2, 3):
        photo(root / images / f"{i}.png", i, (8, 6))
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(said))
    return said


def test_coco(tmp_path, photo):
    coco(tmp_path, photo)
    report = scan(tmp_path)
    assert (report.task, report.layout) == ("segmentation", "coco")
    assert report.classes == ["background", "person", "dog"]  # by their numbers
    first = np.zeros((6, 8), np.uint8)
    first[:4, :4] = 1
    first[1:3, 1:3] = 2  # the smaller one in front, though it comes first
    first[4, 6] = 2
    assert np.array_equal(labels(report, "1.png"), first)
    second = np.zeros((6, 8), np.uint8)
    second[2:4, 5:7] = 2
    assert np.array_equal(labels(report, "2.png"), second)
    assert not labels(report, "3.png").any()
    drawn = [Path(item.mask) for item in report.items]
    assert all(path.is_relative_to(places.cache() / "masks") for path in drawn)
    before = [path.stat().st_mtime_ns for path in drawn]
    assert scan(tmp_path) == report
    assert [path.stat().st_mtime_ns for path in drawn] == before


def test_crowds_are_left_out(tmp_path, photo):
    said = coco(tmp_path, photo)
    said["annotations"].pop()
    (tmp_path / "annotations/instances.json").write_text(json.dumps(said))
    report = scan(tmp_path)
    assert (labels(report, "2.png") == 255).sum() == report.ignored == 4
    assert "1 region" in next(problem.message for problem in report.problems if problem.kind == "crowd")


def test_coco_with_one_file_a_split(tmp_path, photo):
    coco(tmp_path, photo, "train/_annotations.coco.json", "train")
    coco(tmp_path, photo, "valid/_annotations.coco.json", "valid")
    report = scan(tmp_path)
    assert sorted((item.path, item.split) for item in report.items)[::3] == [("train/1.png", "train"), ("valid/1.png", "val")]
    coco(tmp_path / "b", photo, "annotations/instances_train2017.json", "train2017")
    other = coco(tmp_path / "b", photo, "annotations/instances_val2017.json", "val2017")
    for image in other["images"]:
        image["file_name"] = f"v{image['file_name']}"
        (tmp_path / f"b/val2017/{image['id']}.png").rename(tmp_path / f"b/val2017/{image['file_name']}")
    (tmp_path / "b/annotations/instances_val2017.json").write_text(json.dumps(other))
    (tmp_path / "b/annotations/captions_val2017.json").write_text(json.dumps({**other, "annotations": [{"caption": "a dog"}]}))
    report = scan(tmp_path / "b")
    assert [item.split for item in report.items] == ["train"] * 3 + ["val"] * 3
    other["categories"][0]["name"] = "cat"
    (tmp_path / "b/annotations/instances_val2017.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match="do not agree on their classes"):
        scan(tmp_path / "b")


def test_what_is_wrong_with_coco_is_said(tmp_path, photo):
    said = coco(tmp_path, photo)
    photo(tmp_path / "images/extra.png", 9)
    said["images"].append({"id": 9, "file_name": "gone.png"})
    said["images"][2]["width"] = 20
    said["annotations"][3]["segmentation"]["counts"] = [5, 5]
    said["annotations"].append({"image_id": 1, "category_id": 1, "segmentation": [], "bbox": [0, 0, 2, 2]})
    (tmp_path / "annotations/instances.json").write_text(json.dumps(said))
    report = scan(tmp_path)
    said_of = {problem.kind: problem.message for problem in report.problems}
    assert [item.path for item in report.items] == ["images/1.png"]
    assert "20 x 6 pixels, its picture 8 x 6" in said_of["mask_size"]
    assert "do not add up to 8 x 6" in said_of["mask_value"]
    assert "instances.json names this picture, which is not there" in said_of["missing_file"]
    assert "1 object" in said_of["not_drawn"]
    assert "images/extra.png" in said_of["stray"]


def test_boxes_are_no_masks(tmp_path, photo):
    coco(tmp_path, photo, annotations=[{"image_id": 1, "category_id": 1, "segmentation": [], "bbox": [0, 0, 2, 2]}])
    for data in (Data(), Data(layout="coco")):
        with pytest.raises(InputError, match=r"instances.json cannot be used: it has boxes or captions only, no outlines. Draw outlines"):
            scan(tmp_path, data=data)
    assert scan(tmp_path, task="classification").task == "classification"


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: text[:-40], "it is cut short, it ends in the middle of line 1"),
        (lambda text: text[:30], "it is cut short"),
        (lambda text: "garbage{{", "it is damaged, line 1 is no JSON from character 1 on"),
        (lambda text: f"\x00\x01{text}", "it is damaged, "),
        (lambda text: "", "it is empty"),
        (lambda text: text.replace('"images"', '"pictures"'), "it has no list 'images'"),
        (lambda text: text.replace('"annotations"', '"objects"'), "it has no list 'annotations'"),
        (lambda text: text.replace('"id"', '"number"'), "a category in it has no id"),
        (lambda text: text.replace('"images"', '"imagfs"').replace('"categories"', '"cat"'), "it has no list 'images' and no list 'cat"),
        (lambda text: text.replace('"annotations"', '"annot"').replace('"file_name"', '"file"'), "it has no list 'annotations'"),
        (lambda text: f"[{text}]", "it is a list, where an object with 'images', 'annotations' and 'categories' is expected"),
        (lambda text: json.dumps(json.loads(text)["annotations"]), "it is a list, "),
        (lambda text: "null", "it is a single value, "),
        (lambda text: "{}", "it has no list 'images' and no list 'annotations' and no list 'categories'"),
    ],
)
def test_a_broken_coco_file_is_not_taken_for_a_folder_of_classes(tmp_path, photo, damage, why):
    coco(tmp_path, photo)
    path = tmp_path / "annotations/instances.json"
    path.write_text(damage(path.read_text()))
    for data, task in ((Data(), ""), (Data(), "segmentation"), (Data(layout="coco"), "")):
        with pytest.raises(InputError) as said:
            scan(tmp_path, data=data, task=task)
        assert f"The COCO file annotations/instances.json cannot be used: {why}" in str(said.value)
    assert scan(tmp_path, task="classification").classes == ["images"]


def test_a_broken_coco_file_is_known_by_what_it_says_and_other_files_are_none(tmp_path, photo):
    said = coco(tmp_path, photo, "leaves.json")
    path = tmp_path / "leaves.json"
    images = [{"id": n, "file_name": f"{n:060}.png"} for n in range(1000)]  # more than the beginning that is looked at
    path.write_text(json.dumps({**said, "images": images}).replace('"images"', '"imagfs"').replace('"file_name"', '"file"'))
    with pytest.raises(InputError, match=r"The COCO file leaves.json cannot be used: it has no list 'images'"):
        scan(tmp_path)
    path.write_text(json.dumps([said]))
    with pytest.raises(InputError, match=r"The COCO file leaves.json cannot be used: it is a list"):
        scan(tmp_path)
    path.unlink()
    (tmp_path / "annotations.json").write_text(json.dumps([{"file": "1.png", "species": "oak"}]))
    with pytest.raises(InputError, match=r"The COCO file annotations.json cannot be used: it is a list"):  # there is nothing else
        scan(tmp_path)
    for n, name in enumerate(("oaks", "elms")):
        photo(tmp_path / "classes" / name / "1.png", n)
    (tmp_path / "annotations.json").rename(tmp_path / "classes/annotations.json")
    report = scan(tmp_path / "classes")
    assert report.classes == ["elms", "oaks"]
    assert "broken_outlines" not in {problem.kind for problem in report.problems}


def test_a_broken_coco_file_beside_what_can_be_read_is_a_problem(tmp_path, photo):
    coco(tmp_path, photo, "train/instances_train.json", "train")
    coco(tmp_path, photo, "val/instances_val.json", "val")
    whole = (tmp_path / "val/instances_val.json").read_text()
    (tmp_path / "val/instances_val.json").write_text(whole[:200])
    (said,) = [problem for problem in scan(tmp_path).problems if problem.kind == "broken_outlines"]
    assert (said.level, Path(said.path).name) == ("bad", "instances_val.json")
    assert "it is cut short" in said.message
    for name in ("ants", "bees"):
        photo(tmp_path / "classes" / name / "1.png", len(name))
    (tmp_path / "classes/annotations.json").write_text(whole[:200])
    report = scan(tmp_path / "classes")
    assert report.classes == ["ants", "bees"]
    assert [Path(problem.path).name for problem in report.problems if problem.kind == "broken_outlines"] == ["annotations.json"]


def test_broken_coco_files_beside_the_folders_of_splits_make_no_classes_of_them(tmp_path, photo):
    for split in ("train2017", "val2017"):
        coco(tmp_path, photo, f"annotations/instances_{split}.json", split)
        path = tmp_path / f"annotations/instances_{split}.json"
        path.write_text(path.read_text()[:200])
    with pytest.raises(InputError, match=r"instances_train2017.json \(one of 2\) cannot be used: it is cut short"):
        scan(tmp_path)


def test_pictures_of_one_name_are_told_apart_by_the_split_of_their_file(tmp_path, photo):
    for split in ("train", "val"):
        coco(tmp_path, photo, f"annotations/instances_{split}.json", f"images/{split}")
    report = scan(tmp_path)
    assert [(item.path, item.split) for item in report.items][::3] == [("images/train/1.png", "train"), ("images/val/1.png", "val")]
    assert len(report.items) == 6
    assert not [problem for problem in report.problems if problem.kind == "missing_file"]


@pytest.mark.parametrize("name", [None, "", "  ", {}, True])
def test_a_category_without_a_name_is_no_class(tmp_path, photo, name):
    said = coco(tmp_path, photo)
    said["categories"][1]["name"] = name
    (tmp_path / "annotations/instances.json").write_text(json.dumps(said))
    report = scan(tmp_path)
    assert report.classes == ["background", "dog"]
    (problem,) = [problem for problem in report.problems if problem.kind == "nameless_class"]
    assert "Category 1 has no name" in problem.message
    assert "its objects (2)" in problem.message
    assert (labels(report, "1.png") == 255).sum() == 12  # the rest of its square is the dog's
    assert "1 region" in next(problem.message for problem in report.problems if problem.kind == "crowd")


def labelme(path: Path, shapes: list[dict[str, Any]], image: str = "", size: tuple[int, int] | None = (8, 6)) -> None:
    said = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": image or f"{path.stem}.png", "imageData": None}
    if size:
        said |= {"imageWidth": size[0], "imageHeight": size[1]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))


def shape(label: str, points: list[list[float]], kind: str = "polygon", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def test_labelme(tmp_path, photo):
    for n in (1, 2, 3):
        photo(tmp_path / f"{n}.png", n, (8, 6))
    file = io.BytesIO()
    Image.fromarray(np.array([[1, 0], [1, 1]], bool)).save(file, "PNG")
    bitmap = shape("cat", [[5, 3], [6, 4]], "mask", mask=base64.b64encode(file.getvalue()).decode())
    labelme(tmp_path / "1.json", [shape("dog", [[3, 3], [1, 1]], "rectangle"), shape("cat", [[0, 0], [2, 0], [2, 2], [0, 2]])])
    labelme(tmp_path / "2.json", [shape("cat", [[3, 3], [3, 5]], "circle"), shape("dog", [[1, 1], [2, 2]], "linestrip")], size=None)
    labelme(tmp_path / "3.json", [bitmap, shape("__ignore__", [[0, 0], [8, 0], [8, 1], [0, 1]])], "..\\3.png")
    report = scan(tmp_path)
    assert report.layout == "labelme"
    assert report.classes == ["background", "cat", "dog"]
    first = np.zeros((6, 8), np.uint8)
    first[1:3, 1:3] = 2
    first[:2, :2] = 1  # later shapes over earlier ones
    assert np.array_equal(labels(report, "1.png"), first)
    assert (labels(report, "2.png") == 1).sum() == pytest.approx(np.pi * 4, abs=1)
    third = np.zeros((6, 8), np.uint8)
    third[0] = 255
    third[3:5, 5:7] = [[1, 0], [1, 1]]
    assert np.array_equal(labels(report, "3.png"), third)
    assert "1 linestrip" in next(problem.message for problem in report.problems if problem.kind == "not_drawn")


def test_labelme_files_in_a_folder_beside_the_pictures(tmp_path, photo):
    for day in ("monday", "tuesday"):
        for n in (1, 2):
            photo(tmp_path / day / f"pictures/{n}.png", n + len(day), (8, 6))
            labelme(tmp_path / day / f"drawn/{n}.json", [shape("leaf", [[0, 0], [4, 0], [4, 4]])], f"..\\pictures\\{n}.png")
    assert len(scan(tmp_path).items) == 4


def test_a_bitmap_that_begins_outside_of_the_picture_is_cut_there(tmp_path, photo):
    photo(tmp_path / "1.png", 1, (8, 6))
    file = io.BytesIO()
    Image.fromarray(np.array([[1, 1, 0, 1], [0, 0, 1, 0]], bool)).save(file, "PNG")
    bitmap = base64.b64encode(file.getvalue()).decode()
    labelme(tmp_path / "1.json", [shape("cat", [[-2, 0], [1, 1]], "mask", mask=bitmap), shape("cat", [[9, 9]], "mask", mask=bitmap)])
    drawn = np.zeros((6, 8), np.uint8)
    drawn[:2, :2] = [[0, 1], [1, 0]]
    assert np.array_equal(labels(scan(tmp_path), "1.png"), drawn)


@pytest.mark.parametrize("letter", ["a", "木", "🐝"])
def test_masks_of_pictures_with_very_long_names(tmp_path, photo, letter):
    name = letter * (240 // len(letter.encode()))
    photo(tmp_path / f"{name}.png", 1, (8, 6))
    labelme(tmp_path / f"{name}.json", [shape("cat", [[0, 0], [2, 0], [2, 2]])])
    assert len(scan(tmp_path).items) == 1


def test_labelme_with_splits_names_and_pictures_without_a_file(tmp_path, photo):
    for split in ("train", "val"):
        for n in (1, 2):
            photo(tmp_path / split / f"{split}{n}.png", n, (8, 6))
            labelme(tmp_path / split / f"{split}{n}.json", [shape("leaf", [[0, 0], [4, 0], [4, 4]])], f"old name {n}.png")
    photo(tmp_path / "train/not yet.png", 7)
    (tmp_path / "labels.txt").write_text("__ignore__\n_background_\nstem\nleaf\n")
    report = scan(tmp_path)
    assert [item.split for item in report.items] == ["train", "train", "val", "val"]
    assert report.classes == ["background", "stem", "leaf"]
    kinds = [problem.kind for problem in report.problems]
    assert kinds.count("missing_mask") == 1
    assert "unused_class" in kinds


def test_damaged_labelme_files_are_said_to_be_damaged(tmp_path, photo):
    for n in range(6):
        photo(tmp_path / f"{n}.png", n, (8, 6))
        labelme(tmp_path / f"{n}.json", [shape("cat", [[0, 0], [2, 0], [2, 2]])])
    whole = (tmp_path / "1.json").read_text()
    for n, text in ((0, whole[:50]), (1, ""), (2, "[]"), (3, whole.replace('"imagePath"', '"path"'))):
        (tmp_path / f"{n}.json").write_text(text)
    report = scan(tmp_path)
    said = {Path(problem.path).name: problem.message for problem in report.problems if problem.kind == "broken_outlines"}
    assert sorted(said) == ["0.json", "1.json", "2.json", "3.json"]
    assert "it is cut short" in said["0.json"]
    assert "it is empty" in said["1.json"]
    assert "it has no list 'shapes'" in said["2.json"]
    assert "it does not name its picture" in said["3.json"]
    assert not [problem for problem in report.problems if problem.kind == "missing_mask"]
    assert (report.files, len(report.items)) == (6, 2)
    for n in (4, 5):
        (tmp_path / f"{n}.json").write_text(whole[:50])
    with pytest.raises(InputError, match=r"The labelme file 0.json \(one of 4\) cannot be used: it is cut short"):
        scan(tmp_path)


def test_json_files_beside_pictures_that_are_something_else_are_no_trouble(tmp_path, photo):
    for kind in ("ants", "bees"):
        for n in range(7):
            photo(tmp_path / kind / f"{n}.jpg", n + 10 * len(kind))
            (tmp_path / kind / f"{n}.json").write_text('{"camera": "a"}')
    (tmp_path / "settings.json").write_text("{")
    assert not [problem for problem in scan(tmp_path).problems if problem.kind == "broken_outlines"]


@pytest.mark.parametrize("name", ["", None, "  "])
def test_a_shape_without_a_label_is_no_class(tmp_path, photo, name):
    photo(tmp_path / "1.png", 1, (8, 6))
    labelme(tmp_path / "1.json", [shape("cat", [[0, 0], [2, 0], [2, 2], [0, 2]]), shape(name, [[4, 0], [6, 0], [6, 2], [4, 2]])])
    report = scan(tmp_path)
    assert report.classes == ["background", "cat"]
    assert labels(report, "1.png")[0].tolist() == [1, 1, 0, 0, 255, 255, 0, 0]
    (problem,) = [problem for problem in report.problems if problem.kind == "nameless_class"]
    assert problem.path == str(tmp_path / "1.json")
    assert "1 shape" in problem.message


def test_a_corrected_mask_beside_the_picture_is_taken(tmp_path, photo):
    coco(tmp_path, photo)
    report = scan(tmp_path)
    better = np.full((6, 8), 2, np.uint8)
    masks.write_coded(tmp_path / "images/3.corrected.png", better, report.coding)
    again = scan(tmp_path)
    assert np.array_equal(labels(again, "3.png"), better)
    assert [problem.kind for problem in again.problems if problem.kind in ("corrected", "stray")] == ["corrected"]

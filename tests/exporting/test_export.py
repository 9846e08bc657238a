"""Exporting: every format comes back to the pixel, nothing of anybody else's is written over, failures are sentences."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tlstudio.exporting
from tests.exporting.made_masks import CODING, COLOURS, NAMES, Made, grey, labels_of
from tlstudio import api
from tlstudio.control import Control
from tlstudio.data import masks
from tlstudio.data.masks import Coding, Labels, MaskClass
from tlstudio.data.scan import scan
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event, Note, Progress
from tlstudio.exporting import kinds
from tlstudio.exporting.export import export, formats
from tlstudio.recipe import Data


def _scanned(folder: Path, masks_in: Path | None = None) -> dict[str, Labels]:
    """Labels by the name of the picture, in the order of NAMES, as a scan of the folder reads them."""
    data = Data(path=str(folder), task="segmentation", masks=str(masks_in or ""))
    report = scan(folder, task="segmentation", data=data)
    assert report.coding is not None
    assert [problem for problem in report.problems if problem.level == "bad"] == []
    table = np.full(256, 255, np.uint8)
    table[: len(report.classes)] = [NAMES.index(name) for name in report.classes]
    read = {Path(item.path).name: table[masks.read(report.root / item.mask, report.coding)] for item in report.items}
    assert report.classes == list(NAMES)
    return read


def test_there_is_a_format_for_each_thing_asked() -> None:
    assert list(formats()) == ["index", "classes", "composite", "coco", "labelme", "areas"]
    assert all(one.title and one.help for one in formats().values())


def test_every_file_with_a_format_is_in_the_table() -> None:
    folder = Path(tlstudio.exporting.__file__).parent
    assert {path.stem for path in folder.glob("*.py") if "\nFORMAT = " in path.read_text()} == set(kinds.MASKS.values())
    assert all(key == one.key for key, one in formats().items())
    assert set(kinds.JOBS.values()) <= set(api.JOBS)


def test_only_the_pictures_of_a_split(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    for image, split in zip(document["images"], ("train", "val"), strict=True):
        image["split"] = split
    assert api.export_masks(document, "index", str(tmp_path / "out"), split="val")["files"] == 2
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["b.png"]
    with pytest.raises(InputError, match="no pictures of a split 'test'"):
        api.export_masks(document, "index", str(tmp_path / "other"), split="test")
    document["split"] = "test"  # an evaluation of that split, whose pictures do not say it again
    assert api.export_masks(document, "index", str(tmp_path / "other"), split="test")["files"] == 3


def test_index_png_read_back_is_identical(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    said = export(document, "index", tmp_path / "out")
    assert sorted(path.name for path in said.paths) == ["a.png", "b.png", "classes.json"]
    for i, name in enumerate(("a", "b")):
        assert np.array_equal(masks.read(tmp_path / "out" / f"{name}.png", CODING), labels_of(i))
    with Image.open(tmp_path / "out" / "a.png") as image:
        assert image.mode == "P"
        assert image.getpalette()[3:9] == [230, 159, 0, 86, 180, 233]
        assert image.size == (48, 40)
    read = _scanned(tmp_path / "photos", tmp_path / "out")
    assert np.array_equal(read["a.jpg"], labels_of(0))
    assert np.array_equal(read["b.png"], labels_of(1))


def test_index_png_beside_its_pictures_is_a_data_set(pictures: Made, tmp_path: Path) -> None:
    document = pictures("images/a.jpg", "images/b.jpg")
    export(document, "index", tmp_path / "photos" / "masks")
    assert np.array_equal(_scanned(tmp_path / "photos")["b.jpg"], labels_of(1))


def test_one_png_a_class_is_black_and_white(pictures: Made, tmp_path: Path) -> None:
    export(pictures(), "classes", tmp_path / "out")
    folders = sorted(path.name for path in (tmp_path / "out" / "classes").iterdir())
    assert folders == ["background", "road, wet", "sky", "tree"]
    for label, name in enumerate(NAMES):
        values = grey(tmp_path / "out" / "classes" / name / "a.png")
        assert np.array_equal(values, np.where(labels_of(0) == label, 255, 0))
        coding = Coding("index", (MaskClass("rest", 0, (0, 0, 0)), MaskClass(name, 255, (255, 255, 255))))
        assert np.array_equal(masks.read(tmp_path / "out" / "classes" / name / "a.png", coding), labels_of(0) == label)


def test_coco_read_back_is_identical(pictures: Made, tmp_path: Path) -> None:
    document = pictures("one/a.jpg", "two/a.jpg", "b.png")
    export(document, "coco", tmp_path / "photos")
    said = json.loads((tmp_path / "photos" / "annotations.json").read_text())
    assert [image["file_name"] for image in said["images"]] == ["one/a.jpg", "two/a.jpg", "b.png"]
    assert [category["name"] for category in said["categories"]] == list(NAMES)
    tree = next(one for one in said["annotations"] if one["image_id"] == 1 and one["category_id"] == 4)
    where = np.argwhere(labels_of(0) == 3)
    (top, left), (bottom, right) = where.min(0), where.max(0)
    assert tree["area"] == len(where)
    assert tree["bbox"] == [left, top, right - left + 1, bottom - top + 1]
    assert tree["segmentation"]["size"] == [40, 48]
    assert sum(tree["segmentation"]["counts"]) == 40 * 48
    assert len({one["id"] for one in said["annotations"]}) == len(said["annotations"])
    report = scan(tmp_path / "photos", task="segmentation", data=Data(task="segmentation"))
    assert report.layout == "coco"
    assert report.coding is not None
    for i, name in enumerate(("one/a.jpg", "two/a.jpg", "b.png")):
        item = next(item for item in report.items if item.path == name)
        assert np.array_equal(masks.read(Path(item.mask), report.coding), labels_of(i))


def test_run_lengths_begin_with_what_is_outside(pictures: Made, tmp_path: Path) -> None:
    from tlstudio.data import rle
    from tlstudio.exporting.coco import run_lengths

    mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
    assert run_lengths(np.ascontiguousarray(mask.T)) == [0, 2, 1, 1, 2]
    assert np.array_equal(rle.decode(run_lengths(np.ascontiguousarray(mask.T)), 2, 3), mask)


def test_labelme_read_back_is_identical(pictures: Made, tmp_path: Path) -> None:
    export(pictures(), "labelme", tmp_path / "photos")
    said = json.loads((tmp_path / "photos" / "a.json").read_text())
    assert (said["imagePath"], said["imageWidth"], said["imageHeight"], said["imageData"]) == ("a.jpg", 48, 40, None)
    assert {shape["label"] for shape in said["shapes"]} == {*NAMES, "__ignore__"}
    assert all(float(x).is_integer() for shape in said["shapes"] for point in shape["points"] for x in point)
    read = _scanned(tmp_path / "photos")
    assert np.array_equal(read["a.jpg"], labels_of(0))
    assert np.array_equal(read["b.png"], labels_of(1))


def test_labelme_elsewhere_names_the_picture_by_the_way_there(pictures: Made, tmp_path: Path) -> None:
    export(pictures("x/a.jpg", "y/a.jpg"), "labelme", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "x" / "a.json").read_text())["imagePath"] == "../../photos/x/a.jpg"


def test_areas_add_up(pictures: Made, tmp_path: Path) -> None:
    export(pictures(), "areas", tmp_path)
    with (tmp_path / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["picture"] == "a.jpg"]
    labels = labels_of(0)
    assert [row["class"] for row in rows] == [*NAMES, ""]
    assert [int(row["pixels"]) for row in rows] == [int((labels == value).sum()) for value in (0, 1, 2, 3, 255)]
    labelled = (labels != 255).sum()
    assert [float(row["share"]) for row in rows[:-1]] == [(labels == value).sum() / labelled for value in range(4)]
    assert rows[-1]["share"] == ""
    assert {(row["width"], row["height"]) for row in rows} == {("48", "40")}


def test_truth_in_a_coding_of_its_own_is_exported_by_index(pictures: Made, tmp_path: Path) -> None:
    coding = Coding(
        "rgb",
        tuple(MaskClass(name, (9 * i, 200, i), colour) for i, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True))),
        ((1, 1, 1),),
    )
    document = pictures("a.jpg")
    masks.write_coded(tmp_path / "truth.png", labels_of(5), coding)
    document["coding"] = coding.to_json()
    document["images"][0] |= {"truth": str(tmp_path / "truth.png")}
    export(document, "index", tmp_path / "out", which="truth")
    assert np.array_equal(masks.read(tmp_path / "out" / "a.png", CODING), labels_of(5))


def test_predictions_as_they_were_corrected_where_they_were(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    first = document["images"][0]
    masks.write(tmp_path / "better.png", labels_of(7), CODING)
    own = masks.read(Path(document["images"][1]["prediction"]), CODING)
    first |= {"corrected": str(tmp_path / "better.png")}
    assert api.export_masks(document, "index", str(tmp_path / "out"), which="corrected")["files"] == 3
    assert np.array_equal(masks.read(tmp_path / "out" / "a.png", CODING), labels_of(7))
    assert np.array_equal(masks.read(tmp_path / "out" / "b.png", CODING), own)
    api.export_masks(document, "index", str(tmp_path / "run"))  # the run's own, unless asked for
    assert not np.array_equal(masks.read(tmp_path / "run" / "a.png", CODING), labels_of(7))


def test_pictures_of_one_name_keep_their_folders(pictures: Made, tmp_path: Path) -> None:
    document = pictures("one/a.jpg", "two/a.jpg", "two/b.jpg", "two/b.png")
    export(document, "index", tmp_path / "out")
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert found == ["one/a.png", "two/a.png", "two/b.jpg.png", "two/b.png.png"]


def test_a_second_export_replaces_the_first(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    for key in formats():
        export(document, key, tmp_path / "out")
        export(document, key, tmp_path / "out", look={"opacity": 0.9})
    assert np.array_equal(masks.read(tmp_path / "out" / "a.png", CODING), labels_of(0))


def test_what_no_export_wrote_is_kept(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.png").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"b\.png is there already and is kept"):
        export(document, "index", out)
    assert [path.name for path in out.iterdir()] == ["b.png"]  # told before anything is written
    assert (out / "b.png").read_bytes() == b"mine"


def test_what_was_changed_after_an_export_is_kept(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    export(document, "labelme", tmp_path / "out")
    (tmp_path / "out" / "a.json").write_text("drawn by hand")
    with pytest.raises(InputError, match="changed after the export"):
        export(document, "labelme", tmp_path / "out")
    assert (tmp_path / "out" / "a.json").read_text() == "drawn by hand"


def test_pictures_themselves_are_never_written_over(pictures: Made, tmp_path: Path) -> None:
    document = pictures("a.png")
    before = (tmp_path / "photos" / "a.png").read_bytes()
    with pytest.raises(InputError, match="is kept"):
        export(document, "index", tmp_path / "photos")
    assert (tmp_path / "photos" / "a.png").read_bytes() == before


def test_an_export_that_lost_its_memory_half_way_goes_on(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    export(document, "areas", tmp_path / "out")
    ledger = tmp_path / "out" / ".exported.jsonl"
    ledger.write_text(ledger.read_text() + '{"path": "b.p')
    export(document, "areas", tmp_path / "out")


def test_a_mask_that_cannot_be_read_is_left_out_and_told(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    Path(document["images"][0]["prediction"]).write_bytes(b"")
    told: list[Event] = []
    said = api.export_masks(document, "index", str(tmp_path / "out"), tell=told.append)
    assert said["files"] == 2
    assert [Path(one["path"]).name for one in said["left_out"]] == ["a.jpg"]
    assert any(isinstance(event, Note) and "empty" in event.message for event in told)
    last = [event for event in told if isinstance(event, Progress)][-1]
    assert (last.phase, last.done, last.total, last.overall) == ("export", 2, 2, 1.0)
    Path(document["images"][1]["prediction"]).write_bytes(b"")
    with pytest.raises(StudioError, match="no mask could be read"):
        export(document, "coco", tmp_path / "other")


def test_a_mask_of_another_size_is_not_laid_over_a_picture(pictures: Made, tmp_path: Path) -> None:
    document = pictures("a.jpg", "b.jpg")
    masks.write(Path(document["images"][0]["prediction"]), labels_of(0)[:-1], CODING)
    said = export(document, "composite", tmp_path / "out")
    assert [path.name for path in said.paths] == ["b.overlay.png"]
    assert "The picture is 48 x 40 pixels, the mask 48 x 39" in said.left_out[0][1]


def test_nothing_to_export_is_said(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    with pytest.raises(InputError, match="nothing to export"):
        export(document, "index", tmp_path / "out", which="truth")
    with pytest.raises(InputError, match="no format 'svg'"):
        export(document, "svg", tmp_path / "out")
    with pytest.raises(InputError, match="prediction, truth or corrected"):
        export(document, "index", tmp_path / "out", which="guess")
    assert not (tmp_path / "out").exists()


def test_the_job_takes_what_there_is_and_only_the_pictures_asked_for(pictures: Made, tmp_path: Path) -> None:
    document = pictures()
    said = api.export_masks(document, "index", str(tmp_path / "out"), paths=[document["images"][1]["path"]])
    assert said == {"folder": str(tmp_path / "out"), "files": 2, "left_out": []}
    assert (tmp_path / "out" / "b.png").exists()
    assert json.loads(json.dumps(said)) == said


def test_cancel_ends_between_two_pictures(pictures: Made, tmp_path: Path) -> None:
    control = Control()

    def tell(event: Event) -> None:
        control.cancel()

    with pytest.raises(Cancelled):
        export(pictures(), "index", tmp_path / "out", tell=tell, control=control)
    assert not (tmp_path / "out" / "b.png").exists()


def test_a_full_disk_is_a_sentence(pictures: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    document = pictures()
    monkeypatch.setattr(Path, "replace", full)
    for key in formats():
        with pytest.raises(StudioError, match="disk is full"):
            export(document, key, tmp_path / "out")
    left = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert left == []


def test_a_file_where_the_folder_should_be(pictures: Made, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        export(pictures(), "index", tmp_path / "out")


def test_names_of_classes_that_no_file_can_have(tmp_path: Path) -> None:
    from tlstudio.exporting.naming import folders

    assert folders(["a/b", "a:b", "", "CON ", "x" * 300, "A_B"]) == ["a_b", "a_b_1", "class_2", "CON", "x" * 80, "A_B_5"]


def test_a_bad_look_is_refused(pictures: Made, tmp_path: Path) -> None:
    document: dict[str, Any] = pictures()
    for look, said in (
        ({"opacity": 2}, "Opacity is from 0 to 1"),
        ({"classes": [{"colour": [1, 2, 3]}]}, "of 1 classes, the masks have 4"),
        ({"classes": [{"colour": "red"}] * 4}, "cannot be used"),
        ({"colours": []}, "has no 'colours'"),
        ({"contour": None}, "cannot be used"),
    ):
        with pytest.raises(InputError, match=said):
            export(document, "composite", tmp_path / "out", look=look)

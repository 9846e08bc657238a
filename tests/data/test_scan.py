from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import threading
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tlstudio import places
from tlstudio.control import Control
from tlstudio.data import facts, images
from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.data.splits import assign
from tlstudio.errors import Cancelled, InputError
from tlstudio.events import Progress
from tlstudio.recipe import Data


def kinds(report: DatasetReport) -> Counter[str]:
    return Counter(problem.kind for problem in report.problems)


def of_kind(report: DatasetReport, kind: str) -> dict[str, str]:
    """Path, relative to the root where it lies below it, -> message."""
    root = f"{report.root}/"
    return {problem.path.removeprefix(root): problem.message for problem in report.problems if problem.kind == kind}


def refused(path: Path, task: str = "") -> InputError:
    with pytest.raises(InputError) as caught:
        scan(path, task=task)
    assert caught.value.do  # what to do is always said
    return caught.value


def test_one_folder_a_class(two_classes):
    report = scan(two_classes)
    assert report.classes == ["ants", "bees"]
    assert report.split_source == "carved"
    assert report.problems == []
    assert [item.path for item in report.items] == [f"ants/a{n}.jpg" for n in range(8)] + [f"bees/b{n}.png" for n in range(8)]
    assert {item.split for item in report.items} == {None}
    assert (report.items[0].width, report.items[0].height, report.items[0].label) == (96, 72, 0)
    assert report.bytes == sum((two_classes / item.path).stat().st_size for item in report.items)
    assert report.root == report.source == two_classes


@pytest.mark.parametrize("train", ["train", "Training"])
@pytest.mark.parametrize("val", ["val", "valid", "validation", "dev", "VAL"])
@pytest.mark.parametrize("test", ["test", "testing", None])
def test_split_folders(tmp_path, photo, train, val, test):
    for n, split in enumerate(filter(None, (train, val, test))):
        for m, name in enumerate(("ants", "bees")):
            photo(tmp_path / split / name / "x.png", 10 * n + m)
    report = scan(tmp_path)
    assert report.split_source == "folders"
    assert report.classes == ["ants", "bees"]
    assert Counter(item.split for item in report.items) == {"train": 2, "val": 2} | ({"test": 2} if test else {})


@pytest.mark.parametrize(
    ("filled", "empty", "said"),
    [
        (("train",), ("val",), {"val": "validation instead"}),
        (("train",), ("val", "test"), {"val": "validation instead", "test": "the final figure instead"}),
        (("train", "test"), ("valid",), {"valid": "validation instead"}),
        (("train", "val"), ("test",), {"test": "there is no test split"}),
        (("train", "val"), (), {}),
        (("train",), (), {}),
    ],
)
@pytest.mark.parametrize("inside", [None, "empty class", "broken image"])
def test_empty_split_folders_are_told(tmp_path, photo, filled, empty, said, inside):
    for n, split in enumerate(filled):
        for m, name in enumerate(("ants", "bees")):
            for i in range(5):
                photo(tmp_path / split / name / f"{i}.png", 100 * n + 10 * m + i)
    for split in empty:
        (tmp_path / split / ("ants" if inside else "")).mkdir(parents=True)
        if inside == "broken image":
            (tmp_path / split / "ants" / "x.png").write_bytes(b"")
    report = scan(tmp_path)
    found = of_kind(report, "empty_split")
    assert found.keys() == said.keys()
    given = bool(empty) and inside == "broken image"  # files that are called like images make a given split, of which none is left
    if given and "test" in said:
        said = said | {"test": "there is no test split"}
    assert all(words in found[split] for split, words in said.items())
    splits = assign(report, Data())
    assert splits.val  # it is as the sentence says
    assert bool(splits.test) == ("test" in filled or (filled == ("train",) and not given))


def test_classes_are_those_of_all_splits(tmp_path, photo):
    photo(tmp_path / "train" / "ants" / "a.png", 1)
    photo(tmp_path / "train" / "wasps" / "w.png", 2)
    photo(tmp_path / "val" / "ants" / "b.png", 3)
    photo(tmp_path / "val" / "bees" / "c.png", 4)
    report = scan(tmp_path)
    assert report.classes == ["ants", "bees", "wasps"]
    assert "'bees' has 1 image in val" in str(of_kind(report, "untrained_class"))
    assert next(p.level for p in report.problems if p.kind == "untrained_class") == "bad"


def test_wrappers_are_stepped_into(two_classes, tmp_path):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    two_classes.rename(tmp_path / "outer" / "inner" / "insects")
    (tmp_path / "outer" / "README.txt").write_text("photos")
    report = scan(tmp_path / "outer")
    assert report.classes == ["ants", "bees"]
    assert report.items[0].path == "inner/insects/ants/a0.jpg"
    assert (report.root / report.items[0].path).is_file()


def test_a_lone_train_folder_is_a_wrapper(two_classes):
    two_classes.rename(two_classes.with_name("train"))
    report = scan(two_classes.parent)
    assert report.classes == ["ants", "bees"]
    assert report.split_source == "carved"


def test_a_class_may_be_called_train(tmp_path, photo):
    for n, name in enumerate(("train", "plane", "car")):
        photo(tmp_path / name / "electric" / "x.png", n)
    assert scan(tmp_path).classes == ["car", "plane", "train"]


def test_images_in_deeper_folders_count_to_the_class(two_classes, photo):
    photo(two_classes / "ants" / "garden" / "may" / "deep.png", 50)
    report = scan(two_classes)
    assert sum(item.label == 0 for item in report.items) == 9
    assert of_kind(report, "nested") == {"ants": "1 file in sub-folders of the class 'ants' counted to it."}


def test_every_broken_file_is_listed_and_left_out(two_classes, photo, tmp_path):
    ants = two_classes / "ants"
    (ants / "zero.jpg").write_bytes(b"")
    (ants / "notes.txt").write_text("two ants, one leaf")
    (ants / "renamed.jpg").write_text("<html>404</html>")
    (ants / "short.jpg").write_bytes((ants / "a0.jpg").read_bytes()[:900])
    whole = (two_classes / "bees" / "b0.png").read_bytes()
    (ants / "bad.png").write_bytes(whole[:400] + bytes(40) + whole[440:])
    photo(ants / "huge.png", size=(400, 300))
    (ants / "nowhere.png").symlink_to(tmp_path / "gone.png")
    report = scan(two_classes, max_pixels=100_000)
    assert of_kind(report, "empty_file").keys() == {"ants/zero.jpg"}
    assert of_kind(report, "not_image").keys() == {"ants/notes.txt", "ants/renamed.jpg"}
    assert of_kind(report, "truncated").keys() == {"ants/short.jpg"}
    assert of_kind(report, "unreadable").keys() == {"ants/bad.png", "ants/nowhere.png"}
    assert of_kind(report, "bomb").keys() == {"ants/huge.png"}
    assert sum(kinds(report).values()) == 7
    assert len(report.items) == 16
    assert all(problem.message.endswith("left out.") and Path(problem.path).is_absolute() for problem in report.problems)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions bind only ordinary users")
def test_without_permission(two_classes):
    (two_classes / "ants" / "a0.jpg").chmod(0)
    assert "may not be read" in of_kind(scan(two_classes), "unreadable")["ants/a0.jpg"]
    (two_classes / "ants" / "a0.jpg").chmod(0o644)
    assert not scan(two_classes).problems


def test_hidden_and_stray_things_are_passed_over(two_classes, photo):
    photo(two_classes / ".ipynb_checkpoints" / "a0-checkpoint.png", 60)
    photo(two_classes / "__MACOSX" / "ants" / "._a0.png", 61)
    photo(two_classes / "ants" / ".ipynb_checkpoints" / "x.png", 62)
    (two_classes / "ants" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (two_classes / "bees" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    photo(two_classes / "cover.png", 63)
    (two_classes / "README.md").write_text("# Insects")
    report = scan(two_classes)
    hidden = {".ipynb_checkpoints", "__MACOSX", "ants/.ipynb_checkpoints", "ants/Thumbs.db", "bees/.DS_Store"}
    assert of_kind(report, "hidden").keys() == hidden
    assert of_kind(report, "stray").keys() == {"cover.png"}
    assert len(report.items) == 16


def test_duplicates_are_one_problem_for_each_file(two_classes):
    for copy in ("copy.jpg", "again.jpg"):
        shutil.copy(two_classes / "ants" / "a0.jpg", two_classes / "ants" / copy)
    shutil.copy(two_classes / "ants" / "a1.jpg", two_classes / "bees" / "a1.jpg")
    report = scan(two_classes)
    said = of_kind(report, "duplicate")
    assert Counter(Counter(problem.group for problem in report.problems).values()) == {3: 1, 2: 1}
    assert said.keys() == {"ants/a0.jpg", "ants/copy.jpg", "ants/again.jpg", "ants/a1.jpg", "bees/a1.jpg"}
    assert "and 1 more" in said["ants/copy.jpg"]
    assert "conflicting label" in said["bees/a1.jpg"]
    assert "conflicting" not in said["ants/a0.jpg"]


def test_leaks_across_given_splits(tmp_path, photo):
    for n in range(6):
        photo(tmp_path / "train" / "ants" / f"{n}.png", n)
        photo(tmp_path / "train" / "bees" / f"{n}.png", 10 + n)
        photo(tmp_path / "val" / "ants" / f"{n}.png", 20 + n)
        photo(tmp_path / "val" / "bees" / f"{n}.png", 30 + n)
    shutil.copy(tmp_path / "train" / "ants" / "0.png", tmp_path / "val" / "ants" / "leaked.png")
    shutil.copy(tmp_path / "train" / "ants" / "1.png", tmp_path / "val" / "bees" / "wrong.png")
    shutil.copy(tmp_path / "train" / "bees" / "2.png", tmp_path / "train" / "bees" / "twin.png")
    report = scan(tmp_path)
    leaks = of_kind(report, "leak")
    assert leaks.keys() == {"train/ants/0.png", "val/ants/leaked.png", "train/ants/1.png", "val/bees/wrong.png"}
    assert "val/ants/leaked.png" in leaks["train/ants/0.png"]
    assert "conflicting label" in leaks["val/bees/wrong.png"]
    assert "conflicting label" not in leaks["val/ants/leaked.png"]
    assert of_kind(report, "duplicate").keys() == {"train/bees/2.png", "train/bees/twin.png"}
    assert {p.level for p in report.problems if p.kind == "leak"} == {"bad"}


def test_thin_and_empty_classes(two_classes, photo):
    (two_classes / "crickets").mkdir()
    (two_classes / "drones").mkdir()
    (two_classes / "drones" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    for n in range(3):
        photo(two_classes / "earwigs" / f"{n}.png", 70 + n)
    report = scan(two_classes)
    assert report.classes == ["ants", "bees", "earwigs"]
    assert of_kind(report, "empty_class").keys() == {"crickets", "drones"}
    assert "of its 1 file none is a usable image" in of_kind(report, "empty_class")["drones"]
    assert of_kind(report, "few_images").keys() == {"earwigs"}
    assert kinds(report)["imbalance"] == 0


def test_a_single_class(tmp_path, photo):
    for n in range(6):
        photo(tmp_path / "ants" / f"{n}.png", n)
    report = scan(tmp_path)
    assert report.classes == ["ants"]
    assert kinds(report) == {"single_class": 1}


def test_imbalance_from_ten_to_one(tmp_path, photo):
    for n in range(50):
        photo(tmp_path / "ants" / f"{n}.png", n, (64, 64))
    for n in range(6):
        photo(tmp_path / "bees" / f"{n}.png", 100 + n, (64, 64))
    assert kinds(scan(tmp_path))["imbalance"] == 0
    (tmp_path / "bees" / "0.png").unlink()
    report = scan(tmp_path)
    assert kinds(report) == {"imbalance": 1}
    assert next(p for p in report.problems).path == ""


def test_small_pictures(two_classes, photo, tmp_path):
    photo(two_classes / "ants" / "tiny.png", 80, (200, 40))
    assert of_kind(scan(two_classes), "small").keys() == {"ants/tiny.png"}
    for n in range(12):  # where most are small it is said once
        photo(tmp_path / "digits" / str(n % 2) / f"{n}.png", n, (28, 28))
    assert of_kind(scan(tmp_path / "digits"), "small").keys() == {""}


def test_turned_photos_are_told_once_and_measured_upright(two_classes, photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    for n in range(3):
        photo(two_classes / "ants" / f"turned{n}.jpg", 90 + n, exif=exif)
    report = scan(two_classes)
    assert of_kind(report, "rotated") == {"": "Turned by the camera, and set upright when read: 3 photos."}
    turned = [item for item in report.items if "turned" in item.path]
    assert {(item.width, item.height) for item in turned} == {(72, 96)}


def test_masks_beside_the_pictures_are_no_class(two_classes, tmp_path):
    sample = tmp_path / "sample"
    shutil.copytree(two_classes, sample / "images")
    shutil.copytree(two_classes, sample / "masks")
    report = scan(sample)
    assert report.classes == ["ants", "bees"]
    assert all(item.path.startswith("images/") for item in report.items)
    assert of_kind(report, "stray").keys() == {"masks"}
    shutil.copytree(two_classes, tmp_path / "mixed")
    shutil.copytree(two_classes, tmp_path / "mixed" / "masks")
    assert scan(tmp_path / "mixed").classes == ["ants", "bees"]


def test_a_class_may_be_called_mask(tmp_path, photo):
    for n in range(6):
        photo(tmp_path / "mask" / f"face{n}.png", n)
        photo(tmp_path / "no_mask" / f"person{n}.png", 10 + n)
    assert scan(tmp_path).classes == ["mask", "no_mask"]


def test_what_cannot_be_a_data_set_is_said_clearly(tmp_path, photo):
    assert "no file or folder" in str(refused(tmp_path / "nothing"))
    (tmp_path / "empty" / "inside").mkdir(parents=True)
    assert "no files" in str(refused(tmp_path / "empty"))
    assert "single picture" in str(refused(photo(tmp_path / "one.jpg")))
    photo(tmp_path / "flat" / "a.png")
    assert "of which class" in str(refused(tmp_path / "flat"))
    photo(tmp_path / "only" / "masks" / "a.png")
    assert "only masks" in str(refused(tmp_path / "only"))
    photo(tmp_path / "street" / "images" / "a.png")
    photo(tmp_path / "street" / "masks" / "a.png")
    assert "Set data.task to 'segmentation'" in str(refused(tmp_path / "street", task="classification"))
    photo(tmp_path / "flatsplit" / "train" / "a.png")
    photo(tmp_path / "flatsplit" / "val" / "b.png")
    assert "no sub-folders for classes" in str(refused(tmp_path / "flatsplit"))
    photo(tmp_path / "untrained" / "val" / "ants" / "a.png")
    photo(tmp_path / "untrained" / "test" / "ants" / "b.png")
    assert "no folder 'train'" in str(refused(tmp_path / "untrained"))
    (tmp_path / "text" / "ants").mkdir(parents=True)
    (tmp_path / "text" / "ants" / "a.txt").write_text("ant")
    assert "no images" in str(refused(tmp_path / "text"))
    (tmp_path / "plan.pdf").write_bytes(b"%PDF")
    assert "no folder, table or archive" in str(refused(tmp_path / "plan.pdf"))


def test_nothing_usable_is_told_with_counts(tmp_path):
    for n in range(3):
        (tmp_path / "ants").mkdir(exist_ok=True)
        (tmp_path / "ants" / f"{n}.jpg").write_bytes(b"" if n else b"text")
    assert "3 files: 2 empty, 1 not images" in str(refused(tmp_path))


def test_links_that_lead_round(two_classes):
    (two_classes / "ants" / "up").symlink_to(two_classes)
    report = scan(two_classes)
    assert len(report.items) == 16
    assert of_kind(report, "link").keys() == {"ants/up"}


def test_a_link_onto_itself_costs_only_itself(two_classes):
    (two_classes / "ants" / "a3.png").symlink_to("a3.png")
    report = scan(two_classes)
    assert len(report.items) == 16
    assert of_kind(report, "unreadable").keys() == {"ants/a3.png"}


def test_a_folder_counts_where_it_really_lies(two_classes, tmp_path, photo):
    (two_classes / "aardvarks").symlink_to(two_classes / "bees")
    (two_classes / "bees" / "more").symlink_to(photo(tmp_path / "outside" / "b.png", 50).parent)
    report = scan(two_classes)
    assert report.classes == ["ants", "bees"]
    assert "bees/more/b.png" in [item.path for item in report.items]
    assert [problem.kind for problem in report.problems] == ["link", "nested"]


def test_names_of_any_kind(tmp_path, photo):
    odd = ["späte Bienen 🐝", "a'b\"c", "semi;colon,comma", " leading"]
    for n, name in enumerate(odd):
        for m in range(5):
            photo(tmp_path / name / f"ö {m}.png", 10 * n + m)
    raw = os.fsdecode(b"caf\xe9")
    for m in range(5):
        photo(tmp_path / raw / f"{m}.png", 80 + m)
    for _ in range(2):  # also from memory
        report = scan(tmp_path)
        assert report.classes == sorted([*odd, raw])
    said = report.to_json(Data())
    assert len(Path(said["index"]).read_text().splitlines()) == 25


def test_a_second_scan_decodes_nothing(two_classes, monkeypatch):
    (two_classes / "ants" / "bad.jpg").write_bytes(b"text")
    first = scan(two_classes)

    def decode(*arguments: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(images, "decode", decode)
    assert scan(two_classes) == first


def test_a_changed_file_is_looked_at_again(two_classes, photo):
    before = scan(two_classes)
    photo(two_classes / "ants" / "a0.jpg", 99, (120, 80))
    after = scan(two_classes)
    assert after.items[0].digest != before.items[0].digest
    assert (after.items[0].width, after.items[0].height) == (120, 80)
    assert after.items[1:] == before.items[1:]


def test_another_limit_of_pixels_is_heeded_from_memory(two_classes, photo):
    photo(two_classes / "ants" / "large.png", 98, (200, 150))
    assert kinds(scan(two_classes))["bomb"] == 0
    assert kinds(scan(two_classes, max_pixels=20_000))["bomb"] == 1
    assert kinds(scan(two_classes, max_pixels=30_000))["bomb"] == 0
    assert kinds(scan(two_classes, max_pixels=29_999))["bomb"] == 1


def test_a_damaged_or_unwritable_memory_is_no_hindrance(two_classes):
    first = scan(two_classes)
    (memory,) = (places.cache() / "scans").glob("*.sqlite")
    memory.write_bytes(b"not a database" * 100)
    assert scan(two_classes) == first
    assert scan(two_classes) == first
    with contextlib.closing(sqlite3.connect(memory)) as store:
        assert store.execute("SELECT count(*) FROM facts").fetchone() == (16,)
    whole = memory.read_bytes()
    memory.write_bytes(whole[:4096].ljust(len(whole), b"\xff"))  # what tells the tables is sound, what is in them is not
    assert scan(two_classes) == first
    assert scan(two_classes) == first
    with contextlib.closing(sqlite3.connect(memory)) as store:
        assert store.execute("SELECT count(*) FROM facts").fetchone() == (16,)
    shutil.rmtree(places.cache() / "scans")
    (places.cache() / "scans").write_text("a file where the folder should be")
    assert scan(two_classes) == first


def test_a_memory_that_another_process_writes_to_is_not_thrown_away(two_classes, monkeypatch):
    first = scan(two_classes)
    (memory,) = (places.cache() / "scans").glob("*.sqlite")
    connect = sqlite3.connect
    monkeypatch.setattr(facts.sqlite3, "connect", lambda path, timeout: connect(path, timeout=0.01))
    with contextlib.closing(connect(memory)) as other:
        other.execute("BEGIN EXCLUSIVE")
        inode = memory.stat().st_ino
        assert scan(two_classes) == first
        assert memory.stat().st_ino == inode


def test_progress_and_cancel(tmp_path, photo):
    before = set(threading.enumerate())
    for n in range(40):
        photo(tmp_path / f"class{n % 2}" / f"{n}.png", n)
    told: list[Progress] = []
    scan(tmp_path, tell=told.append)
    assert told[-1].done == told[-1].total == 40
    assert told[-1].phase == "scan"
    assert told[-1].per_second > 0
    assert [event.done for event in told] == sorted(event.done for event in told)
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        scan(tmp_path, control=control)
    assert set(threading.enumerate()) <= before


def test_cancelled_on_the_way_keeps_what_is_known(two_classes, monkeypatch):
    control, before = Control(), set(threading.enumerate())
    seen = 0
    true = images.decode

    def decode(*arguments, **options):
        nonlocal seen
        seen += 1
        if seen == 10:
            control.cancel()
        return true(*arguments, **options)

    monkeypatch.setattr(images, "decode", decode)
    with pytest.raises(Cancelled):
        scan(two_classes, control=control)
    assert set(threading.enumerate()) <= before
    assert seen < 16
    first, seen = seen, 20
    scan(two_classes)
    assert seen - 20 < 16, first


def test_the_document(two_classes, photo):
    photo(two_classes / "ants" / "big.png", 97, (900, 700))
    (two_classes / "ants" / "bad.jpg").write_bytes(b"text")
    report = scan(two_classes)
    said = json.loads(json.dumps(report.to_json(Data(val_share=0.25, test_share=0.0, exclude=("ants/a0.jpg",)))))
    assert said["task"] == "classification"
    assert said["classes"] == [{"name": "ants", "count": 8}, {"name": "bees", "count": 8}]
    assert said["splits"] == {"train": 12, "val": 4, "test": 0}
    assert (said["images"], said["files"]) == (16, 18)
    assert said["problem_counts"] == {"not_image": 1}
    assert said["problems"][0] == {
        "kind": "not_image",
        "path": str(two_classes / "ants" / "bad.jpg"),
        "message": "The file is not an image: its first bytes are those of no known image format; it is left out.",
        "level": "warn",
    }
    assert said["source"] == said["root"] == str(two_classes)
    assert sum(said["sizes"]["counts"]) == 16
    assert len(said["sizes"]["edges"]) == len(said["sizes"]["counts"]) + 1
    assert said["sizes"]["edges"][-1] > 700
    lines = [json.loads(line) for line in Path(said["index"]).read_text().splitlines()]
    assert len(lines) == 16
    assert Counter(line["split"] for line in lines) == {"train": 12, "val": 4}
    assert all(line["path"] != "ants/a0.jpg" and (two_classes / line["path"]).is_file() for line in lines)


def test_index_files_do_not_pile_up(two_classes):
    report = scan(two_classes)
    for seed in range(12):
        said = report.to_json(Data(split_seed=seed))
    assert Path(said["index"]).is_file()
    assert len(list((places.cache() / "scans").glob("*.jsonl"))) <= 4

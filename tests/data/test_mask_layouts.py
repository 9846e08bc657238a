"""Pictures and masks in the layouts that users bring, found by looking."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError
from tlstudio.recipe import Data


def found(report: DatasetReport) -> dict[str, str]:
    return {item.path: item.mask for item in report.items}


def kinds(report: DatasetReport) -> Counter[str]:
    return Counter(problem.kind for problem in report.problems if problem.kind != "few_images" and problem.kind != "small")


@pytest.mark.parametrize(
    ("image", "its"),
    [
        ("images/{}.jpg", "masks/{}.png"),
        ("img/{}.jpg", "labels/{}.png"),
        ("Images/{}.JPG", "Annotations/{}.png"),
        ("JPEGImages/{}.jpg", "gt/{}.png"),
        ("photos/{}.jpg", "ground_truth/{}.png"),
        ("original_images/{}.jpg", "label_images_semantic/{}.png"),
        ("CameraRGB/{}.png", "CameraSeg/{}.png"),
        ("images/{}.jpg", "masks/{}_mask.png"),
        ("images/{}.jpg", "masks/{}-mask.png"),
        ("images/{}.jpg", "masks/{}_label.png"),
        ("images/{}.jpg", "masks/{}_gt.png"),
        ("images/{}.jpg", "masks/{}_seg.png"),
        ("images/{}.jpg", "masks/{}_labelIds.png"),
        ("images/{}.png", "labels/{}_L.png"),
        ("images/{}.jpg", "masks/mask_{}.png"),
        ("images/img_{}.jpg", "masks/mask_{}.png"),
        ("images/{}.jpg", "masks/{}.jpg.png"),
        ("images/{}_sat.jpg", "masks/{}_mask.png"),
        ("images/deep/er/{}.jpg", "masks/deep/er/{}.png"),
        ("images/deep/{}.jpg", "masks/{}.png"),
        ("set1/img/{}.jpg", "set1/ann/{}.png"),
        ("outer/inner/images/{}.jpg", "outer/inner/masks/{}.png"),
        ("{}.jpg", "{}_mask.png"),
        ("all/{}.jpg", "all/{}_segmentation.png"),
        ("{}.jpg", "{}.png"),
        ("data/{}.jpg", "data/masks/{}.png"),
        ("Foo_Input/{}.jpg", "Foo_GroundTruth/{}_segmentation.png"),
        ("{}_sat.jpg", "{}_mask.png"),
        ("segmentation data/{}.jpg", "segmentation data/{}_mask.png"),
        ("segmentation data/images/{}.jpg", "segmentation data/labels/{}.png"),
        ("ds/img/{}.jpg", "ds/masks_machine/{}.png"),
        ("images/{}.jpg", "annotations/trimaps/{}.png"),
        ("images/10k/{}.jpg", "labels/sem_seg/masks/{}.png"),
        ("PNGImages/{}.png", "PedMasks/{}_mask.png"),
    ],
)
def test_names_of_folders_and_files(tmp_path, pair, image, its):
    for n, name in enumerate(("a1", "b2", "c3")):
        pair(tmp_path / image.format(name), tmp_path / its.format(name), (0, 1, 2), n)
    report = scan(tmp_path)
    assert report.task == "segmentation"
    assert report.layout == "pairs"
    assert found(report) == {image.format(name): its.format(name) for name in ("a1", "b2", "c3")}
    assert report.split_source == "carved"
    assert {item.split for item in report.items} == {None}
    assert report.classes == ["class 0", "class 1", "class 2"]
    assert not kinds(report)


@pytest.mark.parametrize(
    ("image", "its"),
    [
        ("{split}/images/{name}.jpg", "{split}/masks/{name}.png"),
        ("images/{split}/{name}.jpg", "masks/{split}/{name}.png"),
        ("{split}_images/{name}.jpg", "{split}_masks/{name}.png"),
        ("images_{split}/{name}.jpg", "labels-{split}/{name}.png"),
        ("{split}/{name}.jpg", "{split}annot/{name}.png"),
        ("{split}/{name}.jpg", "{split}_labels/{name}_L.png"),
        ("{split}/{name}.jpg", "{split}/{name}_mask.png"),
        ("images/{split}/deep/{name}.jpg", "masks/{split}/deep/{name}.png"),
        ("images/{split}/{name}.jpg", "masks/{name}.png"),
        ("{split}/images/{name}.jpg", "{split}/labels/{name}_gt.png"),
    ],
)
@pytest.mark.parametrize("words", [("train", "val", "test"), ("Training", "validation", None), ("train", "valid", "testing")])
def test_splits_inside_and_outside(tmp_path, pair, image, its, words):
    told = dict(zip(("train", "val", "test"), words, strict=True))
    for n, word in enumerate(filter(None, words)):
        name = f"x{n}"
        pair(tmp_path / image.format(split=word, name=name), tmp_path / its.format(split=word, name=name), seed=n)
    report = scan(tmp_path)
    assert [item.split for item in sorted(report.items, key=lambda item: Path(item.path).name)] == [s for s, word in told.items() if word]
    assert report.split_source == "folders"
    assert all(item.mask == its.format(split=told[item.split], name=Path(item.path).stem) for item in report.items)


def test_what_may_be_classes_stays_classification_unless_it_is_said(tmp_path, pair):
    for n, name in enumerate(("ants", "bees")):
        for i in range(3):
            pair(tmp_path / f"images/{name}/{i}.jpg", tmp_path / f"masks/{name}/{i}.png", (0, n + 1), 10 * n + i)
    assert scan(tmp_path).task == "classification"
    told = scan(tmp_path, task="segmentation")
    assert told.task == "segmentation"
    assert found(told)["images/bees/2.jpg"] == "masks/bees/2.png"
    (tmp_path / "classes.txt").write_text("ground\nant\nbee\n")
    assert scan(tmp_path).classes == ["ground", "ant", "bee"]
    assert scan(tmp_path, task="classification").classes == ["ants", "bees"]


def test_a_table_of_classes_beside_masks_stays_classification(tmp_path, pair):
    for i in range(6):
        pair(tmp_path / f"images/{i}.jpg", tmp_path / f"masks/{i}_mask.png", seed=i)
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{i}.jpg,{'ab'[i % 2]}\n" for i in range(6)))
    assert scan(tmp_path).classes == ["a", "b"]
    assert scan(tmp_path, task="segmentation").classes == ["background", "foreground"]
    (tmp_path / "labels.csv").write_text("image,mask\n" + "".join(f"{i}.jpg,{i}_mask.png\n" for i in range(6)))
    assert scan(tmp_path).task == "segmentation"
    (tmp_path / "labels.csv").rename(tmp_path / "class_dict.csv").write_text("name,r,g,b\nsoil,0,0,0\nleaf,9,200,9\n")
    assert scan(tmp_path).classes == ["soil", "leaf"]


def test_a_name_like_that_of_a_mask_makes_no_segmentation(tmp_path, photo):
    for n in range(12):
        photo(tmp_path / f"{'ab'[n % 2]}/{n}.jpg", n)
    photo(tmp_path / "a/0_l.jpg", 20)
    photo(tmp_path / "cover.jpg", 21)
    assert scan(tmp_path).classes == ["a", "b"]


def test_classes_called_after_masks_are_no_masks(tmp_path, photo):
    for n in range(6):
        photo(tmp_path / "with_mask" / f"{n}.png", n)
        photo(tmp_path / "without_mask" / f"{n}.png", 10 + n)
    assert scan(tmp_path).classes == ["with_mask", "without_mask"]


def test_of_several_folders_of_masks_the_one_with_classes_is_taken(tmp_path, pair, mask):
    for n in range(3):
        pair(tmp_path / f"images/{n}.jpg", tmp_path / f"masks/{n}.png", seed=n)
        mask(tmp_path / f"color_masks/{n}.png", [(0, 0, 0), (9, 9, 200)])
        mask(tmp_path / f"SegmentationObject/{n}.png", (0, 1, 2, 3))
    report = scan(tmp_path)
    assert set(found(report).values()) == {"masks/0.png", "masks/1.png", "masks/2.png"}
    assert {Path(p.path).name for p in report.problems if p.kind == "stray"} == {"color_masks", "SegmentationObject"}
    other = scan(tmp_path, data=Data(masks="color_masks"))
    assert set(found(other).values()) == {"color_masks/0.png", "color_masks/1.png", "color_masks/2.png"}


def test_of_two_masks_of_a_name_the_lossless_one_is_taken(tmp_path, pair, mask):
    for n in range(3):
        pair(tmp_path / f"images/{n}.jpg", tmp_path / f"masks/{n}.png", seed=n)
        mask(tmp_path / f"masks/{n}.jpg", (0, 90, 255))
    assert set(found(scan(tmp_path)).values()) == {"masks/0.png", "masks/1.png", "masks/2.png"}


def test_names_that_differ_in_case_alone_are_told_apart(tmp_path, pair):
    (tmp_path / "A").touch()
    if (tmp_path / "a").exists():
        pytest.skip("this disk does not tell them apart")
    for n, name in enumerate(("Leaf", "leaf", "LEAF")):
        pair(tmp_path / f"images/{name}.jpg", tmp_path / f"masks/{name}_mask.png", (0, 1), n)
    assert found(scan(tmp_path)) == {f"images/{name}.jpg": f"masks/{name}_mask.png" for name in ("LEAF", "Leaf", "leaf")}


def test_masks_named_elsewhere(tmp_path, pair):
    for n in range(3):
        pair(tmp_path / f"photos of may/day {n}/{n}.jpg", tmp_path / f"drawn/day {n}/{n}.png", seed=n)
    (tmp_path / "drawn/classes.txt").write_text("soil\nleaf\n")
    report = scan(tmp_path / "photos of may", data=Data(masks=str(tmp_path / "drawn")))
    assert found(report)["day 1/1.jpg"] == str(tmp_path / "drawn/day 1/1.png")
    assert report.classes == ["soil", "leaf"]
    assert scan(tmp_path / "photos of may", data=Data(masks="../drawn")).classes == ["soil", "leaf"]
    shutil.copy(tmp_path / "drawn/day 1/1.png", tmp_path / "drawn/day 1/1.corrected.png")
    corrected = scan(tmp_path / "photos of may", data=Data(masks="../drawn"))
    assert found(corrected)["day 1/1.jpg"] == str(tmp_path / "drawn/day 1/1.corrected.png")
    with pytest.raises(InputError, match="no folder of masks"):
        scan(tmp_path / "photos of may", data=Data(masks="gone"))


def test_voc(tmp_path, pair, photo):
    root = tmp_path / "VOCdevkit/VOC2012"
    for n in range(6):
        pair(root / f"JPEGImages/2007_{n}.jpg", root / f"SegmentationClass/2007_{n}.png", (0, n + 1, 255), n, mode="P")
        photo(root / f"JPEGImages/2008_{n}.jpg", 50 + n)
    shutil.copytree(root / "SegmentationClass", root / "SegmentationObject")
    lists = root / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_0\n2007_1\n2007_2\n")
    (lists / "val.txt").write_text("2007_3\n2007_4\n")
    (lists / "trainval.txt").write_text("".join(f"2007_{n}\n" for n in range(5)))
    (lists / "test.txt").write_text("2008_0\n2008_1\n2009_9\n")
    report = scan(tmp_path)
    assert report.layout == "voc"
    assert [item.split for item in report.items] == ["train"] * 3 + ["val"] * 2
    assert len(report.classes) == 21
    assert report.classes[:2] == ["background", "aeroplane"]
    assert report.coding.classes[1].colour == (128, 0, 0)
    assert report.coding.ignore == (255,)
    assert kinds(report) == {"missing_mask": 1, "missing_file": 1, "stray": 1, "unused_class": 1, "untrained_class": 2}
    (lists / "train.txt").write_text("2007_0.jpg\n2007_1.jpg\n2007_2.jpg\n")  # as some write them
    assert [item.split for item in scan(tmp_path).items] == ["train"] * 3 + ["val"] * 2
    (lists / "train.txt").write_text("2007_0\n2007_1\n2007_2\n")
    (lists / "val.txt").write_text("2007_2\n2007_3\n2007_4\n")
    twice = next(problem.message for problem in scan(tmp_path).problems if problem.kind == "bad_split")
    assert twice == "'2007_2' stands in the lists of train and of val, and is taken for train."
    for file in lists.iterdir():
        file.write_text("nothing\n" if file.stem == "train" else "")
    with pytest.raises(InputError, match=r"None of the pictures listed in .* is there\. 1 not there\. Mend the lists"):
        scan(tmp_path)
    shutil.rmtree(root / "ImageSets")
    assert len(scan(tmp_path).items) == 6
    named = scan(tmp_path, data=Data(class_names=("no", "one", "two", "three", "four", "five", "six")))
    assert named.classes[1] == "one"


def test_voc_with_other_values_than_its_own(tmp_path, pair):
    for n in range(3):
        pair(tmp_path / f"JPEGImages/{n}.jpg", tmp_path / f"SegmentationClassPNG/{n}.png", (0, 30, 40), n)
    assert scan(tmp_path).classes == ["class 0", "class 30", "class 40"]
    for n in range(3):
        pair(tmp_path / f"JPEGImages/{n}.jpg", tmp_path / f"SegmentationClassPNG/{n}.png", (0, 1), n)
    assert scan(tmp_path).classes == ["background", "foreground"], "people, not aeroplanes"
    for n in range(3):
        pair(tmp_path / f"JPEGImages/{n}.jpg", tmp_path / f"SegmentationClassPNG/{n}.png", (0, 15, 255), n)
    report = scan(tmp_path)
    assert report.classes == ["background", "person"]
    assert [one.value for one in report.coding.classes] == [0, 15]
    assert "unused_class" not in kinds(report)


def test_two_classes_of_cityscapes(tmp_path, pair):
    for n in range(6):
        name = f"aachen_00000{n}_000019"
        pair(tmp_path / f"leftImg8bit/{name}_leftImg8bit.png", tmp_path / f"gtFine/{name}_gtFine_labelIds.png", (0, 7, 26), n)
    assert scan(tmp_path).classes == ["road", "car"]


@pytest.mark.parametrize(("form", "values"), [("labelIds", (0, 7, 26, 33, 3)), ("labelTrainIds", (0, 1, 13, 18, 255))])
def test_cityscapes(tmp_path, pair, mask, form, values):
    for n, (split, city) in enumerate((("train", "aachen"), ("train", "ulm"), ("val", "munster"))):
        name = f"{city}_00000{n}_000019"
        its = tmp_path / f"gtFine/{split}/{city}/{name}_gtFine_{form}.png"
        pair(tmp_path / f"leftImg8bit/{split}/{city}/{name}_leftImg8bit.png", its, values, n)
        mask(its.with_name(f"{name}_gtFine_color.png"), [(1, 2, 3)])
        mask(its.with_name(f"{name}_gtFine_instanceIds.png"), [7, 26001], mode="I;16")
    report = scan(tmp_path)
    assert report.layout == "cityscapes"
    assert [item.split for item in report.items] == ["train", "train", "val"]
    assert len(report.classes) == 19
    assert report.classes[0] == "road"
    assert report.coding.classes[13].colour == (0, 0, 142)
    shown = {name for name, n in zip(report.classes, report.pictures, strict=True) if n}
    assert shown == ({"road", "car", "bicycle"} if form == "labelIds" else {"road", "sidewalk", "car", "bicycle"})
    assert report.ignored > 0


def test_a_layout_can_be_forced(tmp_path, pair):
    for n in range(3):
        pair(tmp_path / f"JPEGImages/{n}.jpg", tmp_path / f"SegmentationClass/{n}.png", (0, 1, 2), n)
    assert scan(tmp_path, data=Data(layout="voc")).classes[0] == "background"
    assert scan(tmp_path, data=Data(layout="pairs")).classes == ["class 0", "class 1", "class 2"]
    with pytest.raises(InputError, match=r"not laid out as Cityscapes.*It looks like VOC .* or pictures and masks") as caught:
        scan(tmp_path, data=Data(layout="cityscapes"))
    assert "'voc'" in caught.value.do


def test_what_has_no_masks_is_said_clearly(tmp_path, photo, mask):
    for n in range(2):
        photo(tmp_path / f"photos/{n}.jpg", n)
    with pytest.raises(InputError, match="There are no masks in") as caught:
        scan(tmp_path, task="segmentation")
    assert "2 pictures in the folders photos" in caught.value.why
    mask(tmp_path / "masks/other.png", (0, 1))
    for task in ("", "segmentation"):
        with pytest.raises(InputError, match="no mask is called like a picture") as caught:
            scan(tmp_path, task=task)
        assert "'photos/0.jpg'" in caught.value.why
    with pytest.raises(InputError, match="single file"):
        scan(tmp_path / "masks/other.png", task="segmentation")


def test_an_archive_of_pictures_and_masks(tmp_path, pair):
    for n in range(4):
        pair(tmp_path / f"set/images/{n}.jpg", tmp_path / f"set/masks/{n}.png", seed=n)
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "set")
    report = scan(tmp_path / "packed.zip")
    assert report.task == "segmentation"
    assert (report.root / report.items[0].mask).is_file()
    assert report.source == tmp_path / "packed.zip"


def test_corrected_masks_take_the_place_of_the_originals(tmp_path, pair, mask):
    for n in range(4):
        pair(tmp_path / f"images/{n}.jpg", tmp_path / f"masks/{n}_mask.png", (0, 1), n)
    mask(tmp_path / "masks/2_mask.corrected.png", (0, 0, 0, 1))
    mask(tmp_path / "images/3.corrected.png", (0, 1))
    report = scan(tmp_path)
    assert found(report)["images/3.jpg"] == "images/3.corrected.png"
    (tmp_path / "images/3.corrected.png").unlink()
    report = scan(tmp_path)
    assert found(report)["images/2.jpg"] == "masks/2_mask.corrected.png"
    assert kinds(report) == {"corrected": 1}
    assert "1 picture" in next(p.message for p in report.problems if p.kind == "corrected")
    assert report.pixels == [3 * 768 + 1152, 3 * 768 + 384]

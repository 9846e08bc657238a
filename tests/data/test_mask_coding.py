"""Which classes masks have: from their values, and from the files that name them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.data import masks, palettes
from tlstudio.data.layouts import mask_names
from tlstudio.data.layouts.mask_layout import Named
from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError
from tlstudio.recipe import Data


def classes(report: DatasetReport) -> dict[str, object]:
    return {one.name: one.value for one in report.coding.classes}


@pytest.fixture
def of_values(tmp_path, pair):
    """of_values(values, mode) -> a folder of six pictures whose masks show them all."""

    def make(values: tuple[object, ...], mode: str = "L") -> Path:
        for n in range(6):
            pair(tmp_path / f"images/{n}.png", tmp_path / f"masks/{n}.png", values, n, mode=mode)
        return tmp_path

    return make


@pytest.mark.parametrize("value", [255, 1, 128])
def test_two_values_are_background_and_foreground(of_values, value):
    report = scan(of_values((0, value)))
    assert classes(report) == {"background": 0, "foreground": value}
    assert report.ignored == 0
    assert (255 in report.coding.ignore) == (value != 255)


def test_black_and_white_of_1_and_of_16_bits(tmp_path, pair):
    for n in range(3):
        pair(tmp_path / f"a/images/{n}.png", tmp_path / f"a/masks/{n}.png", (0, 65535), n, mode="I;16")
        pair(tmp_path / f"b/images/{n}.png", tmp_path / f"b/masks/{n}.png", (0, 255), n)
        Image.open(tmp_path / f"b/masks/{n}.png").convert("1").save(tmp_path / f"b/masks/{n}.png")
    assert classes(scan(tmp_path / "a")) == {"background": 0, "foreground": 65535}
    assert classes(scan(tmp_path / "b")) == {"background": 0, "foreground": 1}


def test_255_is_left_out_beside_indices_but_a_class_among_greys(of_values):
    assert classes(scan(of_values((0, 1, 255)))) == {"background": 0, "foreground": 1}
    assert classes(scan(of_values((0, 1, 2, 15, 255)))) == {"class 0": 0, "class 1": 1, "class 2": 2, "class 15": 15}
    assert classes(scan(of_values((0, 128, 255)))) == {"class 0": 0, "class 128": 128, "class 255": 255}
    assert classes(scan(of_values((0, 85, 170, 255)), data=Data(ignore=(255, 85)))) == {"background": 0, "foreground": 170}


def test_greys_saved_as_colours_are_numbers(of_values):
    report = scan(of_values(((0, 0, 0), (1, 1, 1), (2, 2, 2))))
    assert report.coding.kind == "index"
    assert classes(report) == {"class 0": 0, "class 1": 1, "class 2": 2}


def test_smoothed_borders_of_black_and_white_are_left_out_with_a_word(tmp_path, photo):
    for n in range(3):
        photo(tmp_path / f"images/{n}.png", n, (64, 64))
        small = np.zeros((16, 16), np.uint8)
        small[4:12, 4:12] = 255
        smooth = Image.fromarray(small).resize((64, 64), Image.Resampling.BILINEAR)
        (tmp_path / "masks").mkdir(exist_ok=True)
        smooth.point(lambda grey: 0 if grey < 60 else 255 if grey > 200 else grey).save(tmp_path / f"masks/{n}.png")
        ramp = np.asarray(Image.open(tmp_path / f"masks/{n}.png")).copy()
        ramp[0, :40] = np.arange(40) * 6
        Image.fromarray(ramp).save(tmp_path / f"masks/{n}.png")
    report = scan(tmp_path)
    assert classes(report) == {"background": 0, "foreground": 255}
    assert "smoothed_mask" in [problem.kind for problem in report.problems]
    assert report.ignored > 0
    labels = masks.read(tmp_path / "masks/0.png", report.coding)
    assert set(np.unique(labels)) == {0, 1, 255}


def test_names_in_the_order_of_the_values(of_values):
    assert classes(scan(of_values((0, 255)), data=Data(class_names=("soil", "leaf")))) == {"soil": 0, "leaf": 255}
    assert classes(scan(of_values((1, 2, 3)), data=Data(class_names=("a", "b", "c")))) == {"a": 1, "b": 2, "c": 3}
    assert classes(scan(of_values((0, 2)), data=Data(class_names=("a", "b", "c")))) == {"a": 0, "b": 1, "c": 2}
    assert classes(scan(of_values((0, 128, 255)), data=Data(class_names=("a", "b", "c")))) == {"a": 0, "b": 128, "c": 255}
    assert classes(scan(of_values((0, 1, 2)), data=Data(class_names=("a", "b", "c"), ignore=(1,)))) == {"a": 0, "c": 2}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "soil 1 2 3\nleaf 4 5 6\nstem 7 8 9\n"),
        ("classes.txt", "0 soil 1 2 3\n1 leaf 4 5 6\n2 stem 7 8 9\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nsoil:1,2,3::\nleaf:4,5,6::\nstem:7,8,9::\n"),
        ("label_colors.txt", "1 2 3\tsoil\n4 5 6\tleaf\n7 8 9\tstem\n"),
        ("class_dict.csv", "name,r,g,b\nsoil,1,2,3\nleaf,4,5,6\nstem,7,8,9\n"),
        ("class_dict.csv", "soil,1,2,3\nleaf,4,5,6\nstem,7,8,9\n"),
        (
            "classes.json",
            '[{"name": "soil", "color": [1, 2, 3]}, {"name": "leaf", "color": "#040506"}, {"name": "stem", "color": [7, 8, 9]}]',
        ),
        ("classes.json", '{"soil": [1, 2, 3], "leaf": [4, 5, 6], "stem": [7, 8, 9]}'),
        ("masks/classes.txt", "soil,1,2,3\nleaf,4,5,6\nstem,7,8,9\n"),
    ],
)
def test_colours_name_values_and_colours_alike(of_values, name, text):
    root = of_values(((1, 2, 3), (4, 5, 6)))
    (root / name).write_text(text)
    report = scan(root)
    assert report.coding.kind == "rgb"
    assert classes(report) == {"soil": (1, 2, 3), "leaf": (4, 5, 6), "stem": (7, 8, 9)}
    assert "stem" in next(problem.message for problem in report.problems if problem.kind == "unused_class")
    report = scan(of_values((0, 1)))
    assert classes(report) == {"soil": 0, "leaf": 1, "stem": 2}
    assert [one.colour for one in report.coding.classes] == [(1, 2, 3), (4, 5, 6), (7, 8, 9)]


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("classes.txt", "road\ntraffic light\n\ncar\n", [Named("road"), Named("traffic light"), Named("car")]),
        ("classes.txt", "0 road\n7 traffic light\n", [Named("road", 0), Named("traffic light", 7)]),
        ("classes.txt", "0: road\n7: car\n", [Named("road", 0), Named("car", 7)]),
        ("labels.txt", "__ignore__\n_background_\ncat\n", [Named("_background_"), Named("cat")]),
        ("_classes.csv", "Pixel Value, Class\n0, background\n1, pool\n", [Named("background", 0), Named("pool", 1)]),
        ("classes.json", '["road", "car"]', [Named("road"), Named("car")]),
        ("classes.json", '["road", null, ""]', [Named("road"), Named("class 1"), Named("class 2")]),
        ("classes.json", '{"0": "road", "2": "car"}', [Named("road", 0), Named("car", 2)]),
        ("labels.json", '{"labels": {"road": 3, "car": 5}}', [Named("road", 3), Named("car", 5)]),
        ("classes.json", '{"classes": [{"title": "road", "id": 4}]}', [Named("road", 4)]),
        ("classes.json", "[1, 2", []),
        ("classes.txt", "road\nroad\n", []),
    ],
)
def test_files_of_names(tmp_path, name, text, named):
    (tmp_path / name).write_text(text)
    assert mask_names.read(tmp_path / name) == named


def test_named_values_are_those_values(of_values):
    root = of_values((0, 7, 255))
    (root / "classes.txt").write_text("7 leaf\n0 soil\n255 sky\n")
    assert classes(scan(root)) == {"soil": 0, "leaf": 7, "sky": 255}  # the order follows the value


def test_a_palette_gives_the_colours(of_values):
    report = scan(of_values((0, 3, 9), "P"))
    assert {one.value: one.colour for one in report.coding.classes} == {0: (0, 255, 0), 3: (3, 252, 1), 9: (9, 246, 4)}


def test_palettes_made_for_each_file_are_read_by_their_colours(tmp_path, photo):
    (tmp_path / "masks").mkdir()
    for n in range(4):
        photo(tmp_path / f"images/{n}.png", n, (32, 32))
        indices = np.zeros((32, 32), np.uint8)
        indices[: 8 + n] = 1
        image = Image.fromarray(indices if n % 2 else 1 - indices)
        image.putpalette([0, 0, 0, 255, 255, 255] if n % 2 else [255, 255, 255, 0, 0, 0])
        image.save(tmp_path / f"masks/{n}.gif")
    report = scan(tmp_path)
    assert classes(report) == {"background": (0, 0, 0), "foreground": (255, 255, 255)}
    assert report.pixels[1] == 32 * (8 + 9 + 10 + 11)
    assert [masks.read(tmp_path / f"masks/{n}.gif", report.coding).sum() for n in range(4)] == [256, 288, 320, 352]


def test_names_are_matched_to_a_palette_by_colour(of_values):
    root = of_values((0, 3, 9), "P")
    (root / "labelmap.txt").write_text("leaf:9,246,4::\nbackground:0,255,0::\nwood:200,1,2::\nstem:3,252,1::\n")
    assert {k: v for k, v in classes(scan(root)).items() if k != "wood"} == {"leaf": 9, "background": 0, "stem": 3}


def test_colours_without_names(of_values):
    report = scan(of_values(((0, 0, 0), (200, 10, 10), (10, 200, 10))))
    assert classes(report) == {"class 0": (0, 0, 0), "class 1": (10, 200, 10), "class 2": (200, 10, 10)}
    assert classes(scan(of_values(((0, 0, 0), (200, 10, 10))))) == {"background": (0, 0, 0), "foreground": (200, 10, 10)}
    assert classes(scan(of_values(((0, 0, 0), (9, 8, 7))), data=Data(class_names=("no", "yes")))) == {"no": (0, 0, 0), "yes": (9, 8, 7)}
    with pytest.raises(InputError, match=r"have 2 colours, but data\.class_names names 3 classes"):
        scan(of_values(((0, 0, 0), (9, 8, 7))), data=Data(class_names=("a", "b", "c")))


def test_of_colours_the_place_says_what_is_left_out(of_values):
    root = of_values(((0, 0, 0), (200, 10, 10), (10, 200, 10)))
    (root / "label_colors.txt").write_text("0 0 0 void\n200 10 10 car\n10 200 10 tree\n")
    report = scan(root, data=Data(ignore=(0,)))
    assert classes(report) == {"car": (200, 10, 10), "tree": (10, 200, 10)}
    assert report.coding.ignore == ((0, 0, 0),)
    assert report.ignored == 6 * 16 * 32


def test_no_two_classes_share_a_colour():
    colours = palettes.default(254, background=True)
    assert len(set(colours)) == 254
    assert colours[:2] == [(0, 0, 0), (230, 159, 0)]
    assert palettes.default(3, background=False) == list(palettes.OKABE_ITO[:3])
    assert [palettes.voc(label) for label in (0, 1, 15, 20)] == [(0, 0, 0), (128, 0, 0), (192, 128, 128), (0, 64, 128)]


def test_a_colour_that_is_no_class(of_values, mask):
    root = of_values(((0, 0, 0), (200, 10, 10)))
    (root / "class_dict.csv").write_text("name,r,g,b\nsoil,0,0,0\nleaf,200,10,10\n")
    mask(root / "masks/4.png", ((0, 0, 0), (5, 6, 7)))
    report = scan(root)
    (problem,) = [problem for problem in report.problems if problem.kind == "mask_value"]
    assert "such as 5, 6, 7" in problem.message
    assert len(report.items) == 5


def test_photos_in_place_of_masks(tmp_path, photo):
    for n in range(3):
        photo(tmp_path / f"images/{n}.png", n)
        photo(tmp_path / f"masks/{n}.png", n)
    with pytest.raises(InputError, match="colours or more"):
        scan(tmp_path)


def test_one_photo_among_masks_costs_only_itself(of_values, photo):
    root = of_values(((0, 0, 0), (200, 10, 10), (10, 200, 10)))
    photo(root / "masks/4.png", 4, (48, 32))
    report = scan(root)
    assert len(report.items) == 5
    assert len(report.classes) == 3


def test_all_left_out(of_values):
    with pytest.raises(InputError, match=r"show no class. All their values are left out by data\.ignore"):
        scan(of_values((1, 2)), data=Data(ignore=(1, 2)))


def test_one_class_only(of_values):
    report = scan(of_values((0,)))
    assert "single_class" in [problem.kind for problem in report.problems]


def test_numbered_objects_are_one_class_with_a_word(tmp_path, pair):
    for n in range(12):
        pair(tmp_path / f"PNGImages/{n}.png", tmp_path / f"PedMasks/{n}_mask.png", range(2 + n % 6), n, mode="P")
    report = scan(tmp_path)
    assert classes(report) == {"background": 0, "foreground": 1}
    assert sum(report.pixels) == 12 * 48 * 32
    assert report.pictures == [12, 12]
    assert "numbered_objects" in [problem.kind for problem in report.problems]
    labels = masks.read(tmp_path / "PedMasks/5_mask.png", report.coding)
    assert set(np.unique(labels)) == {0, 1}
    assert masks.Coding.from_json(report.coding.to_json()) == report.coding
    assert scan(tmp_path, data=Data(class_names=("ground", "person"))).classes == ["ground", "person"]
    (tmp_path / "classes.txt").write_text("\n".join("abcdefg"))
    assert len(scan(tmp_path).classes) == 7


@pytest.mark.parametrize("names", [("a", "b", "a"), ("a", "", "b"), ("a", " ", "b")])
def test_names_of_classes_tell_them_apart(of_values, names):
    with pytest.raises(InputError, match="is empty, or stands there twice"):
        scan(of_values((0, 1, 2)), data=Data(class_names=names))

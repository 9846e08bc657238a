"""The pixels of a picture with its mask laid over it, computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.exporting.made_masks import Made, labels_of
from tlstudio.exporting.composite import blend
from tlstudio.exporting.export import export
from tlstudio.exporting.look import ClassLook, Look


def test_one_pixel_by_hand() -> None:
    image = np.array([[[100, 50, 200], [10, 20, 30], [7, 8, 9]]], np.uint8)
    labels = np.array([[1, 0, 255]], np.uint8)
    look = Look((ClassLook((255, 0, 0), opacity=0.5), ClassLook((230, 159, 0))), opacity=0.5)
    # 100 + 0.5 (230 - 100) = 165, 50 + 0.5 * 109 = 104.5 -> 104 (even), 200 - 100 = 100;
    # 10 + 0.25 * 245 = 71.25, 20 - 0.25 * 20 = 15, 30 - 0.25 * 30 = 22.5 -> 22 (even); nothing is said of the third
    assert blend(image, labels, look).tolist() == [[[165, 104, 100], [71, 15, 22], [7, 8, 9]]]


def test_nothing_and_everything() -> None:
    rng = np.random.default_rng(1)
    image, labels = rng.integers(0, 256, (20, 30, 3)).astype(np.uint8), rng.integers(0, 3, (20, 30)).astype(np.uint8)
    colours = np.array([(1, 2, 3), (40, 50, 60), (255, 254, 253)], np.uint8)
    looks = tuple(ClassLook(tuple(colour)) for colour in colours.tolist())
    assert np.array_equal(blend(image, labels, Look(looks, 0.0)), image)
    assert np.array_equal(blend(image, labels, Look(looks, 1.0)), colours[labels])
    hidden = Look((*looks[:2], ClassLook(looks[2].colour, visible=False)), 1.0)
    assert np.array_equal(blend(image, labels, hidden)[labels == 2], image[labels == 2])


def test_stripes_are_three_pixels_dark_and_five_in_colour() -> None:
    image = np.full((2, 16, 3), 100, np.uint8)
    out = blend(image, np.zeros((2, 16), np.uint8), Look((ClassLook((200, 0, 0), hatched=True),), 1.0))
    dark, colour = [16, 20, 26], [200, 0, 0]
    assert out[0].tolist() == [*[dark] * 3, *[colour] * 5] * 2
    assert out[1].tolist() == [*[dark] * 2, *[colour] * 5, *[dark] * 3, *[colour] * 5, dark]


def test_stripes_of_large_pictures_are_wider_and_go_on_over_the_bands_in_which_they_are_blended() -> None:
    image = np.zeros((1100, 1000, 3), np.uint8)
    out = blend(image, np.zeros((1100, 1000), np.uint8), Look((ClassLook((200, 0, 0), hatched=True),), 1.0))
    y, x = np.mgrid[:1100, :1000]
    assert np.array_equal(out[..., 0] == 200, (x + y) % 16 >= 6)


def test_outlines_are_opaque_and_as_wide_as_asked() -> None:
    image = np.full((1, 12, 3), 50, np.uint8)
    labels = np.array([[0] * 6 + [1] * 6], np.uint8)
    looks = (ClassLook((200, 0, 0), visible=False), ClassLook((0, 200, 0)))
    out = blend(image, labels, Look(looks, 0.0, contour=2))
    assert out[0, :, 1].tolist() == [50] * 6 + [200] * 2 + [50] * 4  # of the drawn class only, inside it
    out = blend(image, labels, Look((ClassLook((9, 9, 9)), looks[1]), 0.0, contour=1))
    assert out[0, :, 1].tolist() == [50] * 5 + [9] + [200] + [50] * 5


def test_a_thin_class_is_all_outline() -> None:
    labels = np.zeros((5, 5), np.uint8)
    labels[2, :] = 1
    looks = (ClassLook((0, 0, 0), visible=False), ClassLook((0, 200, 0)))
    out = blend(np.zeros((5, 5, 3), np.uint8), labels, Look(looks, 0.0, contour=3))
    assert np.array_equal(out[..., 1] == 200, labels == 1)


def test_the_file_has_those_pixels_at_the_size_of_the_picture(pictures: Made, tmp_path: Path) -> None:
    document = pictures("b.png")
    look = {
        "opacity": 0.4,
        "contour": 1,
        "classes": [{"colour": [0, 0, 0], "visible": False}, *({"colour": [10 * i, 90, 200], "hatched": i == 2} for i in (1, 2, 3))],
    }
    export(document, "composite", tmp_path / "out", look=look)
    with Image.open(tmp_path / "out" / "b.overlay.png") as written, Image.open(document["images"][0]["path"]) as picture:
        assert written.mode == "RGB"
        expected = blend(np.asarray(picture), labels_of(0), Look.from_json(look, document["classes"]))
        assert np.array_equal(np.asarray(written), expected)


def test_without_a_word_background_is_not_drawn_and_a_colour_that_comes_again_is_striped(pictures: Made) -> None:
    look = Look.from_json(None, pictures()["classes"])
    assert [one.visible for one in look.classes] == [False, True, True, True]
    assert [one.hatched for one in look.classes] == [False, False, False, True]
    assert (look.opacity, look.contour) == (0.5, 0)

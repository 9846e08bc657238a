from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio import api
from tlstudio.data import masks
from tlstudio.data.images import ImageProblem, load_rgb
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.masks import IGNORE, Coding
from tlstudio.data.previews import augment_previews, resize_previews
from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import Augment, Data


def test_the_three_ways_to_resize(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 100))
    out = resize_previews(path, Data(resize="squash", pad_colour=(255, 0, 0)), 48)
    assert list(out) == ["crop", "pad", "squash"]
    assert {(image.mode, image.size) for image in out.values()} == {("RGB", (48, 48))}
    assert out["pad"].getpixel((24, 2)) == (255, 0, 0)
    assert len({image.tobytes() for image in out.values()}) == 3


def test_augmented_views_are_those_of_training(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 200))
    augment = Augment(enabled=True, hue=0.1)
    views = augment_previews(path, Data(), augment, 48, seed=5)
    assert len(views) == 9
    assert len({view.tobytes() for view in views}) == 9
    pipeline = Pipeline(Data(), augment, size=48, mean=(0.485, 0.456, 0.406), std=(1, 1, 1))
    image = load_rgb(path, at_least=pipeline.decode_size)
    expected = pipeline.augmented(image, (5, 2, 0)).permute(1, 2, 0).numpy()
    assert np.array_equal(np.asarray(views[2]), expected)


def test_reroll(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 200))
    first, again, other = (augment_previews(path, Data(), Augment(), 48, seed, n=3) for seed in (1, 1, 2))
    assert [a.tobytes() for a in first] == [b.tobytes() for b in again]
    assert [a.tobytes() for a in first] != [b.tobytes() for b in other]


def test_a_broken_picture(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"text")
    with pytest.raises(ImageProblem, match=r"x\.jpg"):
        resize_previews(tmp_path / "x.jpg", Data(), 48)
    with pytest.raises(ImageProblem, match=r"x\.jpg"):
        augment_previews(tmp_path / "x.jpg", Data(), Augment(), 48, 1)


CODING = masks.own(["ground", "water", "stone"], [(0, 0, 0), (0, 0, 255), (128, 128, 128)])
ORANGE, BLUE = (0xE6, 0x9F, 0x00), (0x56, 0xB4, 0xE9)


def half_and_half(tmp_path: Path, coding: Coding = CODING) -> tuple[Path, Path]:
    """A grey picture of 240 x 160 and its mask: class 0 to the left, class 1 to the right, the lowest quarter ignored."""
    Image.new("RGB", (240, 160), (100, 100, 100)).save(tmp_path / "x.png")
    labels = np.zeros((160, 240), np.uint8)
    labels[:, 120:] = 1
    labels[120:] = IGNORE
    masks.write(tmp_path / "m.png", labels, coding)
    return tmp_path / "x.png", tmp_path / "m.png"


def half(colour: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple((value + 100 + 1) // 2 for value in colour)


def test_masks_lie_over_the_three_ways_to_resize(tmp_path):
    path, mask = half_and_half(tmp_path)
    out = resize_previews(path, Data(task="segmentation", pad_colour=(9, 8, 7)), 64, mask=mask, coding=CODING)
    assert {way: image.size for way, image in out.items()} == {"crop": (96, 64), "pad": (64, 64), "squash": (64, 64)}
    for way, top in (("crop", 8), ("pad", 16), ("squash", 8)):
        width, height = out[way].size
        assert out[way].getpixel((4, top)) == half(ORANGE)
        assert out[way].getpixel((width - 4, top)) == half(BLUE)
        assert out[way].getpixel((width // 2, height - 13)) == (100, 100, 100)
    assert out["pad"].getpixel((32, 2)) == (9, 8, 7)


def test_ground_stays_clear(tmp_path):
    coding = masks.own(["Background", "water"], [(0, 0, 0), (0, 0, 255)])
    path, mask = half_and_half(tmp_path, coding)
    out = resize_previews(path, Data(task="segmentation"), 64, mask=mask, coding=coding)["squash"]
    assert out.getpixel((4, 8)) == (100, 100, 100)
    assert out.getpixel((60, 8)) == half(BLUE)


def test_augmented_views_and_masks_are_those_of_training(tmp_path):
    path, mask = half_and_half(tmp_path)
    augment, data = Augment(enabled=True, hue=0.1), Data(task="segmentation")
    views = augment_previews(path, data, augment, 64, seed=5, mask=mask, coding=CODING)
    assert len({view.tobytes() for view in views}) == 9
    pipeline = MaskPipeline(data, augment, size=64, shape=(64, 96), mean=(0.485, 0.456, 0.406), std=(1, 1, 1))
    pixels, labels = pipeline.augmented(load_rgb(path), masks.read(mask, CODING), (5, 2, 0))
    seen = np.asarray(views[2])
    clear = labels.numpy() == IGNORE
    assert np.array_equal(seen[clear], pixels.permute(1, 2, 0).numpy()[clear])
    orange = (pixels.permute(1, 2, 0).numpy().astype(int) + ORANGE + 1) // 2
    assert np.array_equal(seen[labels.numpy() == 0], orange[labels.numpy() == 0])


def test_without_a_mask_the_picture_alone_is_seen(tmp_path):
    path, _ = half_and_half(tmp_path)
    out = resize_previews(path, Data(task="segmentation"), 64)
    assert np.asarray(out["crop"]).min() == np.asarray(out["crop"]).max() == 100


def test_a_broken_mask_is_named(tmp_path):
    path, mask = half_and_half(tmp_path)
    mask.write_bytes(b"text")
    with pytest.raises(ImageProblem, match=r"m\.png"):
        resize_previews(path, Data(task="segmentation"), 64, mask=mask, coding=CODING)


def test_the_job_takes_a_mask(tmp_path):
    path, mask = half_and_half(tmp_path)
    recipe = {"data": {"task": "segmentation", "image_size": 64}}
    drawn = api.previews(recipe, str(path), "resize", mask=str(mask), coding=CODING.to_json())
    assert load_rgb(Path(drawn["images"]["squash"])).getpixel((4, 8)) == half(ORANGE)
    many = api.previews(recipe, str(path), "augment", seed=3, mask=str(mask), coding=CODING.to_json())
    assert [load_rgb(Path(file)).size for file in many["images"]] == [(96, 64)] * 9

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.data.mask_pipeline import MaskPipeline, common_shape
from tlstudio.data.masks import IGNORE
from tlstudio.recipe import Augment, Data

OFF = {"random_crop": False, "hflip": 0, "vflip": 0, "rotation": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Far from each other, from black bars and from the mean, which fills corners.
COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (255, 255, 255)], np.uint8)
GEOMETRY = {
    "plain": {},
    "crop": {"random_crop": True, "scale": (0.2, 0.8)},
    "mirror": {"hflip": 1.0},
    "upside down": {"vflip": 1.0},
    "turn": {"rotation": 40.0},
    "all": {"random_crop": True, "scale": (0.3, 1.0), "hflip": 0.5, "vflip": 0.5, "rotation": 180.0},
}


def pipeline(size: int = 64, shape: tuple[int, int] | None = None, data: dict | None = None, **augment: object) -> MaskPipeline:
    section = Data(**(data or {}))
    chosen = shape or common_shape([], section, size)
    return MaskPipeline(section, Augment(enabled=True, **{**OFF, **augment}), size=size, shape=chosen, mean=MEAN, std=STD)


def labels_of(size: tuple[int, int], cells: int = 5, seed: int = 0) -> np.ndarray:
    """Random regions of seven classes, (H, W); size: (width, height)."""
    coarse = np.random.default_rng(seed).integers(0, len(COLOURS), (cells, cells + 1), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST))


def coloured(labels: np.ndarray) -> Image.Image:
    return Image.fromarray(COLOURS[labels])


def decoded(view: torch.Tensor) -> np.ndarray:
    """The label whose colour is nearest at each pixel."""
    pixels = view.permute(1, 2, 0).numpy().astype(int)
    return np.abs(pixels[:, :, None] - COLOURS.astype(int)).sum(-1).argmin(-1)


def inside(mask: np.ndarray, margin: int) -> np.ndarray:
    """Pixels around which all within the margin have their label, and none of them is ignored."""
    padded = np.pad(mask, margin, constant_values=IGNORE)
    side = 2 * margin + 1
    around = np.lib.stride_tricks.sliding_window_view(padded, (side, side)).reshape(*mask.shape, -1)
    return (around.min(-1) == around.max(-1)) & (mask != IGNORE)


@pytest.mark.parametrize("change", GEOMETRY)
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
@pytest.mark.parametrize("size", [(150, 97), (61, 130)])
def test_the_mask_is_the_labels_of_the_warped_picture_at_every_pixel(change, resize, size):
    """Nothing is blended where pictures are not interpolated either, so that every single pixel can be told."""
    labels = labels_of(size)
    shape = (64, 96) if resize == "crop" else None
    p = pipeline(shape=shape, data={"resize": resize, "interpolation": "nearest"}, **GEOMETRY[change])
    for seed in range(4):
        view, mask = p.augmented(coloured(labels), labels, (seed,))
        assert view.shape == (3, *p.shape)
        assert mask.shape == p.shape
        assert mask.dtype == view.dtype == torch.uint8
        known = mask.numpy() != IGNORE
        assert known.mean() > 0.2
        assert (decoded(view) == mask.numpy())[known].all()
        empty = view.permute(1, 2, 0).numpy()[~known]
        assert (empty == ((0, 0, 0) if resize == "pad" else (124, 116, 104))).all()


@pytest.mark.parametrize("change", GEOMETRY)
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_interpolated_pictures_show_the_mask_inside_regions(change, resize, interpolation):
    labels = labels_of((400, 280))
    p = pipeline(96, data={"resize": resize, "interpolation": interpolation}, **GEOMETRY[change])
    for seed in range(3):
        view, mask = p.augmented(coloured(labels), labels, (seed,))
        told = inside(mask.numpy(), 1)
        assert told.mean() > 0.15
        assert (decoded(view) == mask.numpy())[told].all()


@pytest.mark.parametrize("size", [(400, 304), (397, 291)])
def test_a_picture_decoded_at_an_eighth_lies_under_its_mask(tmp_path, size):
    """As JPEG decoders reduce: the last row and column may stand for fewer pixels than the others."""
    labels = labels_of(size, cells=3)
    coloured(labels).save(tmp_path / "x.jpg", quality=95, subsampling=0)
    image = Image.open(tmp_path / "x.jpg")
    image.draft(None, (size[0] // 8, size[1] // 8))
    assert image.size == (50, -(-size[1] // 8))
    p = pipeline(32, (32, 64), **GEOMETRY["all"])
    views = [p.plain(image, labels), *(p.augmented(image, labels, (seed,)) for seed in range(5))]
    for view, mask in views:
        told = inside(mask.numpy(), 2)
        assert told.any()
        assert (decoded(view) == mask.numpy())[told].all()


def test_the_last_pixel_of_a_reduced_picture_stands_for_what_there_is(tmp_path):
    """393 pixels at an eighth are 49 and one more, which stands for a single one; a border near the end would be off by six."""
    labels = np.zeros((393, 393), np.uint8)
    labels[:, 376:] = 1
    Image.fromarray(labels * 255).convert("RGB").save(tmp_path / "x.jpg", quality=95)
    image = Image.open(tmp_path / "x.jpg")
    image.draft(None, (49, 49))
    assert image.size == (50, 50)
    view, mask = pipeline(384, data={"resize": "squash", "interpolation": "bilinear"}).plain(image.convert("RGB"), labels)
    assert abs(int((view[0, 100] > 127).int().argmax()) - int(mask[100].argmax())) <= 1


def test_nothing_switched_on_is_the_plain_view(draw):
    labels = labels_of((96, 72))
    p = pipeline(data={"resize": "pad"})
    for one, other in zip(p.augmented(draw(1), labels, (1, 2)), p.plain(draw(1), labels), strict=True):
        assert torch.equal(one, other)


def test_colours_change_the_picture_alone(draw):
    labels, image = labels_of((96, 72)), draw(2)
    with_all = {**GEOMETRY["all"], "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
    for seed in range(3):
        view, mask = pipeline(**with_all).augmented(image, labels, (seed,))
        plain_view, plain_mask = pipeline(**GEOMETRY["all"]).augmented(image, labels, (seed,))
        assert torch.equal(mask, plain_mask)
        assert not torch.equal(view, plain_view)


def test_bars_and_corners_are_ignored():
    image, labels = Image.new("RGB", (200, 100), (255, 0, 0)), np.zeros((100, 200), np.uint8)
    _, mask = pipeline(data={"resize": "pad"}).plain(image, labels)
    assert (mask[:16] == IGNORE).all()
    assert (mask[16:48] == 0).all()
    assert (mask[48:] == IGNORE).all()
    _, mask = pipeline(data={"resize": "pad", "pad_place": "corner"}).plain(image, labels)
    assert (mask[:32] == 0).all()
    assert (mask[32:] == IGNORE).all()
    corners = [pipeline(rotation=45).augmented(image, labels, (seed,))[1][0, 0].item() for seed in range(20)]
    assert corners.count(IGNORE) > 10


def test_what_is_ignored_stays_ignored():
    labels = np.full((70, 90), IGNORE, np.uint8)
    _, mask = pipeline(**GEOMETRY["all"]).augmented(Image.new("RGB", (90, 70)), labels, (1,))
    assert (mask == IGNORE).all()


@pytest.mark.parametrize("size", [(7, 1), (1, 300), (3000, 2), (1, 1)])
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
def test_odd_pictures(size, resize):
    labels = np.ones(size[::-1], np.uint8)
    p = pipeline(data={"resize": resize}, random_crop=True, scale=(0.1, 0.5), rotation=10)
    for seed in range(5):
        view, mask = p.augmented(Image.new("RGB", size), labels, (seed,))
        assert view.shape[1:] == mask.shape == (64, 64)
        assert set(mask.unique().tolist()) <= {1, IGNORE}
    pixels, geometry = p.whole(Image.new("RGB", size))
    assert pixels.numel() <= 3 * 32 * 3008
    assert geometry.original == size[::-1]


def test_the_same_seed_is_the_same_view_in_any_thread_and_order(draw):
    p = pipeline(**GEOMETRY["all"], hue=0.1, rare_crop=0.5)
    image, labels = draw(6, (200, 150)), labels_of((200, 150))
    rare = [0, 0, 0, 1, 1, 2, 3]
    seeds = [(7, epoch, i) for epoch in range(2) for i in range(8)]
    one_by_one = [p.augmented(image, labels, seed, rare) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(lambda seed: p.augmented(image, labels, seed, rare), seeds[::-1]))[::-1]
    assert all(torch.equal(a, b) and torch.equal(c, d) for (a, c), (b, d) in zip(one_by_one, backwards, strict=True))
    assert len({view.numpy().tobytes() for view, _ in one_by_one}) == len(seeds)


def test_the_global_generators_are_untouched(draw):
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    states = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    pipeline(**GEOMETRY["all"], hue=0.2).augmented(draw(7), labels_of((96, 72)), (1, 2, 3), [1] * 7)
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == states


def spotted(at: tuple[int, int], size: tuple[int, int] = (240, 160)) -> np.ndarray:
    """Class 0 with one 4 x 4 spot of class 2 at (x, y)."""
    labels = np.zeros(size[::-1], np.uint8)
    labels[at[1] : at[1] + 4, at[0] : at[0] + 4] = 2
    return labels


@pytest.mark.parametrize("at", [(0, 0), (236, 156), (120, 30), (3, 156)])
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
def test_crops_on_rare_classes_hold_a_pixel_of_the_class(at, resize):
    labels = spotted(at)
    p = pipeline(data={"resize": resize}, random_crop=True, scale=(0.05, 0.2), rare_crop=1.0, hflip=0.5)
    image = coloured(labels)
    always = [bool((p.augmented(image, labels, (seed,), [0, 0, 1])[1] == 2).any()) for seed in range(40)]
    by_chance = [bool((p.augmented(image, labels, (seed,))[1] == 2).any()) for seed in range(40)]
    assert all(always)
    assert sum(by_chance) < 20


def test_crops_of_a_few_pixels_hold_the_rare_one():
    labels = np.zeros((12, 12), np.uint8)
    labels[5, 7] = 2
    p = pipeline(random_crop=True, scale=(0.01, 0.1), rare_crop=1.0)
    assert all(bool((p.augmented(coloured(labels), labels, (seed,), [0, 0, 1])[1] == 2).any()) for seed in range(60))


def test_crops_are_on_rare_classes_as_often_as_asked_and_else_as_without():
    labels = spotted((120, 80))
    p = pipeline(random_crop=True, scale=(0.02, 0.02), rare_crop=0.3)
    image = coloured(labels)
    with_rare = [p.augmented(image, labels, (seed,), [0, 0, 1])[1] for seed in range(300)]
    without = [p.augmented(image, labels, (seed,))[1] for seed in range(300)]
    same = sum(torch.equal(a, b) for a, b in zip(with_rare, without, strict=True))
    hit = sum(bool((mask == 2).any()) for mask in with_rare)
    assert 180 <= same <= 240
    assert 75 <= hit <= 130


def test_a_rare_class_is_drawn_by_its_weight_among_those_in_the_picture():
    labels = spotted((20, 20))
    labels[140:144, 200:204] = 3
    p = pipeline(random_crop=True, scale=(0.02, 0.02), rare_crop=1.0)
    image = coloured(labels)
    masks = [p.augmented(image, labels, (seed,), [0, 0, 1, 3, 0, 1000])[1] for seed in range(200)]
    two, three = (sum(bool((mask == label).any()) for mask in masks) for label in (2, 3))
    assert two + three == 200
    assert 125 <= three <= 175
    nothing = p.augmented(image, labels, (1,), [0, 0, 0, 0, 0, 1000])
    assert torch.equal(nothing[1], p.augmented(image, labels, (1,))[1])


def test_the_rare_pixel_lies_anywhere_in_the_crop():
    labels = spotted((120, 80))
    p = pipeline(random_crop=True, scale=(0.1, 0.1), rare_crop=1.0)
    image = coloured(labels)
    columns = [np.nonzero(p.augmented(image, labels, (seed,), [0, 0, 1])[1].numpy() == 2)[1].mean() for seed in range(60)]
    assert min(columns) < 16
    assert max(columns) > 48


@pytest.mark.parametrize(
    ("resize", "size", "view", "inner"),
    [
        ("crop", (300, 200), (64, 96), (64, 96)),
        ("crop", (200, 301), (96, 64), (96, 64)),
        ("crop", (250, 200), (64, 96), (64, 80)),
        ("pad", (300, 200), (64, 64), (43, 64)),
        ("pad", (100, 400), (64, 32), (64, 16)),
        ("squash", (300, 200), (64, 64), (64, 64)),
        ("crop", (2000, 2), (32, 2016), (2, 2000)),  # enlarged to 64 rows it would be 64,000 pixels long
        ("crop", (20, 2), (32, 256), (26, 256)),
    ],
)
def test_the_whole_picture_at_the_scale_that_was_trained_with(resize, size, view, inner):
    pixels, geometry = pipeline(data={"resize": resize}).whole(Image.new("RGB", size, (255, 0, 0)))
    assert (geometry.original, geometry.view, geometry.inner) == (size[::-1], view, inner)
    assert pixels.shape == (3, *view)
    assert (pixels[0, : inner[0], : inner[1]] == 255).all()
    empty = torch.tensor((0, 0, 0) if resize == "pad" else (124, 116, 104), dtype=torch.uint8)
    assert (pixels[:, inner[0] :] == empty[:, None, None]).all()
    assert (pixels[:, :, inner[1] :] == empty[:, None, None]).all()


def test_a_whole_view_and_its_mask_lie_under_each_other():
    labels = labels_of((251, 170))
    pixels, geometry = pipeline(96, data={"interpolation": "nearest"}).whole(coloured(labels))
    mask = geometry.nearest_labels(labels)
    assert (decoded(pixels) == mask)[mask != IGNORE].all()
    assert (mask != IGNORE).sum() == geometry.inner[0] * geometry.inner[1]


def test_a_reduced_picture_gives_the_geometry_of_the_original(draw):
    pixels, geometry = pipeline().whole(draw(3, (150, 100)), (800, 1200))
    assert geometry.original == (800, 1200)
    assert torch.equal(pixels, pipeline().whole(draw(3, (150, 100)))[0])


def test_decoding_is_finer_where_crops_may_be_small():
    assert pipeline(64).decode_size == 128
    assert pipeline(64, random_crop=True, scale=(0.5, 1)).decode_size == 128
    assert pipeline(64, random_crop=True, scale=(0.0625, 1)).decode_size == 256


def test_normalise():
    batch = torch.full((2, 3, 5, 7), 255, dtype=torch.uint8)
    expected = [(1 - mean) / std for mean, std in zip(MEAN, STD, strict=True)]
    torch.testing.assert_close(pipeline().normalise(batch)[1, :, 4, 6], torch.tensor(expected))

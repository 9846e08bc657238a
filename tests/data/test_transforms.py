from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import Augment, Data

OFF = {"random_crop": False, "hflip": 0, "vflip": 0, "rotation": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def pipeline(size: int = 64, data: dict | None = None, **augment: object) -> Pipeline:
    return Pipeline(Data(**(data or {})), Augment(**augment), size=size, **IMAGENET)


def only(**change: object) -> dict[str, object]:
    return {**OFF, **change}


def same_but_for_rounding(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Pillow's and torch's resampling of bytes round a few values differently."""
    difference = (one.int() - other.int()).abs()
    return one.shape == other.shape and int(difference.max()) <= 2 and float((difference > 0).float().mean()) < 0.02


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (64, 64), (40, 30), (7, 1), (1, 300), (3000, 2)])
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_any_picture_becomes_the_square(draw, size, resize, interpolation):
    p = pipeline(data={"resize": resize, "interpolation": interpolation})
    for out in (p.plain(draw(1, size)), p.augmented(draw(1, size), (1, 2, 3))):
        assert out.shape == (3, 64, 64)
        assert out.dtype == torch.uint8


@pytest.mark.parametrize("size", [(301, 200), (200, 333), (224, 224), (90, 70)])
def test_crop_is_how_models_are_evaluated_on_imagenet(draw, size):
    expected = v2.Compose([v2.Resize(256, v2.InterpolationMode.BICUBIC), v2.CenterCrop(224), v2.PILToTensor()])
    assert same_but_for_rounding(pipeline(224).plain(draw(2, size)), expected(draw(2, size)))


def test_a_very_long_picture_shows_its_middle_and_takes_no_time(draw):
    middle = draw(3, (10, 10))
    long = Image.new("RGB", (60_000, 10))  # 440,000 pixels wide, were it resized whole
    long.paste(middle, (29_995, 0))
    assert (pipeline().plain(long).float() - pipeline().plain(middle).float()).abs().mean() < 3


def test_pad_keeps_the_whole_picture():
    wide = Image.new("RGB", (200, 100), (255, 0, 0))
    out = pipeline(data={"resize": "pad", "pad_colour": (1, 2, 3)}).plain(wide)
    assert out[:, 32, :].unique(dim=1).squeeze().tolist() == [255, 0, 0]
    assert out[:, :16].flatten(1).unique(dim=1).squeeze().tolist() == [1, 2, 3]
    assert out[:, 48:].flatten(1).unique(dim=1).squeeze().tolist() == [1, 2, 3]
    corner = pipeline(data={"resize": "pad", "pad_place": "corner"}).plain(wide)
    assert corner[0, :32].min() == 255
    assert corner[0, 32:].max() == 0


def test_squash_uses_the_whole_picture(draw):
    image = draw(4, (200, 100))
    expected = v2.functional.pil_to_tensor(image.resize((64, 64), Image.Resampling.BICUBIC))
    assert same_but_for_rounding(pipeline(data={"resize": "squash"}).plain(image), expected)


def test_nothing_switched_on_is_the_plain_view(draw):
    p = pipeline(**OFF)
    assert torch.equal(p.augmented(draw(5), (1, 1, 1)), p.plain(draw(5)))


def test_the_same_seed_is_the_same_view_in_any_thread_and_order(draw):
    p = pipeline(hue=0.1, vflip=0.5)
    image = draw(6, (200, 150))
    seeds = [(7, epoch, i) for epoch in range(4) for i in range(8)]
    one_by_one = [p.augmented(image, seed) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(lambda seed: p.augmented(image, seed), seeds[::-1]))[::-1]
    assert all(torch.equal(a, b) for a, b in zip(one_by_one, backwards, strict=True))
    assert len({view.numpy().tobytes() for view in one_by_one}) == len(seeds)


def test_the_global_generators_are_untouched(draw):
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    states = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    pipeline(hue=0.2).augmented(draw(7), (1, 2, 3))
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == states


def test_switching_one_change_off_leaves_the_others(draw):
    image = draw(8, (120, 120))
    with_both = [pipeline(**only(hflip=0.5, vflip=0.5)).augmented(image, (0, 0, i)) for i in range(20)]
    with_one = [pipeline(**only(hflip=0.5)).augmented(image, (0, 0, i)) for i in range(20)]
    assert all(torch.equal(b, a) or torch.equal(b, a.flip(1)) for a, b in zip(with_both, with_one, strict=True))


def test_flips_happen_as_often_as_asked(draw):
    image = draw(9)
    p = pipeline(**only(hflip=0.25))
    plain = p.plain(image)
    flipped = sum(torch.equal(p.augmented(image, (0, 0, i)), plain.flip(2)) for i in range(400))
    assert 70 <= flipped <= 130
    always = pipeline(**only(vflip=1.0)).augmented(image, (3,))
    assert torch.equal(always, plain.flip(1))


def test_random_crops_are_of_the_share_asked_for():
    """The picture's left to right and top to bottom are its red and green, so that a view tells where it was cut."""
    side = 512
    ramp = np.linspace(0, 255, side)
    image = Image.fromarray(
        np.stack([np.tile(ramp, (side, 1)), np.tile(ramp[:, None], (1, side)), np.zeros((side, side))], -1).astype(np.uint8)
    )
    p = pipeline(64, {"interpolation": "bilinear"}, **only(random_crop=True, scale=(0.3, 0.6)))
    shares, ratios, lefts = [], [], []
    for i in range(200):
        view = p.augmented(image, (1, 0, i)).float() / 255
        w, h = ((view[c].max() - view[c].min()).item() * 64 / 63 for c in (0, 1))
        shares.append(w * h)
        ratios.append(w / h)
        lefts.append(view[0].min().item())
    assert 0.27 < min(shares) < 0.34
    assert 0.56 < max(shares) < 0.63
    assert 0.72 < min(ratios) < 0.85
    assert 1.2 < max(ratios) < 1.38
    assert max(lefts) > 0.3


def test_crops_of_padded_pictures_show_the_bars():
    red = Image.new("RGB", (200, 100), (255, 0, 0))
    p = pipeline(data={"resize": "pad", "pad_colour": (0, 0, 255)}, **only(random_crop=True, scale=(0.9, 1.0)))
    assert all(p.augmented(red, (i,))[2].max() == 255 for i in range(10))


def test_crops_of_squashed_pictures_stay_squashed():
    image = Image.new("RGB", (400, 100))
    image.paste((255, 255, 255), (100, 0, 300, 100))  # half of the width
    p = pipeline(data={"resize": "squash"}, **only(random_crop=True, scale=(1.0, 1.0)))
    whites = [(p.augmented(image, (i,)) > 127).float().mean().item() for i in range(10)]
    assert min(whites) > 0.45
    assert max(whites) < 0.66


def test_rotation_fills_corners():
    white = Image.new("RGB", (64, 64), (255, 255, 255))
    views = [pipeline(**only(rotation=45)).augmented(white, (i,))[:, 0, 0].tolist() for i in range(20)]
    assert views.count([124, 116, 104]) > 10  # the mean, which is nought to the network
    bars = {"resize": "pad", "pad_colour": (9, 8, 7)}
    assert [9, 8, 7] in [pipeline(data=bars, **only(rotation=45)).augmented(white, (i,))[:, 0, 0].tolist() for i in range(20)]


@pytest.mark.parametrize("change", ["brightness", "contrast", "saturation", "hue"])
def test_colours(draw, change):
    image = draw(10, (64, 64))
    p = pipeline(**only(**{change: 0.4}))
    views = [p.augmented(image, (i,)).float() for i in range(30)]
    plain = p.plain(image).float()
    assert max((view - plain).abs().mean() for view in views) > 8
    assert min((view - plain).abs().mean() for view in views) < 8


def test_normalise():
    batch = torch.randint(0, 256, (2, 3, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    before = batch.clone()
    expected = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET["mean"], IMAGENET["std"])])(batch)
    out = pipeline().normalise(batch)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, expected)
    assert torch.equal(batch, before)


def test_decoding_at_reduced_scale_hardly_shows(tmp_path, photo):
    from tlstudio.data.images import load_rgb

    path = photo(tmp_path / "x.jpg", 11, (2000, 1500), quality=95)
    p = pipeline(128)
    small = load_rgb(path, at_least=p.decode_size)
    assert small.size == (500, 375)
    assert (p.plain(small).float() - p.plain(load_rgb(path)).float()).abs().mean() < 1

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from tlstudio.data.pixels import as_image, as_pixels, colour_change, mirrored, normalised, resized, stacked, turned_and_recoloured

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def difference(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (one.float() - other.float()).abs()


def of(*colours: tuple[int, int, int]) -> torch.Tensor:
    return torch.tensor(colours, dtype=torch.uint8).view(1, -1, 3).permute(2, 0, 1)


def recoloured(pixels: torch.Tensor, **change: float) -> list[list[int]]:
    out = turned_and_recoloured(pixels, 0.0, (0, 0, 0), colour_change(**change))
    return out.permute(1, 2, 0).reshape(-1, 3).tolist()


def test_there_and_back(draw):
    image = draw(1, (50, 30))
    pixels = as_pixels(image)
    assert pixels.shape == (3, 30, 50)
    assert torch.equal(pixels, functional.pil_to_tensor(image))
    assert as_image(pixels).tobytes() == image.tobytes()


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize("size", [(40, 25), (90, 130)])
def test_resizing_is_that_of_pillow_but_for_rounding(draw, interpolation, size):
    image = draw(2, (77, 61))  # no pixel lies exactly between two
    expected = as_pixels(image.resize(size, Image.Resampling[interpolation.upper()]))
    out = resized(as_pixels(image), size[1], size[0], interpolation)
    assert difference(out, expected).max() <= 2
    assert difference(out, expected).mean() < 0.05


@pytest.mark.parametrize("size", [(64, 64), (90, 50), (33, 47)])
@pytest.mark.parametrize("angle", [7.3, -31.0, 90.0, 180.0])
def test_turning_is_that_of_pillow(draw, size, angle):
    """But for the very edge of the picture, which is blended with the corners here."""
    image = draw(3, size)
    expected = as_pixels(functional.rotate(image, angle, interpolation=InterpolationMode.BILINEAR, fill=[9, 99, 199]))
    out = turned_and_recoloured(as_pixels(image), angle, (9, 99, 199), None)
    assert out.shape == expected.shape
    apart = difference(out, expected).amax(0)
    assert float((apart > 2).float().mean()) < 0.08
    assert float(apart.median()) <= 1


def test_corners_are_filled_exactly():
    out = turned_and_recoloured(as_pixels(Image.new("RGB", (64, 64), (255, 255, 255))), 45.0, (1, 2, 3), None)
    assert out[:, 0, 0].tolist() == [1, 2, 3]
    assert out[:, 32, 32].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "change", [{"brightness": 0.7}, {"contrast": 0.6}, {"contrast": 1.2}, {"saturation": 0.5}, {"brightness": 0.8, "contrast": 0.7}]
)
def test_colours_change_as_in_torchvision(draw, change):
    image = draw(4, (80, 60)).point(lambda value: 60 + value // 2)  # nothing leaves the range between two changes
    expected = image
    for name, factor in change.items():
        expected = getattr(functional, f"adjust_{name}")(expected, factor)
    out = turned_and_recoloured(as_pixels(image), 0.0, (0, 0, 0), colour_change(**change))
    assert difference(out, as_pixels(expected)).max() <= 2


def test_a_hue_turns_from_red_through_green_to_blue():
    red, green, blue = (180, 60, 60), (60, 180, 60), (60, 60, 180)
    third = recoloured(of(red, green, blue), hue=1 / 3)
    assert [np.argmax(colour) for colour in third] == [1, 2, 0]
    assert [np.argmax(colour) for colour in recoloured(of(red, green, blue), hue=-1 / 3)] == [2, 0, 1]
    red_to_yellow = recoloured(of(red), hue=0.05)[0]
    assert red_to_yellow[1] > red_to_yellow[2] + 10
    assert recoloured(of((130, 130, 130)), hue=0.4) == [[130, 130, 130]]


def test_without_any_change_nothing_is_touched(draw):
    pixels = as_pixels(draw(5))
    assert colour_change() is None
    assert turned_and_recoloured(pixels, 0.0, (0, 0, 0), None) is pixels
    assert mirrored(pixels, False, False) is pixels


def test_mirroring(draw):
    pixels = as_pixels(draw(6))
    assert torch.equal(mirrored(pixels, True, False), pixels.flip(2))
    assert torch.equal(mirrored(pixels, False, True), pixels.flip(1))


def test_stacked_pictures_are_channels_last(draw):
    views = [as_pixels(draw(i, (20, 10))) for i in range(3)]
    out = stacked([views[0], views[1].contiguous(), views[2]])
    assert torch.equal(out, torch.stack(views))
    assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_normalised(layout):
    batch = torch.randint(0, 256, (2, 3, 5, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)).contiguous(
        memory_format=layout
    )
    before = batch.clone()
    out = normalised(batch, MEAN, STD)
    assert out.dtype == torch.float32
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, functional.normalize(batch.float() / 255, MEAN, STD), rtol=1e-5, atol=1e-6)
    assert torch.equal(batch, before)

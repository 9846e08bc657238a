from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from tlstudio.data import mask_geometry
from tlstudio.data.mask_geometry import Geometry
from tlstudio.data.masks import IGNORE


def random_logits(*shape: int, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def plain(logits: torch.Tensor, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All at once, at full size."""
    p = functional.interpolate(logits[None], size, mode="bilinear", align_corners=False)[0].softmax(0)
    entropy = -(p * p.clamp_min(1e-30).log()).sum(0) / math.log(len(p))
    confidence, labels = p.max(0)
    return tuple(part.numpy() for part in (labels.to(torch.uint8), (255 * confidence).round(), (255 * entropy).round()))


@pytest.mark.parametrize("original", [(97, 130), (31, 45), (64, 64), (300, 50)])
@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("in_bands", [False, True])
def test_every_pixel_as_with_logits_at_full_size(original, scale, in_bands, monkeypatch):
    if in_bands:
        monkeypatch.setattr(mask_geometry, "_SMALL", 0)
    logits = random_logits(5, 64 // scale, 96 // scale)
    labels, confidence, entropy = Geometry(original, (64, 96), (64, 96)).judged(logits)
    expected = plain(logits, original)
    assert labels.dtype == confidence.dtype == entropy.dtype == np.uint8
    assert labels.shape == original
    assert np.array_equal(labels, expected[0])
    assert np.abs(confidence - expected[1]).max() <= 1
    assert np.abs(entropy - expected[2]).max() <= 1
    assert (confidence != expected[1]).mean() < 0.005
    assert (entropy != expected[2]).mean() < 0.005


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("in_bands", [False, True])
def test_padding_does_not_bleed_in(scale, in_bands, monkeypatch):
    if in_bands:
        monkeypatch.setattr(mask_geometry, "_SMALL", 0)
    logits = random_logits(3, 64 // scale, 96 // scale)
    geometry = Geometry((75, 100), (64, 96), (60, 80))
    cut = logits[:, : 60 // scale, : 80 // scale]
    assert np.array_equal(geometry.judged(logits)[0], plain(cut, (75, 100))[0])
    logits[:, 60 // scale :], logits[:, :, 80 // scale :] = math.nan, math.inf
    assert np.array_equal(geometry.judged(logits)[0], plain(cut, (75, 100))[0])


def test_pixels_are_where_they_belong_when_maps_do_not_end_with_the_picture():
    """A map of 8 cells of 8 pixels, of which the picture has 61 pixels: logits that are a place give back the place."""
    ramp = (torch.arange(8) + 0.5) * 8
    logits = torch.stack([ramp.expand(8, 8) - 30, torch.zeros(8, 8)])
    labels, _, _ = Geometry((122, 122), (64, 64), (61, 61)).judged(logits)
    border = int(np.flatnonzero(labels[50] == 0)[0])
    assert border == 60  # the pixel whose centre is the first beyond column 30 of the view, enlarged twice
    assert (labels == labels[0]).all()


def test_bands_of_any_height_give_the_same_values(monkeypatch):
    geometry = Geometry((203, 117), (64, 96), (61, 90))
    logits = random_logits(7, 16, 24)
    whole = geometry.judged(logits)
    monkeypatch.setattr(mask_geometry, "_SMALL", 0)
    expected = geometry.judged(logits)
    assert np.array_equal(expected[0], whole[0])
    assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(expected, whole, strict=True))
    for band, wide in [(1, 1), (7 * 117 * 5, 1), (7 * 117 * 17, 7 * 117 * 3), (10**9, 10**9)]:
        monkeypatch.setitem(mask_geometry._AT_ONCE, "cpu", band)
        monkeypatch.setattr(mask_geometry, "_WIDE", wide)
        assert all(np.array_equal(a, b) for a, b in zip(geometry.judged(logits), expected, strict=True))


def test_labels_only():
    geometry = Geometry((50, 40), (64, 64), (64, 64))
    logits = random_logits(4, 16, 16)
    labels, confidence, entropy = geometry.judged(logits, labels_only=True)
    assert np.array_equal(labels, geometry.judged(logits)[0])
    assert confidence.size == entropy.size == 0


def test_sure_and_unsure():
    logits = torch.zeros(4, 2, 2)
    logits[2, :, 1] = 100
    labels, confidence, entropy = Geometry((2, 2), (2, 2), (2, 2)).judged(logits)
    assert labels.tolist() == [[0, 2], [0, 2]]  # of equals the first
    assert confidence.tolist() == [[64, 255], [64, 255]]
    assert entropy.tolist() == [[255, 0], [255, 0]]


def test_255_classes_one_class_and_half_precision():
    geometry = Geometry((9, 9), (4, 4), (4, 4))
    logits = torch.zeros(255, 4, 4)
    logits[254] = 1
    assert (geometry.judged(logits)[0] == 254).all()
    labels, confidence, entropy = geometry.judged(torch.ones(1, 4, 4))
    assert (labels.max(), confidence.min(), entropy.max()) == (0, 255, 0)
    half = random_logits(3, 4, 4).to(torch.float16)
    assert np.array_equal(geometry.judged(half)[0], geometry.judged(half.float())[0])


def test_a_network_gone_astray_gives_labels_all_the_same():
    logits = random_logits(3, 4, 4)
    logits[1] = math.nan
    labels, confidence, _ = Geometry((8, 8), (4, 4), (4, 4)).judged(logits)
    assert labels.max() < 3
    assert (confidence == 0).all()


def test_the_logits_are_left_as_they_were():
    logits = random_logits(3, 8, 8).requires_grad_()
    before = logits.detach().clone()
    Geometry((8, 8), (8, 8), (8, 8)).judged(logits)
    assert torch.equal(logits, before)


def test_nearest_labels():
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    view = Geometry((4, 4), (4, 6), (2, 4)).nearest_labels(labels)
    assert view.tolist() == [[4, 5, 6, 7, 255, 255], [12, 13, 14, 15, 255, 255], [IGNORE] * 6, [IGNORE] * 6]
    larger = Geometry((4, 4), (8, 8), (8, 8)).nearest_labels(labels)
    assert np.array_equal(larger, labels.repeat(2, 0).repeat(2, 1))

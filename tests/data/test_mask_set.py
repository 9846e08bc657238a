from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.control import Control
from tlstudio.data import mask_set, masks
from tlstudio.data.datasets import batches
from tlstudio.data.images import ImageProblem
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.masks import IGNORE
from tlstudio.data.report import Item
from tlstudio.recipe import Augment, Data

CODING = masks.own(["ground", "water", "stone"], [(0, 0, 0), (0, 0, 255), (128, 128, 128)])
SIZES = [(90, 60), (60, 90), (100, 60), (48, 48)]


@pytest.fixture
def pairs(tmp_path: Path, photo) -> Path:
    """Four pictures of different sizes; the mask of picture i is of class i % 3, its first row is ignored."""
    for i, size in enumerate(SIZES):
        photo(tmp_path / "images" / f"{i}.jpg", i, size)
        labels = np.full(size[::-1], i % 3, np.uint8)
        labels[0] = IGNORE
        (tmp_path / "masks").mkdir(exist_ok=True)
        masks.write(tmp_path / "masks" / f"{i}.png", labels, CODING)
    return tmp_path


def opened(
    root: Path, *, rare: list[float] | None = None, cache_bytes: int = 1 << 20, absolute: bool = False, **augment: object
) -> MaskSet:
    pipeline = MaskPipeline(Data(), Augment(enabled=True, **augment), size=32, shape=(32, 64), mean=(0.5,) * 3, std=(0.5,) * 3)
    mask = f"{root}/masks/" if absolute else "masks/"
    items = [Item(f"images/{i}.jpg", i % 3, None, *size, "", mask=f"{mask}{i}.png") for i, size in enumerate(SIZES)]
    return MaskSet(root, items, CODING, pipeline, seed=7, rare=rare, cache_bytes=cache_bytes)


@pytest.mark.parametrize("absolute", [False, True])
def test_masks_at_full_size(pairs, absolute):
    pictures = opened(pairs, absolute=absolute)
    assert len(pictures) == 4
    assert pictures.path(2) == pairs / "images" / "2.jpg"
    for i, (width, height) in enumerate(SIZES):
        labels = pictures.labels_of(i)
        assert labels.shape == (height, width)
        assert (labels[0] == IGNORE).all()
        assert (labels[1:] == i % 3).all()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("augment", [True, False])
def test_batches_of_pictures_with_masks(pairs, augment, workers):
    pictures = opened(pairs)
    order = [3, 1, 0, 2, 1]
    out = list(batches(pictures, order, 3, epoch=2, augment=augment, workers=workers, control=Control()))
    assert [indices for _, _, indices in out] == [[3, 1, 0], [2, 1]]
    for views, targets, indices in out:
        assert views.dtype == targets.dtype == torch.uint8
        assert views.shape == (len(indices), 3, 32, 64)
        assert targets.shape == (len(indices), 32, 64)
        for view, target, i in zip(views, targets, indices, strict=True):
            assert set(target.unique().tolist()) <= {i % 3, IGNORE}
            again = pictures.load(i, 2, augment)
            assert torch.equal(view, again[0])
            assert torch.equal(target, again[1])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]


def test_epochs_differ_when_augmented_only(pairs):
    pictures = opened(pairs)
    assert not torch.equal(pictures.load(0, 1, True)[0], pictures.load(0, 2, True)[0])
    assert torch.equal(pictures.load(0, 1, False)[0], pictures.load(0, 2, False)[0])


def test_what_is_kept_needs_no_file(pairs):
    pictures = opened(pairs)
    before = [*pictures.load(1, 0, False), *pictures.whole(2)[::2], pictures.labels_of(3)]
    shutil.rmtree(pairs / "masks")
    shutil.rmtree(pairs / "images")
    after = [*pictures.load(1, 1, False), *pictures.whole(2)[::2], pictures.labels_of(3)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert pictures.kept(1) is not None
    assert pictures.kept(0) is None


def test_a_mask_is_read_once_for_all_augmented_epochs(pairs):
    pictures = opened(pairs)
    pictures.load(0, 0, True)
    shutil.rmtree(pairs / "masks")
    assert pictures.load(0, 1, True)[1].shape == (32, 64)


def test_a_plain_view_is_kept_without_its_mask_at_full_size(pairs):
    pictures = opened(pairs, cache_bytes=4 * 32 * 64)
    pictures.load(0, 0, False)
    assert pictures.kept(0) is not None


def test_forgotten_views_are_made_anew_while_masks_stay(pairs):
    pictures = opened(pairs)
    pictures.load(0, 0, False)
    pictures.whole(1)
    pictures.forget()
    assert pictures.kept(0) is None
    pictures.load(0, 0, False)
    assert pictures.kept(0) is None
    shutil.rmtree(pairs / "masks")
    assert pictures.labels_of(1).shape == (90, 60)
    pictures.path(1).unlink()
    with pytest.raises(ImageProblem):
        pictures.whole(1)


def test_nothing_is_kept_where_there_is_no_room(pairs):
    pictures = opened(pairs, cache_bytes=0)
    pictures.whole(0)
    pictures.load(0, 0, False)
    assert pictures.kept(0) is None
    shutil.rmtree(pairs / "masks")
    with pytest.raises(ImageProblem, match=r"0\.png"):
        pictures.labels_of(0)


def test_whole_pictures(pairs):
    pixels, geometry, labels = opened(pairs).whole(1)
    assert pixels.shape == (3, 64, 32)
    assert (geometry.original, geometry.view, geometry.inner) == ((90, 60), (64, 32), (48, 32))
    assert labels.shape == (90, 60)


def test_a_large_jpeg_is_decoded_small_and_its_mask_is_not(tmp_path, photo, monkeypatch):
    photo(tmp_path / "x.jpg", 1, (1200, 800))
    labels = np.random.default_rng(0).integers(0, 3, (800, 1200), dtype=np.uint8)
    masks.write(tmp_path / "x.png", labels, CODING)
    seen: list[tuple[int, int]] = []
    true = mask_set.load_rgb_and_digest

    def decoded(path: Path, **how: int) -> tuple[Image.Image, str]:
        image, digest = true(path, **how)
        seen.append(image.size)
        return image, digest

    monkeypatch.setattr(mask_set, "load_rgb_and_digest", decoded)
    pipeline = MaskPipeline(Data(), Augment(), size=32, shape=(32, 64), mean=(0.5,) * 3, std=(0.5,) * 3)
    pictures = MaskSet(tmp_path, [Item("x.jpg", 0, None, 1200, 800, "", "x.png")], CODING, pipeline, seed=7)
    _, geometry, full = pictures.whole(0)
    pictures.load(0, 0, False)
    assert seen == [(150, 100)] * 2
    assert geometry.original == (800, 1200)
    assert np.array_equal(full, labels)


def test_crops_favour_rare_classes(tmp_path, photo):
    photo(tmp_path / "x.png", 1, (200, 150))
    labels = np.zeros((150, 200), np.uint8)
    labels[100:106, 180:186] = 2
    masks.write(tmp_path / "m.png", labels, CODING)
    augment = Augment(enabled=True, scale=(0.1, 0.2), rare_crop=1, rotation=0)
    pipeline = MaskPipeline(Data(), augment, size=32, shape=(32, 64), mean=(0.5,) * 3, std=(0.5,) * 3)
    item = Item("x.png", 0, None, 200, 150, "", "m.png")
    shown = [
        sum(
            bool((MaskSet(tmp_path, [item], CODING, pipeline, seed=7, rare=rare).load(0, epoch, True)[1] == 2).any()) for epoch in range(20)
        )
        for rare in ([1.0, 1.0, 1000.0], None)
    ]
    assert shown[0] == 20
    assert shown[1] < 15


@pytest.mark.parametrize("gone", ["images/1.jpg", "masks/1.png"])
def test_a_file_that_is_gone_is_named(pairs, gone):
    (pairs / gone).unlink()
    with pytest.raises(ImageProblem) as caught:
        list(batches(opened(pairs), range(4), 2, epoch=0, augment=True, workers=2))
    assert caught.value.path == pairs / gone

"""Pictures kept on the disk: a second run decodes nothing, and sees the very same views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tlstudio import places
from tlstudio.data.datasets import ImageSet, batches
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.picture_store import PictureStore
from tlstudio.data.scan import scan
from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import Augment, Data

GREYS = {"mean": (0.5,) * 3, "std": (0.5,) * 3}


def opened(folder: Path, store: PictureStore | None, cache_bytes: int = 0, size: int = 32, **augment: object) -> ImageSet:
    report = scan(folder)
    pipeline = Pipeline(Data(), Augment(enabled=True, **augment), size=size, **GREYS)
    return ImageSet(report.root, report.items, pipeline, seed=7, cache_bytes=cache_bytes, store=store)


def views(images: ImageSet, augment: bool, workers: int = 2) -> torch.Tensor:
    return torch.cat([pixels for pixels, _, _ in batches(images, range(16), 8, epoch=3, augment=augment, workers=workers)])


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were decoded."""
    from tlstudio.data import datasets, mask_set

    seen: list[Path] = []
    true = datasets.load_rgb_and_digest
    for module in (datasets, mask_set):
        monkeypatch.setattr(module, "load_rgb_and_digest", lambda path, **how: seen.append(path) or true(path, **how))
    return seen


@pytest.mark.parametrize("crops", [True, False])
@pytest.mark.parametrize("augment", [True, False])
def test_a_second_run_decodes_nothing_and_sees_the_same(two_classes, decoded, augment, crops):
    expected = views(opened(two_classes, None, random_crop=crops), augment)
    with PictureStore() as store:
        assert torch.equal(views(opened(two_classes, store, random_crop=crops), augment), expected)
    decoded.clear()
    with PictureStore() as store:
        assert torch.equal(views(opened(two_classes, store, random_crop=crops), augment), expected)
        assert store.troubles == []
    assert decoded == []


def test_a_second_epoch_decodes_nothing_though_memory_has_no_room(two_classes, decoded):
    with PictureStore() as store:
        images = opened(two_classes, store)
        first = views(images, True)
        images.commit()
        store.close()
        assert len(decoded) == 16
    with PictureStore() as store:
        images = opened(two_classes, store)
        assert torch.equal(views(images, True), first)
        assert len(decoded) == 16


def test_other_transforms_find_nothing(two_classes, decoded):
    with PictureStore() as store:
        views(opened(two_classes, store), False)
    decoded.clear()
    with PictureStore() as store:
        views(opened(two_classes, store, size=48), False)
        assert len(decoded) == 16


def test_a_file_changed_since_the_scan_is_not_kept(two_classes, decoded, photo):
    with PictureStore() as store:
        images = opened(two_classes, store)
        photo(images.path(0), 99)
        views(images, False)
    decoded.clear()
    with PictureStore() as store:
        views(images := opened(two_classes, store), False)
    assert decoded == [images.path(0)]


def test_no_place_to_keep_changes_nothing(two_classes, tmp_path, monkeypatch):
    expected = views(opened(two_classes, None), True)
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "file"))
    with PictureStore() as store:
        report_free = opened(two_classes, store)
        assert torch.equal(views(report_free, True), expected)
        assert torch.equal(views(report_free, True), expected)
        assert len(store.troubles) == 1
        assert "kept" in store.troubles[0]


def test_a_damaged_picture_is_decoded_again(two_classes, decoded):
    expected = views(opened(two_classes, None), False)
    with PictureStore() as store:
        views(opened(two_classes, store), False)
    (rows,) = [path for path in places.cache().rglob("*") if path.is_file() and path.stat().st_size > 16 * 3 * 32 * 32]
    content = bytearray(rows.read_bytes())
    content[len(content) // 2] ^= 255
    rows.write_bytes(content)
    decoded.clear()
    with PictureStore() as store:
        assert torch.equal(views(opened(two_classes, store), False), expected)
        assert store.troubles == ["1 kept picture was damaged and will be made again."]
    assert len(decoded) == 1


def test_what_is_kept_is_no_part_of_something_larger(two_classes):
    view = opened(two_classes, None).load(0, 0, False)
    assert view.untyped_storage().nbytes() == view.nbytes


@pytest.mark.parametrize("kind", ["augmented", "plain", "whole"])
def test_pictures_with_masks(tmp_path, pair, decoded, kind):
    for i in range(4):
        pair(tmp_path / "images" / f"{i}.jpg", tmp_path / "masks" / f"{i}.png", (0, 1, 2), i, (200, 140))
    report = scan(tmp_path)
    assert report.coding is not None
    pipeline = MaskPipeline(Data(), Augment(enabled=True), size=32, shape=(32, 64), **GREYS)

    def seen(store: PictureStore | None, cache_bytes: int = 0) -> list[np.ndarray]:
        pictures = MaskSet(report.root, report.items, report.coding, pipeline, seed=7, cache_bytes=cache_bytes, store=store)
        if kind == "whole":
            return [np.asarray(part) for i in range(4) for part in pictures.whole(i)[::2]]
        return [part.numpy() for epoch in range(2) for i in range(4) for part in pictures.load(i, epoch, kind == "augmented")]

    expected = seen(None)
    with PictureStore() as store:
        for one, other in zip(seen(store, 1 << 20), expected, strict=True):
            assert np.array_equal(one, other)
    decoded.clear()
    with PictureStore() as store:
        for one, other in zip(seen(store), expected, strict=True):
            assert np.array_equal(one, other)
    assert decoded == []

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import torch

from tlstudio.control import Control
from tlstudio.data.datasets import ImageSet, batches
from tlstudio.data.images import ImageProblem
from tlstudio.data.scan import scan
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import Cancelled
from tlstudio.recipe import Augment, Data


def pipeline(size: int = 32) -> Pipeline:
    return Pipeline(Data(), Augment(), size=size, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


@pytest.fixture
def images(two_classes: Path) -> ImageSet:
    report = scan(two_classes)
    return ImageSet(report.root, report.items, pipeline(), seed=7)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("images")]


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("augment", [True, False])
def test_batches_come_in_order(images, workers, augment):
    order = [3, 1, 15, 0, 8, 9, 10, 2, 3]
    out = list(batches(images, order, 4, epoch=2, augment=augment, workers=workers, control=Control()))
    assert [indices for _, _, indices in out] == [[3, 1, 15, 0], [8, 9, 10, 2], [3]]
    for views, labels, indices in out:
        assert views.dtype == torch.uint8
        assert labels.tolist() == [int(i >= 8) for i in indices]
        assert torch.equal(views, torch.stack([images.load(i, 2, augment) for i in indices]))
    assert threads() == []


def test_epochs_differ_when_augmented_only(images):
    assert not torch.equal(images.load(0, 1, True), images.load(0, 2, True))
    assert torch.equal(images.load(0, 1, False), images.load(0, 2, False))


def test_plain_views_are_kept_and_need_no_file(images, two_classes):
    before = [views for views, _, _ in batches(images, range(16), 8, epoch=0, augment=False, workers=2)]
    for path in two_classes.rglob("*.*g"):
        path.unlink()
    after = [views for views, _, _ in batches(images, range(16), 8, epoch=1, augment=False, workers=2)]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert threads() == []


def test_no_more_is_kept_than_allowed(two_classes):
    report = scan(two_classes)
    images = ImageSet(report.root, report.items, pipeline(), seed=7, cache_bytes=5 * 3 * 32 * 32)
    list(batches(images, range(16), 8, epoch=0, augment=False, workers=2))
    assert sum(images.kept(i) is not None for i in range(16)) == 5


@pytest.mark.parametrize("workers", [0, 2])
def test_a_picture_that_is_gone_is_named(images, two_classes, workers):
    (two_classes / "bees" / "b3.png").unlink()
    with pytest.raises(ImageProblem, match=r"b3\.png") as caught:
        list(batches(images, range(16), 4, epoch=0, augment=False, workers=workers))
    assert caught.value.path == two_classes / "bees" / "b3.png"
    assert threads() == []


def test_closed_early_no_thread_stays(images):
    going = batches(images, list(range(16)) * 20, 4, epoch=0, augment=True, workers=3)
    next(going)
    assert threads()
    going.close()
    assert threads() == []


def test_cancel(images):
    control = Control()
    going = batches(images, range(16), 4, epoch=0, augment=True, workers=2, control=control)
    next(going)
    control.cancel()
    with pytest.raises(Cancelled):
        next(going)
    assert threads() == []


def test_not_more_is_decoded_ahead_than_two_batches(images, monkeypatch):
    loaded: list[int] = []
    true = images.load

    def load(i: int, epoch: int, augment: bool) -> torch.Tensor:
        loaded.append(i)
        return true(i, epoch, augment)

    monkeypatch.setattr(images, "load", load)
    going = batches(images, list(range(16)) * 10, 4, epoch=0, augment=True, workers=2)
    next(going)
    until = time.monotonic() + 20
    while len(loaded) <= 4 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)  # in which there is time for more
    assert 4 < len(loaded) <= 4 + 2 * 4
    going.close()


def test_empty_order(images):
    assert list(batches(images, [], 4, epoch=0, augment=True, workers=2)) == []


def test_forgotten_views_are_made_anew_and_not_kept(images):
    first = images.load(3, 0, False)
    assert images.kept(3) is not None
    images.forget()
    assert torch.equal(images.load(3, 0, False), first)
    assert images.kept(3) is None

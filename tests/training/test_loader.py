from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pictures import class_folders, picture
from tlstudio.control import Control
from tlstudio.data import masks
from tlstudio.data.datasets import ImageSet
from tlstudio.data.decode_threads import DecodeThreads
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.masks import IGNORE
from tlstudio.data.picture_store import PictureStore
from tlstudio.data.report import Item
from tlstudio.data.scan import scan
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import Cancelled
from tlstudio.recipe import Augment, Data
from tlstudio.training.loader import Loader

GREYS = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
CPU = torch.device("cpu")


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    report = scan(class_folders(tmp_path / "data", n=6))
    return ImageSet(report.root, report.items, Pipeline(Data(), Augment(enabled=True), size=32, **GREYS), seed=7)


def loader_of(images: ImageSet, control: Control | None = None) -> Loader:
    return Loader(images._pipeline, CPU, control or Control())


@pytest.fixture
def pictures(tmp_path: Path) -> MaskSet:
    """Six pictures with masks; those of the last two say nothing at all, that of picture 3 nothing but for one pixel."""
    (tmp_path / "masks").mkdir()
    coding, items = masks.own(["a", "b"], [(0, 0, 0), (255, 255, 255)]), []
    for i in range(6):
        picture(i % 2, i, (48, 40)).save(tmp_path / f"{i}.png")
        labels = np.full((40, 48), IGNORE if i >= 3 else i % 2, np.uint8)
        if i == 3:
            labels[20, 24] = 1
        masks.write(tmp_path / "masks" / f"{i}.png", labels, coding)
        items.append(Item(f"{i}.png", i % 2, None, 48, 40, "", f"masks/{i}.png"))
    pipeline = MaskPipeline(Data(resize="squash"), Augment(), size=64, shape=(64, 64), **GREYS)
    return MaskSet(tmp_path, items, coding, pipeline, seed=7)


@pytest.mark.parametrize("augment", [True, False])
def test_batches_are_normalised_channels_last_and_in_order(images, augment):
    order = [3, 11, 0, 7, 5]
    loaded = list(loader_of(images)(images, order, 2, 4, augment))
    assert [len(labels) for _, labels in loaded] == [2, 2, 1]
    assert torch.cat([labels for _, labels in loaded]).tolist() == [0, 1, 0, 1, 0]
    for inputs, labels in loaded:
        assert inputs.dtype == torch.float32
        assert inputs.is_contiguous(memory_format=torch.channels_last)
        assert labels.dtype == torch.int64
    expected = torch.stack([images.load(i, 4, augment) for i in order]).float() / 127.5 - 1
    torch.testing.assert_close(torch.cat([inputs for inputs, _ in loaded]), expected)


def test_views_do_not_depend_on_how_many_threads_make_them(images):
    loader, order = loader_of(images), list(range(12)) * 4
    first = torch.cat([inputs for inputs, _ in loader(images, order, 4, 1, True)])
    seen = set()
    for now in range(3):
        images.threads[True]._at = min(now, len(images.threads[True]._choices) - 1)
        seen.add(images.threads[True].now)
        assert torch.equal(torch.cat([inputs for inputs, _ in loader(images, order, 4, 1, True)]), first)
    assert len(seen) > 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]


def test_where_views_lie_ready_there_are_no_threads_and_nothing_is_measured(images):
    loader = loader_of(images)
    list(loader(images, range(12), 4))
    passed = images.threads[False]._passed
    going = loader(images, range(12), 4)
    next(going)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]
    list(going)
    assert images.threads[False]._passed == passed


def test_whether_a_batch_of_masks_says_nothing_is_known(pictures):
    loader = Loader(pictures._pipeline, CPU, Control())
    empty = [(loader.empty, bool((masks_ == IGNORE).all())) for _, masks_ in loader(pictures, [0, 1, 3, 4, 4, 5, 2, 5], 2)]
    assert empty == [(False, False), (False, False), (True, True), (False, False)]


def test_one_labelled_pixel_is_something_to_learn_from(pictures):
    loader = Loader(pictures._pipeline, CPU, Control())
    assert [loader.empty for _ in loader(pictures, [3], 1)] == [False]
    assert [loader.empty for _ in loader(pictures, [4], 1)] == [True]


def test_classes_of_whole_pictures_always_say_something(images):
    loader = loader_of(images)
    assert [loader.empty for _ in loader(images, range(4), 2)] == [False, False]


def test_whole_pictures_in_the_order_asked_for(pictures):
    loader = Loader(pictures._pipeline, CPU, Control())
    everything = list(loader.views(pictures))
    assert len(everything) == 6
    some = [*loader.views(pictures, [4, 1]), loader.view(pictures, 0)]
    for (inputs, geometry, labels), i in zip(some, [4, 1, 0], strict=True):
        assert inputs.shape == (1, 3, 64, 64)
        assert inputs.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(inputs, everything[i][0])
        assert geometry == everything[i][1]
        assert np.array_equal(labels, everything[i][2])


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_whole_pictures_do_not_depend_on_how_many_threads_make_them(pictures, threads):
    loader = Loader(pictures._pipeline, CPU, Control())
    expected = [loader.view(pictures, i) for i in range(6)]
    pictures.forget()
    found_out = pictures.threads["whole"] = DecodeThreads(most=4, first=threads)
    assert found_out.now == threads
    for (inputs, *_), (as_before, *_) in zip(loader.views(pictures), expected, strict=True):
        assert torch.equal(inputs, as_before)
    assert found_out._passed == 6  # which is how the best number becomes known
    pictures.keep_again()
    for _ in range(2):
        assert len(list(loader.views(pictures))) == 6
    assert found_out._passed == 12  # the second time they lay ready
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]


@pytest.mark.parametrize("augment", [True, False])
def test_cancelled_no_thread_stays(images, augment):
    control = Control()
    going = loader_of(images, control)(images, list(range(12)) * 5, 4, 0, augment)
    next(going)
    control.cancel()
    with pytest.raises(Cancelled):
        next(going)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("images")]


def test_what_a_pass_made_is_there_for_the_next_run(tmp_path):
    report = scan(class_folders(tmp_path / "data", n=4))
    pipeline = Pipeline(Data(), Augment(), size=32, **GREYS)

    def opened(store: PictureStore) -> ImageSet:
        return ImageSet(report.root, report.items, pipeline, seed=7, cache_bytes=0, store=store)

    with PictureStore() as store:
        images = opened(store)
        first = [inputs for inputs, _ in loader_of(images)(images, range(8), 4)]
    with PictureStore() as store:
        images = opened(store)
        assert all(images.kept(i) is not None for i in range(8))
        assert all(torch.equal(a, b) for a, (b, _) in zip(first, loader_of(images)(images, range(8), 4), strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_batches_are_the_same_and_nothing_waits_for_the_device(images, pictures):
    device = torch.device("cuda")
    for data, order in ((images, [3, 11, 0, 7]), (pictures, [0, 3, 4, 5])):
        expected = list(Loader(data._pipeline, CPU, Control())(data, order, 2))
        loader = Loader(data._pipeline, device, Control())
        list(loader(data, order, 2))  # what is brought to the device once is there
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
        try:
            loaded = list(loader(data, order, 2))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        for (inputs, labels), (wanted, truth) in zip(loaded, expected, strict=True):
            torch.testing.assert_close(inputs.cpu(), wanted)
            assert torch.equal(labels.cpu(), truth)

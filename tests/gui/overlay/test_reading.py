"""Pictures and masks as the canvas gets them, and the sentences where that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from tests.masked import SIZE, evaluated, prediction, truth
from tlstudio.data.images import load_rgb
from tlstudio.errors import InputError, StudioError
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.loader import Loader
from tlstudio.gui.overlay.reading import Counts, read, read_image


def pixels(path: Path) -> np.ndarray[Any, Any]:
    image = read_image(str(path))
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[:, :, 2::-1].copy()  # outlives the image


def saved(folder: Path, kind: str) -> Path:
    values = np.random.default_rng(1).integers(0, 255, (31, 47, 4), dtype=np.uint8)
    path = folder / f"{kind}.png"
    if kind == "jpeg":
        Image.fromarray(values[..., :3]).save(path := folder / "a.jpg", quality=90)
    elif kind == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(values[..., :3]).save(path, exif=exif)
    elif kind == "alpha":
        Image.fromarray(values).save(path)
    elif kind == "deep":
        Image.fromarray(values[..., 0].astype(np.uint16) * 257).save(path)
    elif kind == "palette":
        Image.fromarray(values[..., :3]).quantize(16).save(path)
    else:
        Image.fromarray(values[..., 0] if kind == "grey" else values[..., :3]).save(path)
    return path


@pytest.mark.parametrize("kind", ["rgb", "grey", "palette", "alpha", "deep", "turned", "jpeg"])
def test_a_picture_has_the_pixels_that_training_sees(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, kind)
    wanted = np.asarray(load_rgb(path)).astype(int)
    assert np.abs(pixels(path).astype(int) - wanted).max() <= (1 if kind == "alpha" else 0)


def test_picture_masks_and_confidence_come_together(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    picture = read(collection.entries[1], collection)
    assert (picture.width, picture.height) == SIZE
    assert picture.prediction is not None
    assert picture.truth is not None
    assert np.array_equal(picture.prediction, prediction(1))
    assert np.array_equal(picture.truth, truth(1))
    assert picture.confidence is not None
    assert picture.confidence[3, 3] == 204
    assert picture.entropy is None


@pytest.mark.parametrize("key", ["path", "prediction", "truth"])
def test_a_missing_file_is_a_sentence(tmp_path: Path, key: str) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    entry = {**collection.entries[0], key: str(tmp_path / "gone.png")}
    with pytest.raises(StudioError, match="not there"):
        read(entry, collection)


def test_a_mask_of_another_size_is_a_sentence(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    Image.open(collection.entries[0]["truth"]).resize((24, 16)).save(tmp_path / "small.png")
    with pytest.raises(InputError, match=r"48 × 32.*24 × 16"):
        read({**collection.entries[0], "truth": str(tmp_path / "small.png")}, collection)
    Image.open(collection.entries[0]["truth"]).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "small.png")
    with pytest.raises(InputError, match=r"48 × 32.*32 × 48.*camera's rotation"):
        read({**collection.entries[0], "truth": str(tmp_path / "small.png")}, collection)
    Image.new("L", (5, 5)).save(tmp_path / "small.png")
    with pytest.raises(InputError, match="confidence does not fit"):
        read({**collection.entries[0], "confidence": str(tmp_path / "small.png")}, collection)


def test_counts_by_hand(tmp_path: Path) -> None:
    """Picture 1: the border is 2 rows low (sky wins 2 x 47 px of road), and the car of 8 x 6 px is called road."""
    collection = Collection.of(evaluated(tmp_path), "run")
    counts = Counts.of(read(collection.entries[1], collection), 3)
    sky, road = 16 * 47, 16 * 47 - 48
    assert counts.found(0) == (sky, 94, 0)
    assert counts.found(1) == (road - 94, 48, 94)
    assert counts.found(2) == (0, 0, 48)
    assert counts.found(None) == (sky + road - 94, 94 + 48, -1)
    assert counts.ious() == [sky / (sky + 94), (road - 94) / (road + 48), 0.0]
    assert counts.shares(of_truth=True) == pytest.approx([0.5, road / (32 * 47), 48 / (32 * 47)])
    assert Counts().found(None) is None
    assert Counts().shares(of_truth=False) == []


def test_the_loader_tells_the_wanted_picture_alone_and_brings_its_neighbours(tmp_path: Path, qtbot: QtBot) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    loader, told = Loader(), list[int]()
    loader.loaded.connect(lambda place, _: told.append(place))
    loader.loaded.connect(loader.count)
    loader.show_collection(collection)
    loader.want(2)
    loader.want(0, [1])
    with qtbot.waitSignal(loader.counted):
        pass
    qtbot.waitUntil(lambda: 1 in loader._kept)
    assert told == [0]
    with qtbot.waitSignal(loader.loaded):
        loader.want(1)
    assert told == [0, 1]


def test_the_loader_keeps_no_more_than_its_memory(tmp_path: Path, qtbot: QtBot) -> None:
    loader = Loader(cache_bytes=1)
    loader.show_collection(Collection.of(evaluated(tmp_path), "run"))
    for place in (0, 1):
        with qtbot.waitSignal(loader.loaded):
            loader.want(place)
    assert list(loader._kept) == [1]


def test_the_loader_says_what_is_wrong(tmp_path: Path, qtbot: QtBot) -> None:
    document = evaluated(tmp_path)
    Path(document["images"][0]["path"]).write_bytes(b"")
    loader = Loader()
    loader.show_collection(Collection.of(document, "run"))
    with qtbot.waitSignal(loader.failed) as failed:
        loader.want(0)
    assert "empty" in str(failed.args[1])

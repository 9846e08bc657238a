"""Thumbnails: upright, cut right, the same colours as training sees, within a limit of memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tlstudio.gui.widgets.thumbnails import Thumbnails, decode


def _halves(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Left red, right blue."""
    out = Image.new("RGB", size, (0, 0, 255))
    out.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    return out


def _near(colour: QColor, rgb: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(colour.getRgb()[:3], rgb, strict=True))


@pytest.fixture
def loader(qtbot: QtBot) -> Iterator[Thumbnails]:
    made = Thumbnails()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tif", "a.ppm"])
def test_any_format_is_cut_to_a_square_from_its_middle(tmp_path: Path, name: str) -> None:
    _halves().save(tmp_path / name)
    image = decode(str(tmp_path / name), 20, True)
    assert image is not None
    assert (image.width(), image.height()) == (20, 20)
    assert _near(image.pixelColor(2, 10), (255, 0, 0))
    assert _near(image.pixelColor(17, 10), (0, 0, 255))


def test_a_picture_turned_by_the_camera_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    _halves((80, 40)).save(tmp_path / "a.jpg", exif=exif)
    image = decode(str(tmp_path / "a.jpg"), 40, False)
    assert image is not None
    assert (image.width(), image.height()) == (20, 40)
    assert _near(image.pixelColor(10, 5), (255, 0, 0))
    assert _near(image.pixelColor(10, 35), (0, 0, 255))


def test_cmyk_and_16_bit_look_as_training_sees_them(tmp_path: Path) -> None:
    _halves().convert("CMYK").save(tmp_path / "cmyk.jpg")
    Image.new("I;16", (30, 30), 40_000).save(tmp_path / "deep.tif")
    image, deep = decode(str(tmp_path / "cmyk.jpg"), 20, True), decode(str(tmp_path / "deep.tif"), 20, True)
    assert image is not None
    assert deep is not None
    assert _near(image.pixelColor(2, 10), (255, 0, 0))
    assert _near(deep.pixelColor(10, 10), (156, 156, 156))


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    Image.new("RGBA", (30, 30), (255, 0, 0, 0)).save(tmp_path / "a.png")
    image = decode(str(tmp_path / "a.png"), 10, True)
    assert image is not None
    assert _near(image.pixelColor(5, 5), (255, 255, 255))


def test_a_panorama_is_not_kept_larger_than_needed(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 20)).save(tmp_path / "a.png")
    image = decode(str(tmp_path / "a.png"), 50, True)
    assert image is not None
    assert (image.width(), image.height()) == (50, 50)


def test_it_arrives_later_and_is_kept(tmp_path: Path, loader: Thumbnails, qtbot: QtBot) -> None:
    path = str(tmp_path / "a.png")
    _halves().save(path)
    assert loader.pixmap(path, 16, 2.0) is None
    assert loader.busy
    qtbot.waitUntil(lambda: loader.pixmap(path, 16, 2.0) is not None)
    pixmap = loader.pixmap(path, 16, 2.0)
    assert pixmap is not None
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (32, 2.0)
    assert not loader.busy


def test_what_cannot_be_read_is_known_and_not_tried_again(tmp_path: Path, loader: Thumbnails, qtbot: QtBot) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("no picture")
    loader.pixmap(str(path), 16)
    qtbot.waitUntil(lambda: loader.failed(str(path), 16))
    assert loader.pixmap(str(path), 16) is None
    assert not loader.busy
    _halves().save(path)
    loader.forget()
    loader.pixmap(str(path), 16)
    qtbot.waitUntil(lambda: loader.pixmap(str(path), 16) is not None)


def test_memory_stays_within_the_limit(tmp_path: Path, qtbot: QtBot) -> None:
    loader = Thumbnails(cache_bytes=10 * 16 * 16 * 4)
    paths = [str(tmp_path / f"{i}.png") for i in range(25)]
    for path in paths:
        _halves().save(path)
        loader.pixmap(path, 16)
    qtbot.waitUntil(lambda: not loader.busy)
    assert 0 < loader.bytes_kept <= 10 * 16 * 16 * 4
    loader.close()


def test_closing_in_the_midst_of_work_ends(tmp_path: Path, qtbot: QtBot) -> None:
    loader = Thumbnails()
    for i in range(60):
        path = str(tmp_path / f"{i}.png")
        Image.new("RGB", (300, 300), (i, i, i)).save(path)
        loader.pixmap(path, 64)
    loader.close()
    assert not loader.busy
    assert loader.pixmap(str(tmp_path / "0.png"), 64) is None

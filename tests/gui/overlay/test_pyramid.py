"""The picture at smaller sizes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from tlstudio.gui.overlay.pyramid import Pyramid, Values, halved


def image(pixels: np.ndarray) -> QImage:
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], 4 * pixels.shape[1], QImage.Format.Format_RGB32).copy()


def test_each_pixel_is_the_average_of_four() -> None:
    pixels = np.array([[0xFF000000, 0xFF0000FF], [0xFF000001, 0xFF000100]], np.uint32)
    assert halved(pixels).tolist() == [[0xFF000040]]


def test_levels_halve_down_to_a_small_one() -> None:
    pyramid = Pyramid(image(np.full((500, 1001), 0xFF112233, np.uint32))).build()
    assert [level.shape for level in pyramid.levels] == [(500, 1001), (250, 501), (125, 251), (63, 126)]
    assert all((level == 0xFF112233).all() for level in pyramid.levels)


@pytest.mark.parametrize("form", [QImage.Format.Format_Grayscale8, QImage.Format.Format_RGB888, QImage.Format.Format_Indexed8])
def test_any_format_will_do(form: QImage.Format) -> None:
    grey = QImage(7, 5, QImage.Format.Format_RGB32)
    grey.fill(QColor(90, 90, 90))
    pyramid = Pyramid(grey.convertToFormat(form))
    assert (pyramid.levels[0] == 0xFF5A5A5A).all()


@pytest.mark.parametrize("zoom", [0.11, 0.25, 0.6, 1.7, 3.2])
def test_scaled_pieces_fit_together_without_a_seam(zoom: float) -> None:
    random = np.random.default_rng(0)
    pyramid = Pyramid(image(random.integers(0, 2**24, (300, 400), dtype=np.uint32) | np.uint32(0xFF000000))).build()
    width, height = int(400 * zoom), int(300 * zoom)
    whole = pyramid.scaled(zoom, (0, 0, width, height))
    x, y = width // 3, height // 2
    piece = pyramid.scaled(zoom, (x, y, width // 4, height // 4))
    off = np.abs(channels(whole[y : y + height // 4, x : x + width // 4]) - channels(piece))
    assert off.max() <= 3


def channels(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4).astype(int)


def test_maps_of_values_shrink_too() -> None:
    values = Values(np.tile(np.array([[0, 100], [100, 200]], np.uint8), (8, 8)))
    level, smaller = values.at(0.5)
    assert (level.shape, smaller) == ((8, 8), 2)
    assert (level == 100).all()
    assert values.at(3.0)[1] == 1

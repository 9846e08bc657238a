"""Masks over small pictures: the right class at the right place, the background clear, damaged files no trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask, blended, laid_over
from tlstudio.gui.widgets.thumbnails import decode

GREY = 100


def _image(width: int = 48, height: int = 32) -> QImage:
    out = QImage(width, height, QImage.Format.Format_RGB32)
    out.fill(QColor(GREY, GREY, GREY))
    return out


def _over(label: int) -> tuple[int, int, int]:
    """Half of the grey and half of the class's colour."""
    colour = theme.class_colour(label)
    return tuple((GREY * 128 + part * 128) >> 8 for part in (colour.red(), colour.green(), colour.blue()))  # type: ignore[return-value]


def _at(image: QImage, x: int, y: int) -> tuple[int, ...]:
    return tuple(image.pixelColor(x, y).getRgb()[:3])


@pytest.mark.usefixtures("qapp")
def test_each_class_has_its_colour_at_half_and_the_ground_stays_clear() -> None:
    labels = np.array([[0, 1], [2, 255]], np.uint8)  # of the quarters of the picture
    out = laid_over(_image(), labels, ["background", "leaf", "stem"])
    assert [_at(out, 5, 5), _at(out, 40, 5), _at(out, 5, 30), _at(out, 40, 30)] == [(GREY,) * 3, _over(1), _over(2), (GREY,) * 3]
    assert _at(laid_over(_image(), labels, ["sky", "leaf", "stem"]), 5, 5) == _over(0)


@pytest.mark.usefixtures("qapp")
def test_one_class_alone_and_classes_of_one_colour() -> None:
    labels = np.full((2, 2), 1, np.uint8)
    assert _at(laid_over(_image(), labels, ["a", "b"], solo=0), 5, 5) == (GREY,) * 3
    assert _at(laid_over(_image(), labels, ["background", "b"], solo=1), 5, 5) == _over(1)
    striped = laid_over(_image(), np.full((1, 1), 7, np.uint8), [str(i) for i in range(8)])
    assert len({_at(striped, x, 0) for x in range(12)}) == 2  # told from class 0 by its stripes


@pytest.mark.usefixtures("qapp")
def test_a_thumbnail_has_its_mask_and_a_damaged_mask_leaves_the_picture(scenes: dict[str, Any], tmp_path: Path) -> None:
    root = Path(scenes["root"])
    mask = Mask.of_json(str(root / "masks/5.png"), scenes["coding"])
    plain, masked = decode(str(root / "images/5.png"), 16, True), decode(str(root / "images/5.png"), 16, True, mask)
    assert plain is not None
    assert masked is not None
    assert _at(masked, 2, 8) == _at(plain, 2, 8)
    assert _at(masked, 13, 8) == _over(1)
    (tmp_path / "torn.png").write_bytes(b"no")
    torn = Mask.of_json(str(tmp_path / "torn.png"), scenes["coding"])
    assert blended(_image(), torn) is None
    assert decode(str(root / "images/5.png"), 16, True, torn) == plain


def test_a_mask_that_was_written_anew_is_another(tmp_path: Path, qapp: object) -> None:
    file = tmp_path / "m.png"
    file.write_bytes(b"1")
    before = Mask.own(str(file), ["a"])
    assert before == Mask.own(str(file), ["a"])
    import os

    os.utime(file, ns=(1, 1))
    assert before != Mask.own(str(file), ["a"])
    assert Mask.own(str(tmp_path / "gone.png"), ["a"]).stamp == 0

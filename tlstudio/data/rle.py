"""COCO's run lengths of a mask: how many pixels, column by column from the upper left, are outside, inside, outside and so on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def decode(counts: str | Sequence[int], height: int, width: int) -> NDArray[np.bool_]:
    """(height, width), True inside. counts: a list, or COCO's text of it. Raises ValueError where they do not add up to the size."""
    runs = np.asarray(unpacked(counts) if isinstance(counts, str) else counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or int(runs.sum()) != height * width:
        raise ValueError(f"the run lengths do not add up to {width} x {height} pixels")
    inside = np.arange(len(runs)) % 2 == 1
    flat = np.repeat(inside, runs)
    return flat.reshape(width, height).T


def unpacked(text: str) -> list[int]:
    """The run lengths in COCO's text: groups of 5 bits from the lowest, each plus 48 as a letter, bit 5 says that more follow, bit 4 of
    the last is the sign; from the fourth on they are differences to the one before the last (`rleFrString` of pycocotools).

    Raises ValueError for a text that ends too early or holds other letters.
    """
    runs: list[int] = []
    number = shift = 0
    for letter in text:
        group = ord(letter) - 48
        if not 0 <= group < 64:
            raise ValueError(f"{letter!r} is no letter of run lengths")
        number |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            number -= 1 << shift
        if len(runs) > 2:
            number += runs[-2]
        runs.append(number)
        number = shift = 0
    if shift:
        raise ValueError("the run lengths are cut short")
    return runs

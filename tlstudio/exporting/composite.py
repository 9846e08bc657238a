"""The picture with its mask laid over it, as one looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.data.masks import Coding, Labels
from tlstudio.exporting.format import Format, Work
from tlstudio.exporting.look import Look
from tlstudio.runs import write_atomic

Pixels = NDArray[np.uint8]
STRIPE, PERIOD = 3, 8
"""Pixels across a stripe, and from one to the next, along a row; in pictures of 900 pixels and more (shorter side) so many times larger
as 600 goes into that, rounded."""
_DARK = (16, 20, 26)
_BAND = 1 << 20  # pixels blended at a time


def blend(image: Pixels, labels: Labels, look: Look) -> Pixels:
    """image (H, W, 3) uint8 with labels (H, W) laid over it.

    out = round(image + a (colour - image)), halves to even, with a = opacity of the look times that of the class; pixels of classes
    that are not drawn, and of none, stay as they are. Of a hatched class, pixels with (x + y) mod PERIOD < STRIPE take the dark colour
    16, 20, 26 for their own. Outlines are opaque: pixels of a drawn class at most `contour` steps (to the side, up or down)
    from a pixel of another label; the edge of the picture is none.
    """
    out = np.empty_like(image)
    table = _table(look)
    unit = max(1, round(min(labels.shape) / 600))
    rows = max(1, _BAND // max(1, image.shape[1]))
    for top in range(0, len(image), rows):
        band = labels[top : top + rows]
        y, x = np.ogrid[top : top + len(band), 0 : image.shape[1]]
        kind = band.astype(np.uint16) + 256 * ((x + y) % (PERIOD * unit) < STRIPE * unit)
        for channel in range(3):
            out[top : top + rows, :, channel] = table[kind, image[top : top + rows, :, channel], channel]
    if look.contour:
        drawn = np.zeros(256, bool)
        drawn[: len(look.classes)] = [one.visible for one in look.classes]
        colours = np.zeros((256, 3), np.uint8)
        colours[: len(look.classes)] = [one.colour for one in look.classes]
        edge = _edge(labels, look.contour) & drawn[labels]
        out[edge] = colours[labels[edge]]
    return out


def painter(coding: Coding) -> Callable[[Pixels, Labels], Pixels]:
    """`blend` in the colours of those classes."""
    look = Look.from_json(None, [{"name": one.name, "colour": one.colour} for one in coding.classes])
    return lambda image, labels: blend(image, labels, look)


def _table(look: Look) -> Pixels:
    """(512, 256, 3): what becomes of each value of the picture; rows are labels, those from 256 on labels on a stripe."""
    values = np.arange(256, dtype=np.float64)[:, None]
    table = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 512, axis=0).repeat(3, axis=2)
    for label, one in enumerate(look.classes):
        if one.visible:
            for stripe, colour in ((0, one.colour), (256, _DARK if one.hatched else one.colour)):
                table[label + stripe] = np.rint(values + look.opacity * one.opacity * (np.array(colour) - values))
    return table


def _edge(labels: Labels, width: int) -> NDArray[np.bool_]:
    """Pixels at most `width` steps from one of another label."""
    near = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        one, other = _shifted(labels, axis)
        differ = one != other
        first, second = _shifted(near, axis)
        first |= differ
        second |= differ
    for _ in range(width - 1):
        grown = near.copy()
        for axis in (0, 1):
            (a, b), (into_a, into_b), (one, other) = _shifted(near, axis), _shifted(grown, axis), _shifted(labels, axis)
            same = one == other
            into_a |= b & same
            into_b |= a & same
        near = grown
    return near


def _shifted(pixels: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Views of all but the last and all but the first line."""
    return (pixels[:-1], pixels[1:]) if axis == 0 else (pixels[:, :-1], pixels[:, 1:])


def write(work: Work) -> None:
    """NAME.overlay.png, RGB, as `blend` makes it."""
    for picture in work.pictures():
        assert picture.image is not None
        image = Image.fromarray(blend(np.asarray(picture.image), picture.labels, work.look))
        path = work.place(f"{picture.name}.overlay.png")
        write_atomic(path, lambda file, image=image: image.save(file, "PNG", compress_level=3))  # type: ignore[misc]
        work.wrote(path)


FORMAT = Format(
    "composite",
    "Picture with overlay",
    "The picture with its mask in the colours and with the opacity chosen here, as PNG. For slides and reports.",
    write,
    lambda name, classes: [f"{name}.overlay.png"],
    images=True,
)

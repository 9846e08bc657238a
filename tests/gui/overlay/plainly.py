"""What a tile looks like, reckoned pixel by pixel and channel by channel: what the painting by groups of pixels has to come to."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor

from tlstudio.gui.overlay.colour_tables import RISING, Table, premultiplied
from tlstudio.gui.overlay.layers import border

Array = np.ndarray


def channels(colours: Array) -> Array:
    """(..., 4) of 0xAARRGGBB, from low to high."""
    return np.stack([colours >> np.uint32(8 * i) & np.uint32(255) for i in range(4)], -1).astype(int)


def packed(parts: Array) -> Array:
    return sum(parts[..., i].astype(np.uint32) << np.uint32(8 * i) for i in range(4))


def of_pixels(samples: Array, per: int) -> Array:
    """(h, w, per * per)."""
    return np.stack([samples[i::per, j::per] for i in range(per) for j in range(per)], -1)


def mean(colours: Array) -> Array:
    n = colours.shape[-1]
    return packed((channels(colours).sum(-2) + n // 2) // n)


def over(above: Array, below: Array) -> Array:
    a, b = channels(above), channels(below)
    rest = b * (255 - a[..., 3:])
    return packed(a + (rest + rest // 256 + 128) // 256)


def stripe(direction: int, opacity: float, ratio: float, place: tuple[int, int], x: int, y: int) -> int:
    period, width = 8.0 * ratio, 2.6 * ratio
    way = 1 if direction == RISING else -1
    across = x + way * y + round((place[0] + way * place[1]) % (4 * period))
    off = abs((across + 0.5) % period - period / 2)
    cover = round(255 * min(1.0, max(0.0, width / 2 - off + 0.5)))
    return premultiplied(QColor("#10141A"), 0.62 * opacity * cover / 255)


def tile(
    samples: Array, size: tuple[int, int], table: Table, place: tuple[int, int], ratio: float, *, per: int, margin: int, filled: bool
) -> list[Array]:
    """[fill, ink], (h, w) uint32; nothing drawn is 0. The rim is one pixel wide."""
    skip = slice(margin * per, -margin * per)
    inner, near = samples[skip, skip], border(samples, float(per))[skip, skip]
    codes = of_pixels(inner, per)
    fill = mean(table.fill[codes]) if filled else np.zeros(size, np.uint32)
    below = np.zeros(size, np.uint32)
    for y, x in np.ndindex(*size) if filled else ():
        kind = table.kinds[table.stripes[codes[y, x, 0]]]
        below[y, x] = stripe(*kind, ratio, place, x, y) if kind[0] else 0
    rims = mean(table.rim[of_pixels(np.where(near, inner, 255), per)])
    return [fill, np.where(of_pixels(near, per).any(-1), over(rims, below), below)]

"""Many small pictures on one: the kernels of a convolution, the maps of a layer. Written as PNG files into a folder of bounded size."""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio import places
from tlstudio.runs import cannot_write

_KEPT = 40  # files
_SMALLEST, _LARGEST = 28, 128  # pixels of a tile's longer side
_GAP = 2


def symmetric(tiles: NDArray[Any]) -> NDArray[np.uint8]:
    """(n, h, w) or (n, h, w, 3) of any range as uint8: each tile for itself, zero at the middle grey, its largest value at an end."""
    flat = tiles.reshape(len(tiles), -1)
    largest = np.maximum(np.abs(flat).max(1), 1e-12).reshape(-1, *[1] * (tiles.ndim - 1))
    return np.asarray(np.rint(127.5 + 127.5 * tiles / largest), dtype=np.uint8)


def stretched(tiles: NDArray[Any]) -> NDArray[np.uint8]:
    """(n, h, w) of any range as uint8: each tile for itself, from its smallest value (black) to its largest (white)."""
    flat = tiles.reshape(len(tiles), -1)
    low, high = flat.min(1).reshape(-1, 1, 1), flat.max(1).reshape(-1, 1, 1)
    return np.asarray(np.rint(255 * (tiles - low) / np.where(high > low, high - low, 1)), dtype=np.uint8)


def save(tiles: NDArray[np.uint8], *key: object) -> dict[str, Any]:
    """Draw (n, h, w) or (n, h, w, 3) uint8 on a grid: {file, n, columns, rows, tile: [width, height], gap}, lengths in pixels of the file.

    Tile i lies at column i % columns, row i // columns; what lies between tiles is transparent. key: what the picture shows; the same
    key is the same file. Only the newest files stay. Raises StudioError where it cannot be written.
    """
    n, height, width = tiles.shape[:3]
    longer = max(height, width)
    scale = max(1, math.ceil(_SMALLEST / longer)) if longer <= _LARGEST else _LARGEST / longer
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    columns = max(1, min(n, round(math.sqrt(n * size[1] / size[0]))))
    lines = math.ceil(n / columns)
    whole = Image.new("RGBA" if tiles.ndim == 4 else "LA", (columns * (size[0] + _GAP) - _GAP, lines * (size[1] + _GAP) - _GAP))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    for i, tile in enumerate(tiles):
        at = (i % columns * (size[0] + _GAP), i // columns * (size[1] + _GAP))
        whole.paste(Image.fromarray(np.ascontiguousarray(tile)).resize(size, how).convert(whole.mode), at)
    folder = places.cache() / "layers"
    file = folder / f"{hashlib.blake2b(repr(key).encode(), digest_size=12).hexdigest()}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole.save(file, compress_level=1)
    except OSError as error:
        raise cannot_write(folder, error) from None
    _thin_out(folder)
    return {"file": str(file), "n": n, "columns": columns, "rows": lines, "tile": list(size), "gap": _GAP}


def _thin_out(folder: Path) -> None:
    with suppress(OSError):  # another engine thins out the same folder
        for old in sorted(folder.glob("*.png"), key=lambda file: file.stat().st_mtime_ns, reverse=True)[_KEPT:]:
            old.unlink(missing_ok=True)

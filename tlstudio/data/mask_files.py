"""What a mask file holds before classes are known: numbers, numbers with a palette, or colours.

A palette's indices count, not its colours, whatever else the file says of transparency. Grey PNGs of 2 or 4 bits give the numbers in
the file, which Pillow spreads over 0..255.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.data import images, signatures
from tlstudio.data.images import ImageProblem

_DARK, _LIGHT = 32, 224
_WHOLE = 2**24  # up to here a float32 tells all whole numbers apart
_BLACK_AND_WHITE = 0.95  # share of pixels near either end from which on a JPEG was black and white


@dataclass(frozen=True, slots=True)
class RawMask:
    """values: (H, W) of an integer type, or (H, W, 3) uint8 colours. palette: (N, 3) uint8 where values are indices into one.

    lossy: saved in a way that changes values; mended: but it was black and white, so that what is neither could be put right.
    """

    values: NDArray[Any]
    palette: NDArray[np.uint8] | None = None
    lossy: bool = False
    mended: bool = False

    def numbers(self) -> NDArray[Any] | None:
        """(H, W); None for colours that are not all grey."""
        if self.values.ndim == 2:
            return self.values
        red = self.values[..., 0]
        grey = np.array_equal(red, self.values[..., 1]) and np.array_equal(red, self.values[..., 2])
        return red if grey else None

    def colours(self) -> NDArray[np.uint8]:
        """(H, W, 3): through the palette if there is one, numbers as greys."""
        if self.values.ndim == 3:
            return self.values
        if self.palette is not None and len(self.palette):
            through: NDArray[np.uint8] = self.palette[np.minimum(self.values, len(self.palette) - 1)]
            return through
        return np.repeat(np.clip(self.values, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def decode(path: Path, max_pixels: int) -> RawMask:
    """Raises ImageProblem as pictures do, and mask_value for fractions, which are no classes."""
    try:
        with path.open("rb") as stream:
            head = stream.read(signatures.HEAD_BYTES)
            stream.seek(0)
            image = images.decode(stream, path, max_pixels).image
    except (OSError, MemoryError) as error:
        raise images.no_access(path, error) from None
    palette = None
    if image.mode in ("P", "PA"):
        palette = np.frombuffer(bytes(image.getpalette("RGB") or b""), np.uint8).reshape(-1, 3)
    values = _values(image, head, path)
    if not _is_lossy(head):
        return RawMask(values, palette)
    mended = _black_and_white(values)
    return RawMask(values if mended is None else mended, None, lossy=True, mended=mended is not None)


def palette(path: Path) -> bytes | None:
    """The palette of a mask file, red, green and blue of each index; None where it has none, or cannot be read."""
    try:
        with Image.open(path) as image:
            return bytes(image.getpalette("RGB") or b"") if image.mode == "P" else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _values(image: Image.Image, head: bytes, path: Path) -> NDArray[Any]:
    if image.mode in ("P", "L", "1", "I") or image.mode.startswith("I;16"):
        values = np.asarray(image)
        if values.dtype == np.bool_:
            return values.astype(np.uint8)
        if image.mode == "L" and head[:4] == b"\x89PNG" and head[25] == 0 and head[24] in (2, 4):
            return values // np.uint8(255 // (2 ** head[24] - 1))
        return _narrow(values)
    if image.mode == "F":
        real = np.asarray(image)
        if not (np.abs(real) < _WHOLE).all() or (real != np.rint(real)).any():  # also where it is no number
            raise ImageProblem("mask_value", path, "The mask holds fractions, not classes", "Save it as PNG with whole numbers")
        return _narrow(real.astype(np.int64))
    if image.mode in ("LA", "La", "PA"):
        return np.asarray(image)[..., 0]
    if image.mode in ("RGBA", "RGBX", "RGB"):
        return np.asarray(image)[..., :3]
    try:
        return np.asarray(image.convert("RGB"))
    except ValueError as error:
        raise ImageProblem("unreadable", path, f"The mask's colours cannot be read ({error})", "Save it as PNG") from None


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """In bytes where they fit; in the machine's byte order in any case."""
    if values.dtype == np.uint8:
        return values
    low, high = int(values.min()), int(values.max())
    fitting = np.uint8 if low >= 0 and high <= 255 else np.uint16 if low >= 0 and high <= 65535 else np.int64
    return values.astype(fitting)


def _is_lossy(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff") or (head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8 ")


def _black_and_white(values: NDArray[Any]) -> NDArray[np.uint8] | None:
    """0 and 255 where a lossy file was black and white; None where it was something else."""
    grey = values if values.ndim == 2 else values.max(axis=2)
    least = values if values.ndim == 2 else values.min(axis=2)
    clear = (grey < _DARK) | (least >= _LIGHT)
    if 0 < grey.max() < _LIGHT or clear.mean() < _BLACK_AND_WHITE:
        return None
    return np.where(grey >= 128, np.uint8(255), np.uint8(0))


def counted(values: NDArray[Any]) -> dict[int, int]:
    """How many pixels have each value (colours `packed`), by rising value."""
    flat: NDArray[Any] = packed(values).ravel() if values.ndim == 3 else values.ravel()
    if flat.dtype == np.uint8:
        of_byte = np.bincount(flat, minlength=256)
        return {int(value): int(of_byte[value]) for value in np.flatnonzero(of_byte)}
    # Masks are made of runs: there are far fewer of them to sort than pixels.
    starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    lengths = np.diff(np.append(starts, len(flat)))
    found, which = np.unique(flat[starts], return_inverse=True)
    sums = np.bincount(which, weights=lengths)
    return {int(value): int(n) for value, n in zip(found, sums, strict=True)}


def packed(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Colours (..., 3) as one number each."""
    out: NDArray[np.uint32] = colours[..., 0].astype(np.uint32)
    for channel in (1, 2):  # in place: there may be 100 million
        np.left_shift(out, 8, out=out)
        np.bitwise_or(out, colours[..., channel], out=out)
    return out


def packed_one(value: int | tuple[int, int, int]) -> int:
    """A value of a mask as one number: itself, or the packed colour."""
    return value if isinstance(value, int) else value[0] << 16 | value[1] << 8 | value[2]


def unpacked(colour: int) -> tuple[int, int, int]:
    return colour >> 16, colour >> 8 & 255, colour & 255

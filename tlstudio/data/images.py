"""Pictures from outside, brought to one form: RGB, 8 bits a channel, upright. Or a sentence that says why that cannot be.

The format is told by a file's first bytes, never by its name, and only formats of pictures are opened (Pillow also reads PostScript and
fonts). The number of pixels is checked from the header, before a single pixel is unpacked.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from tlstudio.data import signatures
from tlstudio.errors import InputError
from tlstudio.recipe import MAX_PIXELS

_ORIENTATION = 0x0112  # EXIF tag 274
_UPRIGHT = {  # what undoes each EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# As many threads as there are processors may decode at once; of very large pictures only two, or they would fill the memory.
_LARGE_PIXELS = 24_000_000
_large = threading.BoundedSemaphore(2)
# Pillow warns of odd metadata (broken EXIF, unknown TIFF tags) that change no pixel. A message says what a user needs to know instead.
_QUIET: tuple[Any, ...] = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


class ImageProblem(InputError):
    """A picture that cannot be used.

    kind: unreadable, truncated, empty_file, not_image or bomb.
    sentence: what is the matter, without the path and without a full stop.
    """

    def __init__(self, kind: str, path: Path, sentence: str, do: str = "") -> None:
        self.kind, self.path, self.sentence = kind, path, sentence
        super().__init__(f"{path}: {sentence}", "", do)

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "type": InputError.__name__}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file. image: upright, in the file's own mode, perhaps at reduced scale; width, height: upright, at full scale."""

    image: Image.Image
    width: int
    height: int
    turned: bool


def load_rgb(path: Path, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None) -> Image.Image:
    """The picture as RGB uint8, upright; of an animation the first frame.

    Transparency is laid over white; 16-bit and other deep greys are scaled to 0..255, not clipped.
    at_least: a JPEG may be decoded at 1/2, 1/4 or 1/8 scale as long as its shorter side keeps that many pixels, which is faster.
    Raises ImageProblem.
    """
    try:
        with path.open("rb") as stream:
            return rgb_of(decode(stream, path, max_pixels, at_least), path)
    except (OSError, MemoryError) as error:
        raise no_access(path, error) from None


def load_rgb_and_digest(path: Path, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None) -> tuple[Image.Image, str]:
    """As `load_rgb`, with the BLAKE2b (hex) of the bytes that were decoded, as `Item.digest` has it."""
    try:
        content = path.read_bytes()
        image = rgb_of(decode(io.BytesIO(content), path, max_pixels, at_least), path)
    except (OSError, MemoryError) as error:
        raise no_access(path, error) from None
    return image, hashlib.blake2b(content, digest_size=16).hexdigest()


def no_access(path: Path, error: OSError | MemoryError) -> ImageProblem:
    """The problem for a file that the system does not hand out, or has no memory for: nothing that lasts."""
    if isinstance(error, MemoryError):
        return ImageProblem("unreadable", path, "There is not enough memory to decode the picture", "Make it smaller")
    if isinstance(error, FileNotFoundError):
        return ImageProblem("unreadable", path, "The file is not there (any more)", "Put it back, or scan the folder again")
    if isinstance(error, PermissionError):
        return ImageProblem("unreadable", path, "The file may not be read", "Change its permissions")
    return ImageProblem("unreadable", path, f"The file cannot be read ({error.strerror or error})")


def decode(stream: IO[bytes], path: Path, max_pixels: int, at_least: int | None = None) -> Picture:
    """Decode all of an open file, so that damage anywhere in it is found. path is for messages. Raises ImageProblem, MemoryError."""
    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels  # Pillow's own border, which also guards frames and tiles, must not be the lower one
    head = stream.read(signatures.HEAD_BYTES)
    if not head:
        raise ImageProblem("empty_file", path, "The file is empty (0 bytes)")
    signature = signatures.of(head)
    if signature is None:
        raise ImageProblem("not_image", path, "The file is not an image: its first bytes are those of no known image format")
    if not signature.supported:
        raise ImageProblem("unreadable", path, f"{signature.format} pictures cannot be read", "Convert it to JPEG or PNG")
    try:
        image: Image.Image = Image.open(stream, formats=[signature.format])
        if image.width * image.height > max_pixels:
            raise _bomb(path, image.width * image.height, max_pixels)
        return _load(image, at_least)
    except (ImageProblem, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        said = re.search(r"\((\d+) pixels\)", str(error))
        raise _bomb(path, int(said[1]) if said else 0, max_pixels) from None
    except Exception as error:  # a damaged file can make Pillow's decoders fail in any way: OSError, SyntaxError, struct.error, ...
        if "truncated" in str(error).lower() or signatures.cut_short(signature, stream):
            raise ImageProblem("truncated", path, "The picture is cut short: its last part is missing") from None
        detail = "" if isinstance(error, UnidentifiedImageError) else f" ({str(error).strip() or type(error).__name__})"
        raise ImageProblem("unreadable", path, f"The picture is damaged and cannot be decoded{detail}") from None


def _bomb(path: Path, pixels: int, max_pixels: int) -> ImageProblem:
    size = f"{pixels:,}" if pixels else "far"
    return ImageProblem(
        "bomb",
        path,
        f"The picture would unpack to {size} pixels, more than the limit of {max_pixels:,}",
        "Raise data.max_pixels if it is meant",
    )


def _load(image: Image.Image, at_least: int | None) -> Picture:
    size = image.size
    if at_least is not None:
        image.draft(None, (at_least, at_least))  # only JPEG heeds it; keeps both sides at or above
    is_tiff = image.format == "TIFF"  # Pillow turns TIFFs upright itself, when it loads them
    orientation = image.tag_v2.get(_ORIENTATION, 1) if is_tiff else 1  # type: ignore[attr-defined]
    with _large if image.width * image.height > _LARGE_PIXELS else contextlib.nullcontext():
        image.load()
    if not is_tiff:
        orientation = _orientation(image)
        if orientation in _UPRIGHT:
            image = image.transpose(_UPRIGHT[orientation])
            image.info = {}  # or whoever reads the orientation from it would turn it once more
            size = size[::-1] if orientation >= 5 else size
    return Picture(image, *size, turned=orientation in _UPRIGHT)


def _orientation(image: Image.Image) -> int:
    if not image.info.keys() & {"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"}:
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged metadata is no reason to lose the picture, and can fail in any way
        return 1
    return orientation if isinstance(orientation, int) else 1


def rgb_of(picture: Picture, path: Path) -> Image.Image:
    """As `to_rgb`. Raises ImageProblem for colours that Pillow cannot bring to RGB (LAB)."""
    try:
        return to_rgb(picture.image)
    except ValueError as error:
        raise ImageProblem("unreadable", path, f"The picture's colours cannot be read ({error})", "Convert it to RGB") from None


def to_rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB uint8: transparency over white, deep greys scaled to 0..255."""
    if image.mode[0] in "IF":
        return Image.fromarray(_scaled(np.asarray(image))).convert("RGB")
    if image.has_transparency_data or image.mode in ("La", "RGBa"):
        with_alpha = image.convert("RGBA")
        out = Image.new("RGB", image.size, (255, 255, 255))
        out.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return out
    return image if image.mode == "RGB" else image.convert("RGB")


def _scaled(grey: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Grey (H, W) of uint16, int32 or float32 as uint8.

    16-bit is divided by 257, so that 65535 becomes 255. Wider types say nothing of the range that is meant: the narrowest of 0..1
    (floats only), 0..255 (floats only) and 0..65535 that holds all values is taken, else the picture's own lowest and highest value.
    """
    if grey.dtype.itemsize == 2:
        return ((grey.astype(np.uint32) + 128) // 257).astype(np.uint8)
    real = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(real.min()), float(real.max())
    tops = (1.0, 255.0, 65535.0) if grey.dtype.kind == "f" else (65535.0,)
    top = next((t for t in tops if low >= 0 and high <= t), None)
    if top is None:
        real, top = real - low, high - low or 1.0
    scaled: np.ndarray[Any, Any] = np.rint(real * (255.0 / top)).astype(np.uint8)
    return scaled

"""Which image format a file has, told by its first bytes, and whether its end is missing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import IO

HEAD_BYTES = 32
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Signature:
    """format: Pillow's name of it. supported: Pillow can decode it."""

    format: str
    supported: bool = True


_JPEG, _PNG, _GIF, _WEBP, _TIFF, _BMP, _PPM = (Signature(name) for name in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM"))
_JPEG2000, _AVIF, _HEIC = Signature("JPEG2000"), Signature("AVIF"), Signature("HEIC", supported=False)
_STARTS = {
    b"\xff\xd8\xff": _JPEG,
    b"\x89PNG": _PNG,
    b"GIF87a": _GIF,
    b"GIF89a": _GIF,
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0": _TIFF,
    b"MM\0+": _TIFF,
    b"\0\0\0\x0cjP  ": _JPEG2000,
    b"\xff\x4f\xff\x51": _JPEG2000,
}
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes; two letters alone may begin any text


def of(head: bytes) -> Signature | None:
    """The signature of a file that begins with these (up to HEAD_BYTES) bytes; None for no image."""
    for start, signature in _STARTS.items():
        if head.startswith(start):
            return signature
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return _BMP
    if re.match(rb"P[1-6]\s+[#\d]", head):
        return _PPM
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in range(8, len(head), 4)}
        if brands & {b"avif", b"avis"}:
            return _AVIF
        if brands & {b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"}:
            return _HEIC
    return None


def cut_short(signature: Signature, stream: IO[bytes]) -> bool:
    """Whether the end that a file of this format has is missing. Formats that mark no end are never said to be cut short."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read()
    if signature is _JPEG:
        return b"\xff\xd9" not in tail
    if signature is _PNG:
        return b"IEND" not in tail
    if signature is _GIF:
        return b"\x3b" not in tail[-16:]
    if signature in (_WEBP, _BMP):
        at, extra = (4, 8) if signature is _WEBP else (2, 0)
        stream.seek(at)
        return int.from_bytes(stream.read(4), "little") + extra > size
    return False

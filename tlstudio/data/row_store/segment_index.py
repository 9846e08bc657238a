"""What lies where in a segment: a text file beside it, written once, when the segment is whole.

First line: "tlstudio rows VERSION CRC32", of the JSON behind it: {bytes, forms, keys, offsets, checks, row_forms}. bytes: size of the
segment file; forms: see RowForm; the others have one value a row; checks: CRC-32 of the row's values.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.data.row_store.row_form import RowForm

VERSION = 1
"""Part of the name of each store, too: a new one leaves the stores of older versions to be thrown away as the least recently used."""

_TITLE = "tlstudio rows"


@dataclass(frozen=True)
class SegmentIndex:
    nbytes: int
    forms: Sequence[RowForm] = ()
    keys: Sequence[str] = ()
    offsets: Sequence[int] = ()
    checks: Sequence[int] = ()
    row_forms: Sequence[int] = ()

    def encode(self) -> bytes:
        said = {
            "bytes": self.nbytes,
            "forms": [form.to_json() for form in self.forms],
            "keys": list(self.keys),
            "offsets": list(self.offsets),
            "checks": list(self.checks),
            "row_forms": list(self.row_forms),
        }
        body = json.dumps(said, separators=(",", ":")).encode()
        return f"{_TITLE} {VERSION} {zlib.crc32(body):08x}\n".encode() + body

    @classmethod
    def decode(cls, text: bytes) -> SegmentIndex:
        """Raises ValueError with what is the matter."""
        head, _, body = text.partition(b"\n")
        words = head.decode("ascii", "replace").rsplit(" ", 2)
        if words[0] != _TITLE or len(words) != 3:
            raise ValueError("is no index")
        if words[1] != str(VERSION):
            raise ValueError("is of another version")
        if words[2] != f"{zlib.crc32(body):08x}":
            raise ValueError("is damaged")
        try:
            said: dict[str, Any] = json.loads(body)
            forms = [RowForm.from_json(form) for form in said["forms"]]
            numbers = (array(code, said[key]) for key, code in (("offsets", "q"), ("checks", "L"), ("row_forms", "L")))
            index = cls(said["bytes"], forms, said["keys"], *numbers)
            last = [offset + forms[form].nbytes for offset, form in zip(index.offsets, index.row_forms, strict=True)]
            if not len(index.keys) == len(index.checks) == len(last) or max(last, default=0) > index.nbytes:
                raise ValueError
        except (ValueError, TypeError, KeyError, IndexError, OverflowError):
            raise ValueError("contradicts itself") from None
        return index

"""Rows on their way to the disk: streamed to a file of their own, seen by readers once they are whole."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from tlstudio.data.row_store import shelf
from tlstudio.data.row_store.row_form import ALIGNMENT, RowForm
from tlstudio.data.row_store.segment import HEAD, INDEX, PART, ROWS, Segment
from tlstudio.data.row_store.segment_index import SegmentIndex

if TYPE_CHECKING:
    import torch

_BUFFER = 1 << 20
_DIRECT = 1 << 16  # bytes from which on a value is not gathered with others before it is written
_SEGMENT = 256 << 20  # bytes after which rows are committed, and what a kill can lose
_ASK = 64 << 20  # bytes until the limit is looked at again


class Writer:
    """Add rows from any thread, then `commit`; as a context manager it commits at its end, whatever the end is: each row is whole.

    Memory: about a megabyte, and 200 bytes a row. Rows are committed by themselves every 256 MB. Never raises for a disk that
    is full or cannot be written, or for the limit of what is kept: then `add` returns False, `trouble` says so, for the user, and
    what was not committed may be lost, so that `RowStore.have` alone tells which rows are there.

    why: of the trouble, a clause ("the disk is full"); "" while there is none.
    """

    def __init__(self, folder: Path, adopt: Callable[[Segment], None], tell: Callable[[str], None], why: str = "") -> None:
        """folder: of the store. adopt: takes the segments that are whole. tell: is told the trouble. why: nothing can be kept there."""
        self._folder, self._adopt, self._tell = folder, adopt, tell
        self.why = why
        self._lock = threading.RLock()
        self._room = 0
        self._begin()

    @property
    def trouble(self) -> str:
        """Sentences for the user: why nothing more is kept; "" while all is well."""
        return shelf.cannot_keep(self._folder, self.why) if self.why else ""

    def add(self, key: str, tensors: Sequence[torch.Tensor]) -> bool:
        """Keep a row under a key, in place of one that is there; False where nothing more can be kept. tensors: of the CPU, any shapes.

        Raises TypeError for complex and quantised tensors.
        """
        form = RowForm.of(tensors)
        values, check = [_bytes(one) for one in tensors], 0
        for value in values:
            check = zlib.crc32(value, check)
        with self._lock:
            if self.why:
                return False
            try:
                if self._room < form.nbytes and not self._finds_room(form.nbytes):
                    self._finish()
                    self._give_up(shelf.no_room(shelf.limit()))
                    return False
                self._append(key, form, values, check)
                if self._end >= _SEGMENT:
                    self._finish()
            except OSError as error:
                self._give_up(error)
            return not self.why

    def commit(self) -> None:
        """What was added until now is kept, through a loss of power too, and can be read."""
        with self._lock:
            try:
                self._finish()
            except OSError as error:
                self._give_up(error)

    def discard(self) -> None:
        """Forget what was not committed."""
        with self._lock:
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.close()
                with contextlib.suppress(OSError):
                    self._path.with_suffix(PART).unlink()
            self._begin()

    close = discard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.commit()
        self.close()

    def __del__(self) -> None:
        self.discard()

    def _begin(self) -> None:
        self._file: io.FileIO | None = None
        self._path = Path()
        self._buffer = bytearray()
        self._end = 0
        self._rows: list[tuple[str, int, int, int]] = []
        self._forms: dict[RowForm, int] = {}

    def _append(self, key: str, form: RowForm, values: Sequence[memoryview], check: int) -> None:
        if self._file is None:
            self._path = self._folder / f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}{ROWS}"
            self._file = io.FileIO(self._path.with_suffix(PART), "x")
            self._put(HEAD)
        offset = self._end
        for value in values:
            self._put(value)
            if gap := -len(value) % ALIGNMENT:
                self._put(bytes(gap))
        self._rows.append((key, offset, check, self._forms.setdefault(form, len(self._forms))))
        self._room -= form.nbytes

    def _put(self, value: bytes | memoryview) -> None:
        self._end += len(value)
        if len(value) >= _DIRECT:
            self._flush()
            self._write(value)
            return
        self._buffer += value
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def _flush(self) -> None:
        if self._buffer:
            self._write(self._buffer)
            self._buffer = bytearray()

    def _write(self, value: bytes | bytearray | memoryview) -> None:
        assert self._file is not None
        rest = memoryview(value)
        while rest:
            rest = rest[self._file.write(rest) :]  # a disk that fills up takes a part first

    def _finish(self) -> None:
        """The segment is whole: on the disk before its name, its name before its index."""
        if self._file is None or not self._rows:
            return
        self._flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.with_suffix(PART).replace(self._path)
        index = SegmentIndex(self._end, list(self._forms), *zip(*self._rows, strict=True))
        try:
            shelf.put(self._path.with_suffix(INDEX), index.encode())
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        path = self._path
        self._begin()
        shelf.touch(self._folder)
        self._adopt(Segment(path, index))

    def _finds_room(self, nbytes: int) -> bool:
        """Others go before this store grows beyond the limit of all; whether that is enough."""
        cap = shelf.limit()
        self._flush()  # so that what is on the disk is all there is
        wanted = max(nbytes, min(_ASK, cap // 16))
        held = sum(shelf.usage().values())
        if held + wanted > cap:
            held -= shelf.trim(cap - wanted)
        self._room = min(wanted, cap - held)
        return self._room >= nbytes

    def _give_up(self, error: OSError | str) -> None:
        self.why = shelf.why_not(error) if isinstance(error, OSError) else error
        self._tell(self.trouble)
        self.discard()


def _bytes(tensor: torch.Tensor) -> memoryview:
    """The values of a tensor, row-major."""
    import torch

    if tensor.dtype == torch.bfloat16:  # numpy has none
        tensor = tensor.view(torch.int16)
    return np.ascontiguousarray(tensor.detach().numpy()).reshape(-1).view(np.uint8).data

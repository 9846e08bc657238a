"""One file of rows, opened for reading: as tensors over a memory map, or copied into memory. Each row is verified once."""

from __future__ import annotations

import mmap
import os
import threading
import weakref
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlstudio.data.row_store.row_form import ALIGNMENT, RowForm
from tlstudio.data.row_store.segment_index import SegmentIndex

if TYPE_CHECKING:
    import torch

ROWS, INDEX, PART = ".rows", ".index", ".part"
"""Ends of names: a segment, what lies where in it, and a segment that is being written."""

HEAD = b"tlstudio rows, see the index beside".ljust(ALIGNMENT)
"""The first bytes of the file; the first row begins behind them, aligned."""

_PIECES = 512  # buffers of one system call; systems take 1024 of them


class DamagedRow(Exception):
    """The bytes of a row are not those that were written. Never leaves the store."""


class Segment:
    """path: the file of rows. It is not opened before the first row is asked for."""

    def __init__(self, path: Path, index: SegmentIndex) -> None:
        self.path, self.index = path, index
        self._verified = bytearray(len(index.keys))
        self._file: int | None = None
        self._mapped: tuple[mmap.mmap, torch.Tensor] | None = None
        self._typed: dict[str, torch.Tensor] = {}
        self._lock = threading.RLock()

    def form(self, row: int) -> RowForm:
        return self.index.forms[self.index.row_forms[row]]

    def tensors(self, row: int) -> list[torch.Tensor]:
        """The row's tensors over the file: nothing is copied; writing to them would end the process.

        Raises DamagedRow; OSError where the file is gone.
        """
        held, _ = self._map()
        form, offset = self.form(row), self.index.offsets[row]
        if held.size() < offset + form.nbytes:  # cut meanwhile: touching what is gone would end the process
            raise DamagedRow
        if not self._verified[row]:
            with memoryview(held) as view:
                self._verify(row, (view[offset + part.start : offset + part.start + part.nbytes] for part in form.parts))
        return [
            self._as(part.dtype, part.itemsize).as_strided(part.shape, part.strides, (offset + part.start) // part.itemsize)
            for part in form.parts
        ]

    def copy_run(self, first: int, count: int, outs: Sequence[memoryview]) -> list[int]:
        """Copy `count` rows that lie one behind the other from row `first` on and have one form.

        outs: for each tensor of the form its bytes of all these rows. Returns the rows that are damaged. Raises OSError where the
        file is gone or cannot be read.
        """
        form = self.form(first)
        short = count == 1 and self._verified[first] and form.nbytes and not form.gaps
        if short and self._read(outs, self.index.offsets[first]) == form.nbytes:
            return []  # most rows of batches in random order
        own: list[Sequence[memoryview]] = [outs]
        if count > 1:
            sizes = [part.nbytes for part in form.parts]
            own = [[out[i * n : (i + 1) * n] for out, n in zip(outs, sizes, strict=True)] for i in range(count)]
        pieces = outs
        if form.gaps:
            gaps = [memoryview(bytearray(gap)) for gap in form.gaps]
            pieces = [piece for row in own for pair in zip(row, gaps, strict=True) for piece in pair]
        elif len(outs) > 1:
            pieces = [piece for row in own for piece in row]
        got = self._fill(pieces, self.index.offsets[first])
        there = got // form.nbytes if form.nbytes else count  # fewer where the file was cut meanwhile
        damaged = list(range(first + there, first + count))
        if all(self._verified[first : first + there]):
            return damaged
        for row, values in enumerate(own[:there], first):
            if not self._verified[row]:
                try:
                    self._verify(row, values)
                except DamagedRow:
                    damaged.append(row)
        return damaged

    def forget_pages(self) -> None:
        """The pages that were read no longer count as memory of this process; tensors over them stay right."""
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped[0].madvise(mmap.MADV_DONTNEED)

    def _verify(self, row: int, pieces: Iterable[memoryview]) -> None:
        check = 0
        for piece in pieces:
            check = zlib.crc32(piece, check)
        if check != self.index.checks[row]:
            raise DamagedRow
        self._verified[row] = 1

    def _fill(self, pieces: Sequence[memoryview], offset: int) -> int:
        """Read what follows offset into the pieces; the bytes that there were."""
        filled = 0
        for at in range(0, len(pieces), _PIECES):
            some = [piece for piece in pieces[at : at + _PIECES] if len(piece)]
            while some:
                got = self._read(some, offset + filled)
                if not got:
                    return filled
                filled += got
                while some and got >= len(some[0]):
                    got -= len(some.pop(0))
                if got:  # a system call may give less than was asked for
                    some[0] = some[0][got:]
        return filled

    def _read(self, pieces: Sequence[memoryview], offset: int) -> int:
        # Not through the map: what is read there counts as memory of this process, and a failing disk ends it.
        file = self._opened()
        if hasattr(os, "preadv"):
            return os.preadv(file, pieces, offset)
        with self._lock:
            os.lseek(file, offset, os.SEEK_SET)
            got = os.read(file, len(pieces[0]))
        pieces[0][: len(got)] = got
        return len(got)

    def _opened(self) -> int:
        if self._file is None:
            with self._lock:
                if self._file is None:
                    file = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
                    weakref.finalize(self, os.close, file)
                    self._file = file
        return self._file

    def _as(self, dtype: str, itemsize: int) -> torch.Tensor:
        """The whole file as values of that dtype."""
        if dtype not in self._typed:
            import torch

            values = self._map()[1]
            self._typed[dtype] = values[: len(values) // itemsize * itemsize].view(getattr(torch, dtype))
        return self._typed[dtype]

    def _map(self) -> tuple[mmap.mmap, torch.Tensor]:
        if self._mapped is None:
            with self._lock:
                if self._mapped is None:
                    try:
                        held = mmap.mmap(self._opened(), 0, access=mmap.ACCESS_READ)
                    except ValueError:  # nothing is left of the file
                        raise DamagedRow from None
                    self._mapped = held, _over(held)
        return self._mapped


class _Face:
    """An array over a map that numpy takes for writable: torch has no read-only tensors, and warns of such arrays."""

    def __init__(self, held: mmap.mmap) -> None:
        self.held = np.frombuffer(held, np.uint8)
        self.__array_interface__ = {"data": (self.held.ctypes.data, False), "shape": self.held.shape, "typestr": "|u1", "version": 3}


def _over(held: mmap.mmap) -> torch.Tensor:
    """All bytes of the map, uint8; the map lives as long as the tensor or a part of it."""
    import torch

    return torch.from_numpy(np.asarray(_Face(held)))

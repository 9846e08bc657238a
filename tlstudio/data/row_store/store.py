"""A store of rows: what is there by key, reading it, and what is the matter with it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio import places
from tlstudio.data.row_store import shelf
from tlstudio.data.row_store.segment import INDEX, PART, ROWS, DamagedRow, Segment
from tlstudio.data.row_store.segment_index import VERSION, SegmentIndex
from tlstudio.data.row_store.writer import Writer

if TYPE_CHECKING:
    import torch

_PAGES = 64 << 20  # bytes read through maps until their pages are given back
_ROWS = {"pictures": ("picture", "pictures"), "prefix": ("row", "rows")}  # what a user calls one, and many, of each kind


def open_store(kind: str, facts: Mapping[str, Any]) -> RowStore:
    """The store of rows that were made in one way, empty if it is new. Never raises for a disk that cannot be written.

    kind: one of KINDS. facts: JSON that tells all on which the values of the rows depend, but for the key; another fact, another store.
    """
    if kind not in shelf.KINDS:
        raise ValueError(f"no kind of store: {kind}")
    said = json.dumps({"version": VERSION, "kind": kind, "facts": dict(facts)}, sort_keys=True)
    return RowStore(places.cache() / kind / hashlib.blake2b(said.encode(), digest_size=16).hexdigest(), said)


class RowStore:
    """Use `open_store`. Threads may share one. As long as it lives (or until `close`) nobody deletes its files.

    folder: of the files. damaged: rows that were found damaged or cut off so far; they are absent from then on.
    """

    def __init__(self, folder: Path, facts: str) -> None:
        self.folder = folder
        self.damaged = 0
        self._why = ""  # nothing can be kept here
        self._told: list[str] = []
        self._use: shelf.Use | None = None
        self._segments: dict[str, Segment] = {}
        self._rows: dict[str, tuple[Segment, int]] = {}
        self._unreturned = 0
        self._enter(facts)
        self.refresh()

    @property
    def troubles(self) -> list[str]:
        """Sentences for the user: what is damaged, why nothing new can be kept."""
        one, many = _ROWS[self.folder.parent.name]
        lost = f"{self.damaged:,} kept {f'{one} was' if self.damaged == 1 else f'{many} were'} damaged and will be made again."
        return [*self._told, *([lost] if self.damaged else [])]

    def __len__(self) -> int:
        return len(self._rows)

    def have(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are there. Whether their rows are sound shows when they are read (`sound` reads them)."""
        return {key for key in keys if key in self._rows}

    def sound(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys whose rows are there and as they were written; each is read, once in the life of this object."""
        return {key for key in keys if self._readable(key)}

    def nbytes(self, keys: Iterable[str]) -> int:
        """Of the rows that are there: on the disk, and about as much in memory."""
        found = (self._rows[key] for key in keys if key in self._rows)
        return sum(segment.form(row).nbytes for segment, row in found)

    def read(self, key: str) -> list[torch.Tensor]:
        """The row's tensors over a read-only memory map: nothing is copied. Do not write to them, that would end the process.

        Raises KeyError where the row is absent, or damaged, which makes it absent.
        """
        segment, row = self._rows[key]
        try:
            tensors = segment.tensors(row)
        except (DamagedRow, OSError):
            self._lose(key, segment)
            raise KeyError(key) from None
        self._unreturned += segment.form(row).nbytes
        if self._unreturned > _PAGES:
            self._unreturned = 0
            for one in list(self._segments.values()):
                one.forget_pages()
        return tensors

    def stacked(self, keys: Sequence[str]) -> list[torch.Tensor]:
        """For each tensor of a row all of them as one (N, ...), copied into memory in the order of the keys; of no keys [].

        Rows that were added one behind the other are read at once. Raises KeyError where one is absent, or damaged, which makes all
        damaged ones of these absent; ValueError where rows differ in dtypes or shapes.
        """
        import torch

        rows = [self._rows[key] for key in keys]
        if not rows:
            return []
        form = rows[0][0].form(rows[0][1])
        if any(segment.form(row) is not form and segment.form(row) != form for segment, row in rows):
            raise ValueError("the rows differ in dtypes or shapes")
        out = [torch.empty((len(rows), *part.shape), dtype=getattr(torch, part.dtype)) for part in form.parts]
        whole = [(one.reshape(-1).view(torch.uint8).numpy().data, part.nbytes) for one, part in zip(out, form.parts, strict=True)]
        lost = []
        for first, end in _runs(rows):
            segment, row = rows[first]
            pieces = [values[first * n : end * n] for values, n in whole]
            try:
                lost += [first + damaged - row for damaged in segment.copy_run(row, end - first, pieces)]
            except OSError:
                lost += range(first, end)
        for at in lost:
            self._lose(keys[at], rows[at][0])
        if lost:
            raise KeyError(keys[lost[0]])
        return out

    def writer(self) -> Writer:
        """What it commits is in this store at once; other processes see it when they open theirs or `refresh`. Its trouble is ours."""
        return Writer(self.folder, self._adopt, self._tell, self._why)

    def refresh(self) -> None:
        """Take in what others committed since."""
        lost = set[str]()
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.glob(f"*{INDEX}")):  # by time: of rows that were written again the last counts
                if path.stem not in self._segments:
                    lost.update(self._take(path))
        self.damaged += len(lost - self._rows.keys())

    def close(self) -> None:
        """The rows are absent from now on, and may be deleted. Tensors that were read stay right."""
        self._rows.clear()
        self._segments.clear()
        if self._use is not None:
            self._use.end()

    def _enter(self, facts: str) -> None:
        try:
            with shelf.shelf_locked(self.folder.parent) as locked:
                self.folder.mkdir(parents=True, exist_ok=True)
                if locked and not shelf.in_use(self.folder):
                    self._sweep()
                self._use = shelf.Use(self.folder)
                if not (self.folder / shelf.FACTS).is_file():
                    shelf.put(self.folder / shelf.FACTS, facts.encode())
            shelf.touch(self.folder)
        except (OSError, NotImplementedError) as error:
            self._why = shelf.why_not(error) if isinstance(error, OSError) else str(error)
            self._tell(shelf.cannot_keep(self.folder, self._why))

    def _tell(self, sentences: str) -> None:
        if sentences not in self._told:
            self._told.append(sentences)

    def _sweep(self) -> None:
        """Remove what a killed process left half written."""
        for path in self.folder.iterdir():
            if path.suffix == PART or (path.suffix == ROWS and not path.with_suffix(INDEX).exists()) or path.name.startswith("."):
                path.unlink(missing_ok=True)

    def _take(self, path: Path) -> Sequence[str]:
        """Read an index; what it says is believed only as far as the file of rows reaches. The keys of what is cut off."""
        rows_path = path.with_suffix(ROWS)
        try:
            index = SegmentIndex.decode(path.read_bytes())
        except OSError:
            return ()
        except ValueError as problem:
            self._tell(f"A part of what was kept cannot be used: its index {problem}. It will be made again.")
            self._forget(path)
            return ()
        try:
            size = rows_path.stat().st_size
        except OSError:
            size = 0
        segment = Segment(rows_path, index)
        there = [row for row, offset in enumerate(index.offsets) if offset + segment.form(row).nbytes <= size]
        if there:
            self._adopt(segment, there)
        else:
            self._forget(path)
        return [index.keys[row] for row in set(range(len(index.keys))).difference(there)]

    def _adopt(self, segment: Segment, rows: Iterable[int] | None = None) -> None:
        self._segments[segment.path.stem] = segment
        keys = segment.index.keys
        self._rows.update((keys[row], (segment, row)) for row in (range(len(keys)) if rows is None else rows))

    def _forget(self, index: Path) -> None:
        for path in (index, index.with_suffix(ROWS)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _readable(self, key: str) -> bool:
        try:
            self.read(key)
        except KeyError:
            return False
        return True

    def _lose(self, key: str, segment: Segment) -> None:
        row = self._rows.get(key)
        if row is not None and row[0] is segment:  # else another thread was here, or it has been written again
            del self._rows[key]
            self.damaged += 1


def _runs(rows: Sequence[tuple[Segment, int]]) -> Iterator[tuple[int, int]]:
    """First and end of the stretches of rows that lie one behind the other in one file."""
    first = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or rows[i][0] is not rows[i - 1][0] or rows[i][1] != rows[i - 1][1] + 1:
            yield first, i
            first = i

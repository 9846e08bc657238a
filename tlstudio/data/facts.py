"""What one look at a file tells, and the memory of it, so that an unchanged file is not looked at twice."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Generic, Protocol, TypeVar

import PIL

from tlstudio import places
from tlstudio.data import images
from tlstudio.data.images import ImageProblem

_WHOLE = 32 << 20  # files up to here are read at once; larger ones are read twice, for the hash and for the pixels
# A new number forgets all that was remembered: for when the same file would be judged otherwise.
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """size, mtime_ns: the file's, as it was looked at; limit: the max_pixels it was looked at with.

    problem: "" or the kind of ImageProblem, sentence: the one that goes with it. width, height: upright; 0 with a problem.
    digest: BLAKE2b of the bytes, hex; "" with a problem. turned: the camera's orientation was undone.
    """

    size: int
    mtime_ns: int
    limit: int
    problem: str = ""
    sentence: str = ""
    width: int = 0
    height: int = 0
    digest: str = ""
    turned: bool = False

    def hold_for(self, size: int, mtime_ns: int, max_pixels: int) -> bool:
        """Whether another look at a file of that size and time, with that limit, could tell nothing else."""
        if (self.size, self.mtime_ns) != (size, mtime_ns):
            return False
        return self.limit >= max_pixels if self.problem == "bomb" else self.width * self.height <= max_pixels


def look(path: Path, max_pixels: int, known: Facts | None = None) -> Facts:
    """Read the file once: its hash, its size in pixels, whether all of it can be decoded; `known` itself if that still holds.

    Never raises for a bad file.
    """
    size = mtime_ns = 0
    try:
        state = path.stat()
        size, mtime_ns = state.st_size, state.st_mtime_ns
        if known is not None and known.hold_for(size, mtime_ns, max_pixels):
            return known
        with path.open("rb") as file:
            stream: BinaryIO = io.BytesIO(file.read()) if size <= _WHOLE else file
            return _examined(stream, path, size, mtime_ns, max_pixels)
    except ImageProblem as problem:
        return Facts(size, mtime_ns, max_pixels, problem.kind, problem.sentence)
    except (OSError, MemoryError) as error:
        # No time of change that a file can have: what is the matter may be mended without one, so this is not remembered.
        return Facts(size, -1, max_pixels, "unreadable", images.no_access(path, error).sentence)


def _examined(stream: BinaryIO, path: Path, size: int, mtime_ns: int, max_pixels: int) -> Facts:
    # At an eighth of the scale a JPEG's whole stream is still read, so that a missing end is found, but few pixels are made of it.
    picture = images.decode(stream, path, max_pixels, at_least=1)
    if picture.image.mode not in ("RGB", "L"):
        images.rgb_of(picture, path)
    stream.seek(0)
    digest = hashlib.blake2b(digest_size=16)
    while block := stream.read(1 << 20):
        digest.update(block)
    return Facts(size, mtime_ns, max_pixels, "", "", picture.width, picture.height, digest.hexdigest(), picture.turned)


class _File(Protocol):
    """What is remembered of a file: a dataclass of texts, numbers and truths."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


_F = TypeVar("_F", bound=_File)


class Memory(Generic[_F]):
    """What one look told of the files below one root, kept under the cache. Where that cannot be read or written, all is looked at anew.

    kind: the dataclass of what is told, Facts for pictures.
    """

    def __init__(self, root: Path, kind: type[_F]) -> None:
        said = f"{_VERSION}:{kind.__name__}:{PIL.__version__}:".encode() + os.fsencode(root)
        self._path = places.cache() / "scans" / f"{hashlib.blake2b(said, digest_size=16).hexdigest()}.sqlite"
        self._kind = kind
        self._names = [one.name for one in dataclasses.fields(kind)]

    def recall(self) -> dict[str, _F]:
        """All that is known, by path relative to the root."""
        try:
            with contextlib.closing(self._opened()) as store:
                return {os.fsdecode(path): self._kind(*columns) for path, *columns in store.execute("SELECT * FROM facts")}
        except (sqlite3.Error, OSError) as error:
            self._discard(error)
            return {}

    def keep(self, facts: Iterable[tuple[str, _F]]) -> None:
        """Add to what is known, or replace it."""
        rows = ((os.fsencode(path), *(getattr(f, name) for name in self._names)) for path, f in facts)
        self._change(f"INSERT OR REPLACE INTO facts VALUES (?{', ?' * len(self._names)})", rows)

    def forget(self, paths: Iterable[str]) -> None:
        """Files that are no longer there."""
        self._change("DELETE FROM facts WHERE path = ?", ((os.fsencode(path),) for path in paths))

    def _change(self, how: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """In one piece, or not at all."""
        try:
            with contextlib.closing(self._opened()) as store, store:
                store.executemany(how, rows)
        except (sqlite3.Error, OSError) as error:
            self._discard(error)

    def _discard(self, error: Exception) -> None:
        """Damaged, the next one begins afresh. An OperationalError is no damage: a full or read-only disk, somebody else at work."""
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        store = sqlite3.connect(self._path, timeout=2.0)
        try:
            columns = ", ".join(f'"{name}"' for name in self._names)
            store.execute(f"CREATE TABLE IF NOT EXISTS facts (path BLOB PRIMARY KEY, {columns}) WITHOUT ROWID")
            store.execute("PRAGMA synchronous = OFF")  # it can all be made again
        except sqlite3.Error:
            store.close()
            raise
        return store

"""All stores of this computer: what they take, the limit, and who goes first when there is no room. Needs no torch.

The least recently used store goes first, whole. One that is in use, here or in another process, is left alone: whoever uses a store
holds a file in it locked, and the lock ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlstudio import places
from tlstudio.errors import sentences
from tlstudio.quantities import size

KINDS = ("pictures", "prefix")
FACTS = "facts.json"
"""Tells in each store what its rows are; the time of its last change is that of the store's last use."""

_GB = 1_000_000_000
_MOST = 20 * _GB
_SHARE = 0.2  # of the room that there is for it
_KEY = "cache_gb"
_USER = ".user"
_GONE = ".gone-"
_WAIT = 10.0  # seconds for another process to look at the shelf; it needs milliseconds


@dataclass(frozen=True)
class Shelved:
    """A store on the disk. used: unix time of its last use. nbytes: of all its files."""

    kind: str
    folder: Path
    used: float
    nbytes: int


def stores(kind: str = "") -> list[Shelved]:
    """All, or those of one kind; the least recently used first."""
    found = []
    for one in (kind,) if kind else KINDS:
        for entry in _entries(places.cache() / one):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                folder = Path(entry.path)
                found.append(Shelved(one, folder, _changed(folder / FACTS), _size(folder)))
    return sorted(found, key=lambda store: store.used)


def usage() -> dict[str, int]:
    """Bytes by kind."""
    return {kind: sum(store.nbytes for store in stores(kind)) for kind in KINDS}


def limit() -> int:
    """Bytes that all stores together may take: `cache_gb` of the settings, else a fifth of the room there is, at most 20 GB."""
    said = _setting()
    if said is not None:
        return int(said * _GB)
    folder = next((path for path in (places.cache(), *places.cache().parents) if path.is_dir()), Path())
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return 0
    return min(_MOST, int(_SHARE * (free + sum(usage().values()))))


def trim(cap: int) -> int:
    """Delete the least recently used stores until all together take at most `cap` bytes; bytes freed. Those in use stay."""
    held = stores()
    total, freed = sum(store.nbytes for store in held), 0
    for store in held:
        if total - freed <= cap:
            break
        if _removed(store.folder):
            freed += store.nbytes
    return freed


def clear(kind: str = "") -> int:
    """Delete all stores, or those of one kind; bytes freed. Those in use stay."""
    return sum(store.nbytes for store in stores(kind) if _removed(store.folder))


@contextmanager
def shelf_locked(kind_folder: Path) -> Iterator[bool]:
    """Nobody else opens or deletes a store of this kind; False where that cannot be had (read-only, or no answer for long)."""
    from filelock import FileLock, Timeout

    lock = FileLock(kind_folder / ".lock")
    try:
        kind_folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_WAIT, poll_interval=0.01)
    except (Timeout, OSError, NotImplementedError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


class Use:
    """A store in use, until `end`, the end of this object or of the process. Nobody deletes it meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be written; then nothing can be deleted there either."""
        from filelock import FileLock

        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{_USER}"
        lock = FileLock(path, thread_local=False)  # it may end in another thread
        lock.acquire(blocking=False)
        self._end = weakref.finalize(self, _end_use, lock, path)

    def end(self) -> None:
        self._end()


def in_use(folder: Path) -> bool:
    """Whether somebody uses the store; what dead processes left is removed. Only while the shelf is locked."""
    from filelock import FileLock, Timeout

    used = False
    for entry in _entries(folder):
        if entry.name.endswith(_USER):
            lock = FileLock(entry.path)
            try:
                lock.acquire(blocking=False)
            except (Timeout, OSError, NotImplementedError):
                used = True
            else:
                _end_use(lock, Path(entry.path))
    return used


def put(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees all of it or nothing. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def cannot_keep(folder: Path, why: str) -> str:
    """The sentences for the user where a store takes no more rows. folder: of the store."""
    return sentences(f"Nothing more is kept in {folder.parent.parent}", why, "What is not kept is made anew each time")


def why_not(error: OSError) -> str:
    """Why a disk takes nothing more, as a clause."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the folder is read-only, or belongs to somebody else"
    return error.strerror or str(error)


def no_room(cap: int) -> str:
    """Why nothing more is kept where all stores may take so many bytes, as a clause."""
    if _setting() is None and cap < _MOST:
        return f"the disk has little room left, of which {size(cap)} may be used"
    return f"the limit of {size(cap)} is reached, and what is kept is in use"


def touch(folder: Path) -> None:
    """The store is used now."""
    with contextlib.suppress(OSError):
        os.utime(folder / FACTS)


def _removed(folder: Path) -> bool:
    """Delete a store that nobody uses; whether it is gone."""
    gone = folder.with_name(f"{_GONE}{secrets.token_hex(8)}")
    with shelf_locked(folder.parent) as locked:
        if not locked or in_use(folder):
            return False
        try:
            folder.rename(gone)  # at once, so that nobody opens half a store
        except OSError:
            return False
        for entry in _entries(folder.parent):  # this one, and what was not deleted before
            if entry.name.startswith(_GONE):
                shutil.rmtree(entry.path, ignore_errors=True)
    return not gone.exists()


def _end_use(lock: object, path: Path) -> None:
    lock.release()  # type: ignore[attr-defined]
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _setting() -> float | None:
    """`cache_gb` of the general section of the window's settings, where it is a number of at least 0."""
    try:
        lines = places.settings().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line.strip()
        name, _, value = line.partition("=")
        if section == "[General]" and name.strip() == _KEY:
            with contextlib.suppress(ValueError):
                gigabytes = float(value.strip().strip('"'))
                return gigabytes if 0 <= gigabytes < float("inf") else None
    return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _size(folder: Path) -> int:
    total = 0
    for entry in _entries(folder):
        with contextlib.suppress(OSError):
            total += entry.stat(follow_symlinks=False).st_size
    return total


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

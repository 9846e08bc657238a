"""Archives of images, unpacked once into the cache. What one says of itself is not believed: all is counted while it is written."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from tlstudio import places
from tlstudio.control import Control, Tell, silent
from tlstudio.data.report import Problem
from tlstudio.errors import InputError
from tlstudio.events import Progress
from tlstudio.runs import cannot_write

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAX_FILES = 1_000_000
MAX_FILE_BYTES = 4 << 30
MAX_BYTES = 256 << 30
# Pictures hardly shrink. Judged only above _RATIO_FROM bytes, since a few blank drawings may well be packed that tightly.
MAX_RATIO = 200
_RATIO_FROM = 64 << 20
_NOTE = "archive.json"
_CONTENT = "content"
_BLOCK = 1 << 20
_DAY = 86_400
_DECOMPRESSORS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
# What the system says of a file where a folder is, of a folder where a file is, and of names too long or of forbidden letters.
_NAMES = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError),
    *(struct.error, UnicodeError, IndexError, ValueError),  # of zipfile, for names and numbers that are none
)


def is_archive(path: Path) -> bool:
    """Told by the name."""
    return path.name.lower().endswith(_SUFFIXES)


def unpack(path: Path, *, tell: Tell = silent, control: Control | None = None) -> tuple[Path, list[Problem]]:
    """The folder with the archive's files, and what was left out of it (links and special files). Unpacked before: at once.

    Raises InputError for a damaged or encrypted archive, for one with a file that would land outside its folder, and for one that
    unpacks to more than it should; StudioError where the disk is full. Nothing stays behind then.
    """
    state = path.stat()
    said = f"{state.st_size}:{state.st_mtime_ns}:".encode() + os.fsencode(path.resolve())
    home = places.cache() / "archives"
    final = home / hashlib.blake2b(said, digest_size=16).hexdigest()
    note = final / _NOTE
    if (known := _noted(note)) is not None:
        return final / _CONTENT, known
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        temporary = Path(tempfile.mkdtemp(dir=home, prefix=".unpacking-"))
    except OSError as error:
        raise cannot_write(home, error) from None
    try:
        problems = _Unpacking(path, temporary / _CONTENT, tell, control).all()
        note_text = json.dumps({"source": str(path), "problems": [asdict(problem) for problem in problems]})
        (temporary / _NOTE).write_text(note_text, encoding="utf-8")
        try:
            temporary.replace(final)
        except OSError:
            if not final.exists():
                raise
            if _noted(note) is None:  # what a power loss, or a sweep of the cache, left; else somebody else unpacked it meanwhile
                left = temporary.with_name(f"{temporary.name}-left")
                final.replace(left)
                shutil.rmtree(left, ignore_errors=True)
                temporary.replace(final)
    except _BROKEN as error:
        raise InputError(f"The archive {path} is damaged", str(error), "Download or pack it again") from None
    except OSError as error:
        if isinstance(error, tarfile.ReadError | EOFError) or error.errno is None:
            raise InputError(f"The archive {path} is damaged", str(error), "Download or pack it again") from None
        if error.errno in _NAMES:
            raise InputError(
                f"The archive {path} cannot be unpacked here",
                f"it holds names that this computer cannot give to files ({error.strerror})",
                "Unpack it yourself, rename them, and open the folder",
            ) from None
        raise cannot_write(final, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return final / _CONTENT, problems


def _noted(note: Path) -> list[Problem] | None:
    """What was left out of an archive that is unpacked; None where it is not, or no more."""
    try:
        problems = [Problem(**problem) for problem in json.loads(note.read_text(encoding="utf-8"))["problems"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return problems if (note.parent / _CONTENT).is_dir() else None


def _sweep(home: Path) -> None:
    """Remove what a killed process left half unpacked."""
    for left in home.glob(".unpacking-*"):
        if time.time() - left.stat().st_mtime > _DAY:
            shutil.rmtree(left, ignore_errors=True)


class _StrictInfo(tarfile.TarInfo):
    """A damaged header is an error; tarfile itself takes any but the first for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # neither the zeros nor the nothing with which an archive ends
                raise tarfile.ReadError(str(error)) from None
            raise


class _Unpacking:
    """One archive on its way into a folder."""

    def __init__(self, path: Path, into: Path, tell: Tell, control: Control | None) -> None:
        self._path, self._into, self._tell, self._control = path, into, tell, control
        self._packed = path.stat().st_size
        self._files = self._bytes = 0
        self._start = self._told = time.monotonic()

    def all(self) -> list[Problem]:
        self._into.mkdir()
        with self._path.open("rb") as packed:
            members = self._of_zip(packed) if self._path.name.lower().endswith(".zip") else self._of_tar(packed)
            problems = []
            for name, content in members:
                to = self._place(name)
                if content is None:
                    said = "The archive holds a link or a special file here; it was not unpacked."
                    problems.append(Problem("link", f"{self._path}/{name}", said, "info"))
                else:
                    self._write(name, content, to, packed)
        return problems

    def _of_zip(self, packed: IO[bytes]) -> Iterator[tuple[str, IO[bytes] | None]]:
        with zipfile.ZipFile(packed) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    self._folder(member.filename)
                    continue
                if member.flag_bits & 1:
                    raise InputError(f"The archive {self._path} is protected by a password", "", "Unpack it yourself, and open the folder")
                kind = member.external_attr >> 16 & 0o170000
                if kind not in (0, 0o100000):  # a link or a device, packed on Unix
                    yield member.filename, None
                    continue
                with archive.open(member) as content:
                    yield member.filename, content

    def _of_tar(self, packed: IO[bytes]) -> Iterator[tuple[str, IO[bytes] | None]]:
        head = packed.read(6)
        packed.seek(0)
        stream: IO[bytes] = next((opened(packed) for magic, opened in _DECOMPRESSORS.items() if head.startswith(magic)), packed)
        with tarfile.open(fileobj=stream, mode="r:", tarinfo=_StrictInfo) as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # or a million members stay in memory
                if member.isdir():
                    self._folder(member.name)
                    continue
                yield member.name, archive.extractfile(member) if member.isreg() else None
            if stream.tell() <= archive.offset:  # tarfile takes the end of the file for the end of the archive
                raise tarfile.ReadError("its end is missing")
        while block := stream.read(_BLOCK):  # up to the checksum at the end, which else nobody would look at
            self._count(len(block))

    def _place(self, name: str) -> Path:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or parts[:1] == ("/",) or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise InputError(
                f"The archive {self._path} is not safe to unpack",
                f"it holds a file that would land outside its folder ({name})",
                "If you trust it, unpack it yourself, and open the folder",
            )
        return self._into.joinpath(*parts)

    def _folder(self, name: str) -> None:
        """A folder is made even if nothing is in it: an empty class is worth a word."""
        self._one_more()
        self._place(name).mkdir(parents=True, exist_ok=True)

    def _one_more(self) -> None:
        self._files += 1
        if self._files > MAX_FILES:
            raise self._too_much(f"more than {MAX_FILES:,} files")

    def _write(self, name: str, content: IO[bytes], to: Path, packed: IO[bytes]) -> None:
        self._one_more()
        to.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with to.open("wb") as file:
            while block := content.read(_BLOCK):
                self._count(len(block))
                size += len(block)
                if size > MAX_FILE_BYTES:
                    raise self._too_much(f"a file of more than {MAX_FILE_BYTES >> 30} GiB ({name})")
                file.write(block)
        self._say(min(packed.tell(), self._packed))

    def _count(self, size: int) -> None:
        if self._control is not None:
            self._control.check()
        self._bytes += size
        if self._bytes > MAX_BYTES:
            raise self._too_much(f"more than {MAX_BYTES >> 30} GiB")
        if self._bytes > max(_RATIO_FROM, MAX_RATIO * self._packed):
            raise self._too_much(f"{MAX_RATIO} times its own size, as only made-up data does")

    def _too_much(self, what: str) -> InputError:
        return InputError(f"The archive {self._path} unpacks to {what}", "", "If that is right, unpack it yourself, and open the folder")

    def _say(self, done: int) -> None:
        now = time.monotonic()
        if now - self._told >= 0.1:
            self._told = now
            per_second = max(1, done) / (now - self._start)
            left = (self._packed - done) / per_second
            remaining = (0.8 * left, 1.5 * left) if now - self._start >= 1 else None
            self._tell(Progress(phase="unpack", done=done, total=self._packed, unit="bytes", per_second=per_second, remaining=remaining))

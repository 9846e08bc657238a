"""The folder of a study: what was asked, who works on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlstudio import events, places, runs
from tlstudio.errors import InputError

KINDS = ("comparison", "sweep", "queue")
_VERSION = 1


class StudyFolder:
    """A study, and its folder. Cheap to make: reads nothing until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def name(self) -> str:
        return self.path.name

    @classmethod
    def create(cls, kind: str, name: str, *, title: str, question: str, asked: Mapping[str, Any]) -> StudyFolder:
        """Make the folder and write what is asked. name "": date and title. Raises InputError for a name that cannot be one or is taken."""
        if name and (name in (".", "..") or re.search(r'[/\\:*?"<>|\x00-\x1f]', name) or len(name) > 120):
            raise InputError(f"A study cannot be called '{name}'", "its name is that of its folder", "Take letters, digits and hyphens")
        slug = re.sub(r"[^\w-]+", "-", title).strip("-").lower()[:40] or kind
        path = places.studies() / (name or f"{time.strftime('%Y%m%d-%H%M%S')}-{slug}-{uuid.uuid4().hex[:4]}")
        made = cls(path)
        if made.exists():
            raise InputError(f"There is a study '{name}' already", "", "Name it otherwise, or go on with that one")
        said = {"version": _VERSION, "kind": kind, "title": title or path.name, "question": question, "asked": dict(asked)}
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise runs.cannot_write(path, error) from None
        made.write("study.json", {**said, "created": time.time()})
        return made

    @classmethod
    def open(cls, study: str | Path) -> StudyFolder:
        """The study of that folder or name. Raises InputError where there is none."""
        for path in (places.studies() / str(study), Path(study).expanduser()) if str(study) else ():
            if cls(path).exists():
                return cls(path)
        known = [one.name for one in all_studies()][:3]
        raise InputError(f"There is no study '{study}'", "", f"The newest are {', '.join(known)}" if known else "Compare something first")

    def exists(self) -> bool:
        return (self.path / "study.json").is_file()

    def said(self) -> dict[str, Any]:
        """{kind, title, question, asked, created}. Raises InputError where that is damaged or of a newer version."""
        said = self.read("study.json")
        if said is None or said.get("kind") not in KINDS or not isinstance(said.get("asked"), dict) or said.get("version") != _VERSION:
            raise InputError(f"What the study {self.name} asked cannot be read", "study.json is damaged, or of a newer version", "")
        return said

    def read(self, name: str) -> dict[str, Any] | None:
        try:
            said = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def write(self, name: str, said: Mapping[str, Any]) -> None:
        text = events.dumps(dict(said), indent=1) + "\n"
        runs.write_atomic(self.path / name, lambda file: file.write(text.encode()))

    @contextmanager
    def working(self, *, alone: bool = True) -> Iterator[None]:
        """Say that this process works on the study; that goes with the process, however it ends.

        alone: raise InputError where another one does.
        """
        from filelock import FileLock, Timeout

        path = self.path / (".lock" if alone else f".lock-{os.getpid()}-{uuid.uuid4().hex[:4]}")
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0.3, poll_interval=0.02)  # `is_live`, asked elsewhere, holds it for a moment
        except Timeout:
            raise InputError(f"The study {self.name} is being worked on right now", "", "Wait for it to end, or stop it") from None
        except OSError as error:
            raise runs.cannot_write(self.path, error) from None
        try:
            yield
        finally:
            lock.release()
            if not alone:
                path.unlink(missing_ok=True)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Read, change and write the queue as one step, whoever else does so."""
        from filelock import FileLock

        try:
            with FileLock(self.path / ".changing", timeout=30):
                yield
        except OSError as error:
            raise runs.cannot_write(self.path, error) from None

    def is_live(self) -> bool:
        """Whether a process works on it."""
        from filelock import FileLock, Timeout

        for path in self.path.glob(".lock*"):
            lock = FileLock(path)
            try:
                lock.acquire(blocking=False)
            except (Timeout, OSError):
                return True
            lock.release()
        return False

    def to_trash(self) -> Path:
        """Move the folder to the trash, not its runs; its place there. Raises InputError while it is worked on."""
        if self.is_live():
            raise InputError(f"The study {self.name} is being worked on right now", "", "Stop it first")
        to = places.trash() / f"{self.name}-{time.time_ns()}"
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path, to)
        except OSError as error:
            raise runs.cannot_write(self.path, error) from None
        return to


def all_studies() -> list[StudyFolder]:
    """Every study, newest first."""
    stamped = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(places.studies()):
            with contextlib.suppress(OSError):
                stamped.append(((Path(entry.path) / "study.json").stat().st_mtime_ns, entry.path))
    return [StudyFolder(Path(path)) for _, path in sorted(stamped, reverse=True)]

"""The folder of a study: what was asked, who works on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlstudio import events, places, runs
from tlstudio.control import Control
from tlstudio.errors import Busy, InputError, StudioError
from tlstudio.holding import Held, held, is_held

KINDS = ("comparison", "sweep", "queue")
Again = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_VERSION = 1


class StudyFolder:
    """A study, and its folder. Cheap to make: reads nothing until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def name(self) -> str:
        return self.path.name

    @classmethod
    def create(
        cls, kind: str, name: str, *, title: str, question: str, asked: Mapping[str, Any], again: Again | None = None
    ) -> StudyFolder:
        """Make the folder and write what is asked, as one step. name "": date and title.

        again: what a study of that name asks from now on, out of what `said` gives of it. Raises InputError for a name that cannot be one,
        and for one that is taken where `again` is None.
        """
        if name and (name in (".", "..") or re.search(r'[/\\:*?"<>|\x00-\x1f]', name) or len(name) > 120):
            raise InputError(f"A study cannot be called '{name}'", "its name is that of its folder", "Take letters, digits and hyphens")
        slug = re.sub(r"[^\w-]+", "-", title).strip("-").lower()[:40] or kind
        path = places.studies() / (name or f"{time.strftime('%Y%m%d-%H%M%S')}-{slug}-{uuid.uuid4().hex[:4]}")
        made = cls(path)
        said = {"version": _VERSION, "kind": kind, "title": title or path.name, "question": question, "asked": dict(asked)}
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise runs.cannot_write(path, error) from None
        with made.changing():
            if not made.exists():
                made.write("study.json", {**said, "created": time.time()})
            elif again is None:
                raise InputError(f"There is a study '{name}' already", "", "Name it otherwise, or go on with that one")
            else:
                before = made.said()
                made.write("study.json", {**before, "asked": dict(again(before))})
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
            what, why = f"What the study {self.name} asked cannot be read", "study.json is damaged, or of a newer version"
            raise InputError(what, why, "Begin a new study")
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

        alone: raise Busy where another one does, of this computer or of one that shares the folder.
        """
        path = self.path / (".lock" if alone else f".lock-{os.getpid()}-{uuid.uuid4().hex[:4]}")
        with contextlib.ExitStack() as stack:
            if not alone:
                stack.callback(path.unlink, missing_ok=True)
            try:
                stack.enter_context(held(path))
            except Held as other:
                where = f"on the computer {other.computer}" if other.computer else ""
                raise Busy(f"The study {self.name} is being worked on right now", where, "Wait for it to end, or stop it") from None
            except OSError as error:
                raise runs.cannot_write(self.path, error) from None
            yield

    @contextmanager
    def changing(self, lock: str = ".changing", *, patience: float = 30.0, control: Control | None = None) -> Iterator[None]:
        """Read, change and write what is in the folder as one step, whoever else does so.

        patience: seconds to wait for others. Raises StudioError where they take longer, Cancelled.
        """
        until = time.monotonic() + patience
        with contextlib.ExitStack() as stack:
            while True:
                if control is not None:
                    control.check()
                try:
                    stack.enter_context(held(self.path / lock))
                    break
                except Held as other:
                    if time.monotonic() >= until:
                        raise self._taken(other, patience) from None
                except OSError as error:
                    raise runs.cannot_write(self.path, error) from None
            yield

    def _taken(self, other: Held, patience: float) -> StudioError:
        where = f" on the computer {other.computer}" if other.computer else ""
        return StudioError(
            f"The study {self.name} is in the hands of another process",
            f"it has not let go of it for {patience:.0f} seconds{where}",
            "Nothing is lost: end that process if it hangs, then go on with the study",
        )

    def is_live(self) -> bool:
        """Whether a process works on it."""
        return any(map(is_held, self.path.glob(".lock*")))

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

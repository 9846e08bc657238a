"""The run folder: everything that a run leaves, readable with a plain script, and the only thing results are drawn from.

recipe.toml       what was asked for; written first, before torch is imported
events.jsonl      what happened, one event a line, append-only
best.safetensors  weights of the best epoch (the whole network)
last.ckpt         all that an exact resume needs
summary.json      what came out; written last, so that its presence says "finished"
receipt.json      versions, seeds, data hash, split lists
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tlstudio import events, places
from tlstudio.errors import Busy, InputError, StudioError
from tlstudio.events import Event
from tlstudio.events.turned import as_if_uninterrupted
from tlstudio.holding import Held, held, is_held
from tlstudio.recipe import Recipe


class Run:
    """One execution of a recipe, and its folder. Cheap to make: reads nothing until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.path / "last.ckpt"

    @classmethod
    def create(cls, recipe: Recipe, run_dir: Path | None = None) -> Run:
        """Make the folder (which must be absent or empty) and write the recipe into it.

        Raises InputError if it exists with something in it, StudioError where it cannot be written.
        """
        path, toml = run_dir if run_dir is not None else places.runs(), recipe.to_toml()
        try:
            if run_dir is None:
                path = _fresh_folder(path, recipe)
            elif path.is_dir() and any(path.iterdir()):
                raise InputError(f"The run folder {path} is not empty", "", "Name another folder, or an empty one")
            elif path.exists() and not path.is_dir():
                raise InputError(f"{path} is a file", "a run needs a folder of its own", "Name another folder")
            else:
                path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from None
        run = cls(path)
        run.write_text("recipe.toml", toml)
        sync_folder(path.parent)
        return run

    @classmethod
    def open(cls, run: str | Path) -> Run:
        """The run of that folder or name. Raises InputError where there is none."""
        if not str(run):
            raise InputError("No run is named", "its name is empty", "Give a run's folder or its name; 'tlstudio runs' lists them")
        for path in (Path(run).expanduser(), places.runs() / str(run)):
            if (path / "recipe.toml").is_file():
                return cls(path)
        known = [r.name for r in all_runs()][:3]
        raise InputError(f"There is no run '{run}'", "", f"The newest runs are {', '.join(known)}" if known else "Train a model first")

    def recipe(self) -> Recipe:
        return Recipe.load(self.path / "recipe.toml")

    def summary(self) -> dict[str, Any] | None:
        return self._json("summary.json")

    def receipt(self) -> dict[str, Any] | None:
        return self._json("receipt.json")

    def _json(self, name: str) -> dict[str, Any] | None:
        try:
            said = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def events(self) -> Iterator[Event]:
        """All events in order, as written; a torn last line (power loss) is passed over."""
        try:
            with (self.path / "events.jsonl").open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    try:
                        said = json.loads(line)
                    except ValueError:
                        continue
                    event = events.from_json(said) if isinstance(said, dict) else None
                    if event is not None:
                        yield event
        except OSError:
            return

    def history(self, *, saved: bool = False) -> list[Event]:
        """The events of the run as if it had never been interrupted: what a resume did again stands once.

        saved: as the last checkpoint knows the run, for one that is about to be resumed.
        """
        return as_if_uninterrupted(self.events(), saved=saved)

    def state(self) -> str:
        """finished, live (somebody holds its lock), or unfinished."""
        if self.summary() is not None:
            return "finished"
        return "live" if self.is_live() else "unfinished"

    def is_live(self) -> bool:
        return is_held(self.path / ".lock")

    @contextmanager
    def locked(self, *, everywhere: bool = True) -> Iterator[None]:
        """Hold the run for writing. The lock goes with the process, however that ends. Raises Busy if it is held.

        everywhere: also among the computers that share this disk, see `holding.held`.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(held(self.path / ".lock", everywhere=everywhere))
            except Held as other:
                where = f"on the computer {other.computer}" if other.computer else ""
                raise Busy(f"The run {self.name} is being trained right now", where, "Wait for it to end, or stop it") from None
            except OSError as error:
                raise cannot_write(self.path, error) from None
            yield

    def write_text(self, name: str, text: str) -> None:
        write_atomic(self.path / name, lambda file: file.write(text.encode()))
        sync_folder(self.path)

    def write_json(self, name: str, said: dict[str, Any]) -> None:
        self.write_text(name, events.dumps(said, indent=2) + "\n")

    def to_trash(self) -> Path:
        """Move the folder to the trash; its place there. Raises InputError while it is live."""
        if self.is_live():
            raise InputError(f"The run {self.name} is being trained right now", "", "Stop it first")
        to = places.trash() / f"{self.name}-{time.time_ns()}"
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path, to)
        except OSError as error:
            raise cannot_write(Path(error.filename or to), error) from None
        return to


def all_runs(root: Path | None = None) -> list[Run]:
    """Every run of the runs folder, newest first."""
    root = root or places.runs()
    try:
        found = [entry.path for entry in os.scandir(root) if entry.is_dir()]
    except OSError:
        return []
    stamped = []
    for path in found:
        try:
            stamped.append(((Path(path) / "recipe.toml").stat().st_mtime_ns, path))
        except OSError:
            continue
    return [Run(Path(path)) for _, path in sorted(stamped, reverse=True)]


def absolute(path: str | Path) -> Path:
    """The path with ~ expanded and made absolute, links left as they are. Raises InputError for an empty one."""
    if not str(path):
        raise InputError("A path is empty", "it would stand for the current folder", "Name a file or folder; '.' is the current folder")
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - Path.absolute keeps ..


def write_atomic(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part. Which of them after power loss is for
    `sync_folder` to settle.

    Raises StudioError with a sentence for a full disk or a folder that cannot be written; the old file is untouched then.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names onto the disk: a file that took another's place there (`write_atomic`) has done so for good, come what may.

    What cannot be done (Windows has no such call, some network disks refuse it) is left to the system.
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def cannot_write(path: Path, error: OSError) -> StudioError:
    """The sentence for a failed write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StudioError(
            f"The disk is full: {path} could not be written",
            "",
            "Make room there, or choose another place; what was saved before is intact",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StudioError(
            f"{path} cannot be written",
            "the folder is read-only, or belongs to somebody else",
            "Choose another folder, or change its permissions",
        )
    return StudioError(f"{path} cannot be written", error.strerror or str(error), "Choose another place")


def _fresh_folder(root: Path, recipe: Recipe) -> Path:
    """A new folder with a readable name: date, name of the recipe or of its data, strategy. No other process gets the same."""
    word = recipe.name or Path(recipe.data.path).stem or "run"
    slug = re.sub(r"[^\w-]+", "-", word, flags=re.UNICODE).strip("-").lower()[:40] or "run"
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{slug}-{recipe.frozen.strategy}"
    root.mkdir(parents=True, exist_ok=True)
    for n in range(1, 10_000):
        path = root / (stem if n == 1 else f"{stem}-{n}")
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
    raise StudioError(f"{root} holds too many runs of the same second", "", "Empty the trash or name a run folder")

"""Which files of a folder an export wrote, so that the next one replaces these and no others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from tlstudio.errors import InputError
from tlstudio.runs import cannot_write

NAME = ".exported.jsonl"


class Ledger:
    """A line is written after each file, with a hash of its bytes: a file that somebody changed since is theirs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}
        try:
            for line in (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    said = json.loads(line)
                    self._known[said["path"]] = said["digest"]
                except (ValueError, KeyError, TypeError):  # cut short by a loss of power
                    continue
        except OSError:
            return

    def check(self, names: Iterable[str]) -> None:
        """Raises InputError where one of those names is a file that no export wrote, or that was changed after it."""
        for name in names:
            path = self._folder / name
            if not path.exists() and not path.is_symlink():
                continue
            try:
                ours = self._known.get(name) == _digest(path)
            except OSError:
                ours = False
            if not ours:
                why = "it was changed after the export that wrote it" if name in self._known else "no export wrote it"
                raise InputError(f"{path} is there already and is kept", why, "Choose another folder, or move that file away")

    def wrote(self, path: Path) -> None:
        """Raises StudioError where that cannot be noted."""
        line = {"path": path.relative_to(self._folder).as_posix(), "digest": _digest(path)}
        try:
            with (self._folder / NAME).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise cannot_write(self._folder / NAME, error) from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

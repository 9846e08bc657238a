"""Recipes to train one after the other, on disk: what was begun and what came of it outlives a crash. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tlstudio.errors import InputError
from tlstudio.runs import Run
from tlstudio.studies.folder import StudyFolder

NAME = "queue.json"
STATES = ("waiting", "running", "done", "failed", "skipped")
DOINGS = ("skip", "take", "up", "down", "remove")


@dataclass(frozen=True)
class Entry:
    """One run to be. number: stays its own. run: the folder once it was begun. arm, share, seed: what it stands for in a comparison."""

    number: int = 0
    title: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    run: str | None = None
    state: str = "waiting"
    why: str = ""
    arm: str | None = None
    share: float | None = None
    seed: int | None = None
    value: float | None = None
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of a `study` document: all but the recipe."""
        said = asdict(self)
        del said["recipe"]
        return said

    def finished(self) -> bool:
        return self.run is not None and Run(Path(self.run)).summary() is not None


class Queue:
    """The queue in a study's folder. Any process may look and add; one at a time works on it, see `StudyFolder.working`."""

    def __init__(self, path: Path) -> None:
        self._folder = StudyFolder(path)

    def entries(self) -> list[Entry]:
        """In the order in which they are trained. Raises InputError where the file is damaged."""
        path = self._folder.path / NAME
        said = self._folder.read(NAME)
        if said is None and not path.exists():
            return []
        try:
            known = {one.name for one in fields(Entry)}
            return [Entry(**{key: value for key, value in one.items() if key in known}) for one in (said or {})["entries"]]
        except (KeyError, TypeError, AttributeError):
            raise InputError(f"The queue of the study {self._folder.name} is damaged", f"{path} cannot be read", "Begin anew") from None

    def add(self, entries: Iterable[Entry]) -> None:
        """Put them at the end, numbered."""
        self.fill(lambda there: entries)

    def fill(self, lacking: Callable[[list[Entry]], Iterable[Entry]]) -> None:
        """Put at the end what is lacking beside the entries that are there, as one step."""

        def filled(there: list[Entry]) -> list[Entry]:
            first = max((one.number for one in there), default=0) + 1
            return [*there, *(replace(one, number=first + n) for n, one in enumerate(lacking(there)))]

        self._change(filled)

    def next(self, but: Container[int] = ()) -> Entry | None:
        """What is to be trained now: what was begun before what waits. but: numbers to pass over."""
        entries = [one for one in self.entries() if one.number not in but]
        return next((one for state in ("running", "waiting") for one in entries if one.state == state), None)

    def update(self, number: int, **changes: Any) -> None:
        self._change(lambda there: [replace(one, **changes) if one.number == number else one for one in there])

    def mend(self, unjudged: Container[int] = ()) -> None:
        """Before work begins: what failed is tried again, and so is what was done but whose run is gone, or is to be judged once more.

        unjudged: the numbers of those.
        """

        def mended(one: Entry) -> Entry:
            if one.state == "failed":
                return replace(one, state="waiting", why="")
            if one.state == "done" and not one.finished():
                return replace(one, state="waiting", run=None, value=None, seconds=None)
            if one.state == "done" and one.number in unjudged:
                return replace(one, state="waiting")
            return one

        self._change(lambda there: [mended(one) for one in there])

    def change(self, number: int, do: str) -> None:
        """Skip an entry that waits, take a skipped or failed one back, move it up or down, or remove it. Raises InputError."""
        if do not in DOINGS:
            raise InputError(f"An entry of a queue cannot be told '{do}'", "", f"Take one of {', '.join(DOINGS)}")

        def changed(there: list[Entry]) -> list[Entry]:
            at = next((i for i, one in enumerate(there) if one.number == number), None)
            if at is None:
                raise InputError(f"The queue has no entry {number}", "", "Look at it again: it may have changed meanwhile")
            one = there[at]
            if one.state in (("running", "done") if do != "remove" else ("running",)):
                raise InputError(f"{one.title or f'Entry {number}'} is {one.state}", "", "Only what waits can be changed")
            if do == "remove":
                return there[:at] + there[at + 1 :]
            if do in ("skip", "take"):
                return [*there[:at], replace(one, state="skipped" if do == "skip" else "waiting", why=""), *there[at + 1 :]]
            to = max(0, at - 1) if do == "up" else min(len(there) - 1, at + 1)
            there[at], there[to] = there[to], there[at]
            return there

        self._change(changed)

    def _change(self, how: Callable[[list[Entry]], list[Entry]]) -> None:
        with self._folder.changing():
            before = self.entries()
            after = how(list(before))
            if after != before:
                self._folder.write(NAME, {"version": 1, "entries": [asdict(one) for one in after]})

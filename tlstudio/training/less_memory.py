"""Where memory is short, a run goes on with less at once: it says so, and keeps to that, as does a resume and whoever evaluates it."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import Any

from tlstudio.errors import StudioError
from tlstudio.events import Note
from tlstudio.runs import Run
from tlstudio.training.out_of_memory import about_windows, in_words
from tlstudio.training.place import Place
from tlstudio.training.setup import Setup


def pieces(run: Run, place: Place, setup: Setup, n: int, was: int, now: int) -> Generator[Note, None, int]:
    """Steps of n images go through the network `now` at once, which it gives back, `was` being too many."""
    yield Note(level="warn", message=in_words(setup, n, was, now))
    place.at_once = now
    _record(run, at_once=now)
    return now


def narrower(run: Run, place: Place, setup: Setup) -> Iterator[Note]:
    """Pictures are looked at through narrower windows than before, if so."""
    if (now := setup.windows.to_json()) == place.windows:
        return
    place.windows = now
    _record(run, windows=now)
    then = "the run is judged and evaluated so to its end, and its figures may differ slightly"
    yield Note(level="warn", message=about_windows(setup.device, setup.windows, then))


def _record(run: Run, **said: Any) -> None:
    with contextlib.suppress(StudioError):  # the place has it too; a full disk must not end what memory did not
        run.write_json("receipt.json", {**(run.receipt() or {}), **said})

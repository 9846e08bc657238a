"""What several ranks do before they train, each at its own pace: all wait until the last is done, and what one of them raises all raise."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing
from typing import TypeVar

from tlstudio.errors import StudioError
from tlstudio.events import Event
from tlstudio.training.board import Board

T = TypeVar("T")
_LOOK = 0.25  # seconds between two looks at how the others do

Work = Callable[[], Generator[Event, None, T]]
Heeding = Callable[[], AbstractContextManager[Callable[[], None]]]
"""A context in which this rank heeds what its process is told; gives what is to be called while it only waits."""


def agreed(board: Board, size: int, work: Work[T], heeding: Heeding) -> Generator[Event, None, T]:
    """Do the work, of which each rank has its own, perhaps `nothing`; over when all of them are done.

    An error of one is the error of all, the first where several have one; the others notice it between two of their events.
    """
    number = board.next()
    try:
        with heeding() as meanwhile:
            done = yield from _watched(board, number, work())
            board.done(number)
            board.wait(number, size, meanwhile)
    except GeneratorExit:  # whoever asked for the events has no more use for them, and will say why
        board.failed(number, StudioError("The first process could not go on"))
        raise
    except Exception as error:
        first = board.failed(number, error)
        if first is error:
            raise
        raise first from None
    return done


def nothing() -> Generator[Event, None, None]:
    """No work."""
    yield from ()


def _watched(board: Board, number: str, events: Generator[Event, None, T]) -> Generator[Event, None, T]:
    looked = time.monotonic()
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as ended:
                out: T = ended.value
                return out
            if time.monotonic() > looked + _LOOK:
                board.look(number)
                looked = time.monotonic()
            yield event

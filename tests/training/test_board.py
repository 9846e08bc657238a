"""What ranks leave for each other at the board: an error of one is the error of all, and nobody waits for ever. Here a rank is a thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist

from tlstudio.data.images import ImageProblem
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event, Note
from tlstudio.training import turns
from tlstudio.training.board import Board
from tlstudio.training.distributed import Failed, Lost
from tlstudio.training.rows import OutOfRange
from tlstudio.training.turns import agreed, nothing

Act = Callable[[Board, int], Any]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_LOOK", 0.0)


def _all(act: Act, size: int = 3) -> list[Any]:
    """What each rank came to, or the error that it raised."""
    store = dist.HashStore()
    boards = [Board(store, rank, size) for rank in range(size)]
    with ThreadPoolExecutor(size) as pool:
        acts = [pool.submit(act, board, rank) for rank, board in enumerate(boards)]
        return [one.exception(20) or one.result() for one in acts]


@contextmanager
def _heeding(check: Callable[[], None] = lambda: None) -> Iterator[Callable[[], None]]:
    yield check


def _work(rank: int, errors: dict[int, Exception], long: bool = False) -> Generator[Event, None, int]:
    for _ in range(3):
        yield Note(message="going on")
    if rank in errors:
        raise errors[rank]
    until = time.monotonic() + 10
    while long and time.monotonic() < until:  # until another one's trouble is heard
        time.sleep(0.001)
        yield Note(message="still going on")
    return rank


def _drained(events: Generator[Event, None, Any]) -> Any:
    while True:
        try:
            next(events)
        except StopIteration as ended:
            return ended.value


def test_each_does_its_work_and_goes_on_when_all_are_done() -> None:
    assert _all(lambda board, rank: _drained(agreed(board, 3, lambda: _work(rank, {}), _heeding))) == [0, 1, 2]


def test_an_error_of_one_is_the_error_of_all_and_of_two_errors_the_first() -> None:
    both = {1: OutOfRange(), 2: InputError("Too little", "so it is", "Take more")}

    def act(board: Board, rank: int) -> Any:
        return _drained(agreed(board, 3, lambda: _work(rank, both, long=True), _heeding))

    for _ in range(20):
        found = _all(act)
        assert len({type(error) for error in found}) == 1
        assert isinstance(found[0], OutOfRange | InputError)


def test_who_only_waits_hears_it_too_and_in_words_where_the_error_cannot_travel() -> None:
    error = ImageProblem("unreadable", Path("a.png"), "it went away", "Take it out")
    found = _all(lambda board, rank: _drained(agreed(board, 3, lambda: _work(rank, {1: error}) if rank == 1 else nothing(), _heeding)))
    assert found[1] is error
    for other in (found[0], found[2]):
        assert isinstance(other, InputError)
        assert str(other) == str(error)


def test_a_cancel_while_waiting_and_a_reader_that_is_gone_end_the_others() -> None:
    def cancelled() -> None:
        raise Cancelled("Cancelled")

    def act(board: Board, rank: int) -> Any:
        if rank == 0:
            return _drained(agreed(board, 3, nothing, lambda: _heeding(cancelled)))
        return _drained(agreed(board, 3, lambda: _work(rank, {}, long=True), _heeding))

    assert all(isinstance(error, Cancelled) for error in _all(act))

    def closed(board: Board, rank: int) -> Any:
        events = agreed(board, 3, lambda: _work(rank, {}, long=True), _heeding)
        if rank == 0:
            next(events)
            return events.close()
        return _drained(events)

    first, *others = _all(closed)
    assert first is None
    assert all("could not go on" in str(error) for error in others)


def test_a_run_that_fails_on_one_rank_fails_on_all_and_the_next_can_begin() -> None:
    def act(board: Board, rank: int) -> Any:
        if rank == 0:
            board.put_work({"run": 1})
        else:
            assert board.take_work(5.0) == {"run": 1}
        name = board.next()
        if rank == 1:
            board.tell_trouble(InputError("Too little", "so it is"))
            board.leave(True)
        else:
            with pytest.raises(Failed, match=r"failed\. Number 2: Too little: so it is") as failed:
                board.wait(name)
            assert not isinstance(failed.value, Lost)
            board.leave(True)
        if rank:
            return board.take_work(5.0)
        failed_on_some = board.all_left(5.0)
        board.put_work({"run": 2})
        return failed_on_some

    assert _all(act) == [True, {"run": 2}, {"run": 2}]


def test_who_fails_and_is_not_noticed_gives_up() -> None:
    def act(board: Board, rank: int) -> Any:
        if rank == 0:
            board.put_work({})
            return None  # hangs, as in a kernel on a card
        board.take_work(5.0)
        board.tell_trouble(StudioError("Too little"))
        board.leave(True)
        return board.take_work(0.05)

    assert isinstance(_all(act, 2)[1], Lost)

    def other(board: Board, rank: int) -> Any:
        if rank:
            return board.take_work(5.0) and None
        board.put_work({"run": 1})
        board.leave(True)
        return board.all_left(0.05)

    assert isinstance(_all(other, 2)[0], Lost)

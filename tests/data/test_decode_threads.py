from __future__ import annotations

import pytest

from tlstudio.data.decode_threads import DecodeThreads


def settled(seconds: dict[int, float], most: int = 8, first: int = 2) -> tuple[int, list[int]]:
    """What is settled upon where a picture takes so long by the number of threads, and what was tried."""
    threads, tried = DecodeThreads(most, first), []
    for _ in range(200):
        if threads.settled:
            break
        if threads.now not in tried:
            tried.append(threads.now)
        threads.took(10, 10 * seconds[threads.now])
    assert threads.settled
    return threads.now, tried


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        ({0: 8, 1: 8, 2: 4, 4: 2, 8: 1}, 8),
        ({0: 1, 1: 2, 2: 3, 4: 4, 8: 5}, 0),
        ({0: 3, 1: 1, 2: 2, 4: 3, 8: 5}, 1),
        ({0: 5, 1: 3, 2: 1, 4: 2, 8: 3}, 2),
    ],
)
def test_the_fastest_number_is_found(seconds, best):
    assert settled(seconds)[0] == best


def test_a_small_gain_changes_nothing():
    assert settled({0: 1.0, 1: 0.98, 2: 1.0, 4: 0.97, 8: 0.9})[0] == 2


def test_what_cannot_be_better_is_not_tried():
    assert settled({0: 9, 1: 2, 2: 1, 4: 2, 8: 9})[1] == [2, 4, 1]


def test_batches_that_were_made_before_a_change_do_not_count():
    threads = DecodeThreads(2)
    for _ in range(2):
        threads.took(1, 1000.0)
    for _ in range(3):
        threads.took(1, 1.0)
    assert threads.now == 1
    for _ in range(2):
        threads.took(1, 0.0)
    for _ in range(3):
        threads.took(1, 2.0)
    assert threads.settled
    assert threads.now == 2


def test_one_core():
    assert settled({0: 1, 1: 2}, most=1) == (0, [1, 0])

"""Sentences for deaths and exceptions."""

from __future__ import annotations

import errno

import pytest

from tlstudio.engine.failures import died, explain
from tlstudio.errors import InputError


@pytest.mark.parametrize(
    ("code", "windows", "part"),
    [
        (-9, False, "was killed"),
        (-11, False, "segmentation fault"),
        (-4, False, "processor may be too old"),
        (143, False, "ended from outside"),
        (-63, False, "signal 63"),
        (0, False, "exit code 0"),
        (0xC0000005, True, "segmentation fault"),
        (3, True, "gave up"),
        (3, False, "exit code 3"),
    ],
)
def test_died(code: int, windows: bool, part: str) -> None:
    error = died(code, "the log", windows=windows)
    assert part in str(error)
    assert error.do
    assert error.details == "the log"


def test_an_abort_for_lack_of_memory_says_so() -> None:
    assert "ran out of memory" in str(died(-6, "terminate called after throwing an instance of 'std::bad_alloc'"))


def test_explain_keeps_errors_that_are_sentences_already() -> None:
    error = InputError("No")
    assert explain(error, "job") is error


def test_explain_a_full_disk_and_torchs_allocator() -> None:
    full = explain(OSError(errno.ENOSPC, "No space left on device", "/runs/x"), "train")
    assert "The disk is full: /runs/x could not be written" in str(full)
    assert "out of memory" in str(explain(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "train"))

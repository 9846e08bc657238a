from __future__ import annotations

import numpy as np
import pytest
import torch

from tlstudio.training import memory
from tlstudio.training.memory import PeakMemory

MB = 1_000_000


@pytest.mark.parametrize("recorded", [True, False])
def test_what_was_used_and_let_go_is_seen(monkeypatch: pytest.MonkeyPatch, recorded: bool) -> None:
    if not recorded:
        monkeypatch.setattr(memory, "_reset_record", lambda: False)
    with PeakMemory(torch.device("cpu")) as peak:
        before = peak.bytes()
        block = np.ones(120 * MB, np.uint8)
        for _ in range(20):
            block += 1  # takes its time, so that a look falls into it
        del block
        assert peak.bytes() - before > 100 * MB


def test_earlier_work_does_not_count() -> None:
    block = np.ones(200 * MB, np.uint8)
    with PeakMemory(torch.device("cpu")) as peak:
        high = peak.bytes()
    del block
    with PeakMemory(torch.device("cpu")) as peak:
        assert high - peak.bytes() > 150 * MB


@pytest.mark.parametrize("recorded", [True, False])
def test_what_was_used_before_can_be_forgotten(monkeypatch: pytest.MonkeyPatch, recorded: bool) -> None:
    if not recorded:
        monkeypatch.setattr(memory, "_reset_record", lambda: False)
    with PeakMemory(torch.device("cpu")) as peak:
        block = np.ones(200 * MB, np.uint8)
        high = peak.bytes()
        del block
        peak.afresh()
        assert high - peak.bytes() > 150 * MB


def test_nobody_watches_for_a_run_that_broke_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_reset_record", lambda: False)
    peak = PeakMemory(torch.device("cpu"))
    thread = peak._thread
    assert thread is not None
    del peak
    thread.join(5.0)
    assert not thread.is_alive()

"""Engines whose child runs `fake_jobs`, closed at the end; nothing of them may be left."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tlstudio.engine.client import Engine


@pytest.fixture(autouse=True)
def fake_jobs_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in (str(Path(__file__).parent), os.environ.get("PYTHONPATH")) if p))


@pytest.fixture
def engine() -> Iterator[Engine]:
    threads = set(threading.enumerate())
    files = open_files()
    engine = Engine("test", jobs="fake_jobs")
    yield engine
    engine.close(grace=0.2)
    assert set(threading.enumerate()) <= threads, "a thread was left"
    assert [child for child in psutil.Process().children() if "tlstudio.engine.child" in child.cmdline()] == [], "a child was left"
    assert open_files() <= files, "a descriptor was left open"


def open_files() -> int:
    return psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0


def gone(pid: int, within: float = 20.0) -> bool:
    """Whether that process ends in time. A zombie of somebody else's counts as ended."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False

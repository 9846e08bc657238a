"""Jobs in the foreground: events, errors, Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tlstudio.engine import environment
from tlstudio.engine.foreground import run_here, run_job
from tlstudio.errors import InputError
from tlstudio.events import Event, Progress

FOREGROUND = """
import sys
from tlstudio.engine.foreground import run_job
from tlstudio.errors import StudioError
def tell(event):
    print(event.kind, getattr(event, "message", ""), flush=True)
try:
    print("result", run_job({job!r}, {{"n": 100000, "pause": 0.01}}, tell, jobs="fake_jobs"))
except StudioError as error:
    print("error", type(error).__name__)
"""


def test_run_job_forwards_events_and_returns_the_document() -> None:
    told: list[Event] = []
    assert run_job("count", {"n": 20}, told.append, jobs="fake_jobs") == 20
    assert [event.done for event in told if isinstance(event, Progress)] == list(range(1, 21))
    with pytest.raises(InputError):
        run_job("fail", {"kind": "input"}, jobs="fake_jobs")


def test_run_here_needs_no_child_and_jobs_get_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    assert run_here("echo", {"word": "x"}, jobs="fake_jobs") == {"word": "x"}
    assert run_here("facts", {}, jobs="fake_jobs")["pid"] == os.getpid()
    assert run_job("facts", {}, jobs="fake_jobs")["pid"] != os.getpid()


def test_a_rank_of_torchrun_works_in_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(environment, "_MALLOPT", {})  # this process goes on with other tests
    os.environ["LOCAL_RANK"] = "0"
    assert run_job("facts", {}, jobs="fake_jobs")["pid"] == os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
@pytest.mark.parametrize(
    ("job", "presses", "ends"),
    [
        ("train_longer", 1, "result "),
        ("train", 2, "error Cancelled"),
        ("count", 1, "error Cancelled"),
        ("train_deaf", 2, "error Cancelled"),
    ],
)
def test_ctrl_c_stops_training_then_cancels(job: str, presses: int, ends: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOREGROUND.format(job=job)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("progress")
        notes = 0
        for press in range(presses):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: parent and child alike
            if press + 1 < presses:
                while not process.stdout.readline().startswith("note"):
                    pass
                notes += 1
        said = process.stdout.read().strip().splitlines()
        errors = process.stderr.read()
    assert said[-1].startswith(ends), said[-3:]
    assert errors == ""

"""The child's side: its surroundings, and that it does not outlive its parent."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tlstudio.engine import child, environment
from tlstudio.engine.client import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")

PARENT = """
import sys, time
from tlstudio.engine.client import Engine
engine = Engine("orphan", jobs="fake_jobs")
job = engine.request({job!r}, {args!r})
job.wait()
print(engine.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(("job", "args"), [("deaf", {"seconds": 60}), ("count", {"n": 100_000, "pause": 0.001})])
def test_the_child_ends_when_its_parent_is_killed(job: str, args: dict[str, float]) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT.format(job=job, args=args)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.02)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_the_child_ends_when_its_parent_dies_in_mid_sentence() -> None:
    with subprocess.Popen(environment.command("fake_jobs"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(b'{"id": 1, "job": "cou')
        child.stdin.close()
        assert child.wait(20) == 0


def test_a_child_that_rests_gives_back_what_torch_holds_of_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    class Card:
        there, emptied = False, 0

        def is_initialized(self) -> bool:
            return self.there

        def empty_cache(self) -> None:
            self.emptied += 1

    card = Card()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=card))
    child.give_back()
    assert card.emptied == 0  # to ask a card that nobody used would take up room on it
    card.there = True
    child.give_back()
    assert card.emptied == 1
    monkeypatch.delitem(sys.modules, "torch")
    child.give_back()
    monkeypatch.setattr(child, "_REST", 0.01)
    monkeypatch.setattr(child, "give_back", lambda: loop._waiting.put({"id": 1, "job": "after"}))
    loop = child.Loop(io.BytesIO(), child.Stream(os.open(os.devnull, os.O_WRONLY)))
    assert loop._next()["job"] == "after"


def test_the_child_is_modest_and_stays_in_its_parents_group(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the current folder was on the path')")
    monkeypatch.chdir(tmp_path)
    facts = engine.request("facts").result(20)
    assert facts["nice"] == min(19, os.nice(0) + 10)
    assert facts["group"] == os.getpgid(0)
    assert facts["omp"] == "PASSIVE"
    assert facts["path0"] != str(tmp_path)
    assert facts["pid"] == engine.pid


def test_what_the_user_set_is_kept() -> None:
    out = environment.for_child({"OMP_WAIT_POLICY": "ACTIVE", "MALLOC_TRIM_THRESHOLD_": "1", "OTHER": "x"})
    assert out["OMP_WAIT_POLICY"] == "ACTIVE"
    assert out["MALLOC_TRIM_THRESHOLD_"] == "1"
    assert out["OTHER"] == "x"
    assert out["PYTHONFAULTHANDLER"] == "1"


def test_memory_is_kept_and_in_large_pages() -> None:
    out = environment.for_child({})
    if sys.platform == "linux":
        assert int(out["MALLOC_MMAP_THRESHOLD_"]) >= 1 << 28
        assert int(out["MALLOC_TRIM_THRESHOLD_"]) > int(out["MALLOC_MMAP_THRESHOLD_"])
        assert out["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"
        assert environment.for_child({"GLIBC_TUNABLES": "glibc.malloc.check=3"})["GLIBC_TUNABLES"] == "glibc.malloc.check=3"

"""What an engine promises to its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tlstudio import places
from tlstudio.engine.client import Engine
from tlstudio.errors import Cancelled, EngineDied, InputError, StudioError
from tlstudio.events import Note, Progress

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
A_SECOND = 100  # events of a job that rests a hundredth of a second after each: a clock that a busy machine slows down as well


def test_a_job_gives_its_events_in_order_and_then_its_result(engine: Engine) -> None:
    job = engine.request("count", {"n": 300})
    assert [event.done for event in job if isinstance(event, Progress)] == list(range(1, 301))
    assert job.done
    assert job.result() == 300
    assert job.wait(0) is None


def test_jobs_run_one_after_the_other_in_the_order_asked_for(engine: Engine) -> None:
    first, second = engine.request("count", {"n": 5, "pause": 0.02}), engine.request("echo", {"word": "x"})
    assert second.result() == {"word": "x"}
    assert [e.done for e in first if isinstance(e, Progress)] == [1, 2, 3, 4, 5]


def test_many_events_a_second_go_through(engine: Engine) -> None:
    engine.start()
    engine.request("echo", {"word": "ready"}).result(20)
    begun = time.monotonic()
    assert len(list(engine.request("count", {"n": 2000}))) == 2000
    assert 2000 / (time.monotonic() - begun) > 200


def test_stray_prints_go_to_the_log_and_never_into_the_stream(engine: Engine) -> None:
    job = engine.request("noisy")
    assert [event.message for event in job if isinstance(event, Note)] == ["before", "after"]
    assert job.result() == "stdin is empty"
    assert engine.log is not None
    log = engine.log.read_text()
    for lie in ("a lie", "no newline", "another lie", "a lie in C"):
        assert lie in log


def test_errors_of_a_job_arrive_as_they_were_raised(engine: Engine) -> None:
    with pytest.raises(InputError) as caught:
        engine.request("fail", {"kind": "input"}).result()
    assert (caught.value.what, caught.value.why, caught.value.do) == ("The folder is not there", "it was moved", "Choose another")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("memory", "The computer ran out of memory"),
        ("gpu", "The graphics card ran out of memory"),
        ("exit", "not foreseen"),
        ("other", "ValueError: a number is odd"),
    ],
)
def test_unforeseen_exceptions_become_sentences_with_the_traceback_in_the_details(engine: Engine, kind: str, sentence: str) -> None:
    with pytest.raises(StudioError) as caught:
        engine.request("fail", {"kind": kind}).result()
    assert sentence in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in caught.value.details
    assert engine.alive
    assert engine.request("echo", {"word": "on"}).result() == {"word": "on"}


def test_results_that_json_cannot_say(engine: Engine) -> None:
    assert engine.request("not_json").result() == {"nan": None, "fine": 1.5}
    with pytest.raises(StudioError, match="not JSON serializable"):
        engine.request("not_serialisable").result()
    with pytest.raises(StudioError, match="no job 'nonsense'"):
        engine.request("nonsense").result()


def test_cancel_ends_a_job_in_the_middle_and_one_that_waits(engine: Engine) -> None:
    running, waiting = engine.request("count", {"n": 10_000, "pause": 0.01}), engine.request("echo", {"word": "never"})
    assert running.wait(20) is not None
    waiting.cancel()
    running.cancel()
    assert len(list(running)) < A_SECOND
    with pytest.raises(Cancelled):
        running.result(20)
    with pytest.raises(Cancelled):
        waiting.result(20)
    assert engine.request("echo", {"word": "on"}).result() == {"word": "on"}


def test_stop_keeps_what_is_done(engine: Engine) -> None:
    job = engine.request("count", {"n": 10_000, "pause": 0.01})
    assert job.wait(20) is not None
    threading.Thread(target=job.stop).start()
    assert 1 <= job.result(20) < 10_000


def test_pause_holds_events_back_until_go_on(engine: Engine) -> None:
    job = engine.request("count", {"n": 10_000, "pause": 0.005})
    assert job.wait(20) is not None
    job.pause()
    while job.wait(0.3) is not None:
        pass
    assert not job.done
    job.go_on()
    assert job.wait(20) is not None
    job.pause()
    job.cancel()  # is heard while paused
    with pytest.raises(Cancelled):
        job.result(20)


def test_other_rates_are_heard_by_the_job(engine: Engine) -> None:
    job = engine.request("rates")
    with pytest.raises(InputError, match="cannot be multiplied"):
        job.scale_rates(0.0)
    job.scale_rates(0.25)
    assert job.result(20) == 0.25


def test_result_can_be_waited_for_with_a_limit(engine: Engine) -> None:
    job = engine.request("deaf", {"seconds": 30})
    with pytest.raises(TimeoutError):
        job.result(0.3)
    assert not job.done


@posix
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("exit", "ended unexpectedly (exit code 9)"),
        ("segfault", "crashed (segmentation fault)"),
        ("SIGABRT", "gave up (abort)"),
        ("SIGKILL", "was killed. Probably by the system, for lack of memory. Choose a smaller batch size"),
        ("SIGBUS", "bus error"),
        ("SIGFPE", "arithmetic fault"),
    ],
)
def test_death_is_a_sentence_with_the_log_and_the_next_request_starts_anew(engine: Engine, how: str, sentence: str) -> None:
    dying, waiting = engine.request("die", {"how": how}), engine.request("echo", {"word": "never"})
    with pytest.raises(EngineDied) as caught:
        dying.result(20)
    assert sentence in str(caught.value)
    assert "last words" in caught.value.details
    assert str(engine.log) in caught.value.details
    if how in ("segfault", "SIGABRT", "SIGBUS", "SIGFPE"):
        assert "Fatal Python error" in caught.value.details
    with pytest.raises(EngineDied):
        waiting.result(20)
    assert not engine.alive
    assert engine.pid is None
    assert engine.request("echo", {"word": "again"}).result(20) == {"word": "again"}
    assert engine.alive


def test_a_jobs_module_that_cannot_be_imported_names_the_exception() -> None:
    with Engine("broken", jobs="no_such_module") as engine, pytest.raises(EngineDied, match="No module named 'no_such_module'"):
        engine.request("echo", {"word": "x"}).result(20)


@posix
def test_terminate_cancels_the_job_and_ends_the_child(engine: Engine) -> None:
    job = engine.request("count", {"n": 10_000, "pause": 0.01})
    assert job.wait(20) is not None
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGTERM)
    with pytest.raises(Cancelled):
        job.result(20)
    idle = Engine("idle", jobs="fake_jobs")
    with idle:
        idle.request("echo", {"word": "x"}).result(20)
        assert idle.pid is not None
        os.kill(idle.pid, signal.SIGTERM)
        end = time.monotonic() + 20
        while idle.alive and time.monotonic() < end:
            time.sleep(0.01)
        assert not idle.alive


@posix
def test_an_interrupt_of_the_group_does_not_touch_the_child(engine: Engine) -> None:
    job = engine.request("count", {"n": 100, "pause": 0.005})
    assert job.wait(20) is not None
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGINT)
    assert job.result(20) == 100
    assert engine.log is not None
    assert "KeyboardInterrupt" not in engine.log.read_text()


def test_close_cuts_off_what_runs_however_deaf_it_is(engine: Engine) -> None:
    deaf, listening = engine.request("deaf", {"seconds": 60}), engine.request("count", {"n": 10})
    assert deaf.wait(20) is not None
    begun = time.monotonic()
    engine.close(grace=0.2)
    assert time.monotonic() - begun < 10  # not the minute that it would go on for
    for job in (deaf, listening):
        with pytest.raises(Cancelled):
            job.result(1)
    assert not engine.alive
    deaf.cancel()  # to a child that is gone: nothing happens
    assert engine.request("echo", {"word": "back"}).result(20) == {"word": "back"}


def test_close_lets_a_listening_job_end_in_order(engine: Engine) -> None:
    job = engine.request("count", {"n": 10_000, "pause": 0.01})
    assert job.wait(20) is not None
    begun = time.monotonic()
    engine.close(grace=60)
    assert len(list(job)) < A_SECOND
    assert time.monotonic() - begun < 20  # not the grace
    with pytest.raises(Cancelled):
        job.result(1)


@posix
def test_close_ends_even_a_child_that_is_stopped(engine: Engine) -> None:
    engine.request("echo", {"word": "x"}).result(20)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    begun = time.monotonic()
    engine.close(grace=0.1)
    assert time.monotonic() - begun < 20
    assert not engine.alive


def test_logs_are_kept_but_not_for_ever(engine: Engine) -> None:
    for _ in range(13):
        engine.start()
        engine.close(grace=0)
    kept = sorted(int(path.stem.rpartition("-")[2]) for path in places.logs().glob("engine-test-*.log"))
    assert len(kept) == 10
    assert kept[-1] == 13


def test_an_engine_works_where_no_log_can_be_written(engine: Engine) -> None:
    places.logs().parent.mkdir(parents=True, exist_ok=True)
    places.logs().write_text("a file where the folder should be")
    assert engine.request("echo", {"word": "x"}).result(20) == {"word": "x"}


def test_the_client_imports_neither_torch_nor_qt() -> None:
    code = "import sys, tlstudio.engine.client, tlstudio.engine.foreground; sys.exit(any(m in sys.modules for m in ('torch', 'PySide6')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

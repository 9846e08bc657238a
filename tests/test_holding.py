"""Who works on a folder: across processes, and across computers that share a disk but not its locks."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.elsewhere import held_elsewhere
from tlstudio import errors, holding
from tlstudio.holding import Held, held, is_held


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("BEAT", 0.02), ("SILENCE", 0.2), ("_LOOK", 0.02)):
        monkeypatch.setattr(holding, name, seconds)


class NoLock:
    """As on a disk that keeps locks to each computer: nobody is in the way of anybody."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def acquire(self, **how: Any) -> None:
        self._path.touch()

    def release(self) -> None:
        pass


def test_another_computer_is_believed_as_long_as_it_gives_signs_of_life(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    assert not is_held(lock)
    with held_elsewhere(lock):
        assert is_held(lock)
        with pytest.raises(Held) as caught, held(lock):
            pass
        assert caught.value.computer == "lab-2"
        with held(lock, everywhere=False):  # for who cannot wait
            pass
    assert (tmp_path / ".owner").exists()
    with held(lock):  # it was killed, and left what it wrote
        assert "lab-2" not in (tmp_path / ".owner").read_text()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_what_a_process_of_this_computer_left_is_taken_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "SILENCE", 60.0)
    lock = tmp_path / ".lock"
    with held(lock):
        left = (tmp_path / ".owner").read_text()
    for said in (left, left.replace(holding.computer()[1] or "?", "before the computer was started anew")):
        (tmp_path / ".owner").write_text(said)  # as after a kill
        assert not is_held(lock)
        with held(lock):
            assert is_held(lock)
    (tmp_path / ".owner").write_text("")
    os.utime(tmp_path / ".owner", (time.time() - 3600,) * 2)  # so long ago that there is no doubt, whoever it was
    with held(lock):
        pass


def test_of_a_folder_that_can_only_be_read_signs_of_life_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: NoLock, **how: Any) -> None:
        raise PermissionError(13, "Permission denied")

    lock = tmp_path / ".lock"
    with held(lock):
        monkeypatch.setattr("filelock.FileLock", NoLock)
        monkeypatch.setattr(NoLock, "acquire", refused)
        assert is_held(lock)
    assert not is_held(lock)


def test_a_sign_of_life_is_given_all_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, here = tmp_path / ".lock", holding.computer()
    monkeypatch.setattr("filelock.FileLock", NoLock)
    with held(lock):
        monkeypatch.setattr(holding, "computer", lambda: ("lab-3", "its own"))
        with pytest.raises(Held) as caught, held(lock):
            pass
        assert caught.value.computer == here[0]
    with held(lock):  # given back in good order: no waiting
        pass


@pytest.mark.parametrize("seed", range(10))
def test_of_computers_that_find_it_left_at_the_same_moment_one_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    said, chance = holding._said, random.Random(seed)

    def slowly(path: Path) -> str:  # whatever order the computers come in, on a machine of any speed
        time.sleep(chance.random() * 0.02)
        text = said(path)
        time.sleep(chance.random() * 0.02)
        return text

    monkeypatch.setattr("filelock.FileLock", NoLock)
    monkeypatch.setattr(holding, "computer", lambda: (threading.current_thread().name, ""))
    lock, inside, most, got, refused = tmp_path / ".lock", [0], [0], [0], [0]
    with held_elsewhere(lock):
        pass
    long_ago = time.time() - 3600
    os.utime(tmp_path / ".owner", (long_ago, long_ago))  # all take it up at once
    monkeypatch.setattr(holding, "SILENCE", 60.0)  # and a thread that has to wait for a processor is not taken for dead
    monkeypatch.setattr(holding, "_said", slowly)
    begin, counts = threading.Barrier(4), threading.Lock()

    def work() -> None:
        begin.wait()
        try:
            with held(lock):
                with counts:
                    inside[0] += 1
                    got[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.1)
                with counts:
                    inside[0] -= 1
        except Held:
            with counts:
                refused[0] += 1

    workers = [threading.Thread(target=work, name=f"lab-{n}") for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert most == [1]
    assert got[0] + refused[0] == 4
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]  # nobody's claim is left


def test_a_claim_that_was_left_is_taken_up_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / ".lock"
    with held_elsewhere(lock):
        pass

    def killed(self: Path, target: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(SystemExit), held(lock):
            pass  # between its claim and the taking up
    assert len(list(tmp_path.glob(".owner-*"))) == 1
    monkeypatch.setattr(holding, "computer", lambda: ("lab-3", "its own"))
    with held(lock):
        assert "lab-3" in (tmp_path / ".owner").read_text()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_that_somebody_is_at_it_crosses_from_an_engine_as_what_it_is() -> None:
    said = errors.from_json(errors.Busy("The run is being trained").to_json())
    assert isinstance(said, errors.Busy)
    assert said.exit_code == 2

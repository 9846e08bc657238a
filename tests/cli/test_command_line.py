"""The program as a process: fast, light, and clear about wrong usage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

COMMANDS = ["demo", "data", "models", "layers", "train", "resume", "runs", "compare", "evaluate", "predict", "export", "doctor"]


VERSION = [sys.executable, "-m", "tlstudio", "--version"]


def buffered() -> dict[str, str]:
    """An environment in which what is printed waits for more, as it does for most people."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, time; from tlstudio.cli import run; code = run(['--help']); print(time.process_time(), file=sys.stderr); "
        "heavy = {'torch', 'PySide6', 'numpy', 'pydantic', 'rich'} & set(sys.modules); sys.exit(f'{heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"  {name} " in done.stdout
    assert float(done.stderr) < 2  # 0.2 s of processor on an idle machine


def test_python_m_tlstudio_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "tlstudio", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "tlstudio")
    done = subprocess.run([sys.executable, "-m", "tlstudio", "trian"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "train" in done.stderr


def test_names_that_the_pipe_cannot_write_are_no_failure() -> None:
    code = "import sys; from tlstudio import __main__, cli; cli.run = lambda argv: print('Bäume 🐝'); __main__.main()"
    env = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"B\xe4ume \\U0001f41d")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(tlstudio: Command, name: str) -> None:
    said = tlstudio(name, "--help")
    assert said.code == 0
    assert ("--json" in said.out) == (name != "demo")


@pytest.mark.parametrize("words", [["nonsense"], ["evaluate"], ["predict", "x"], ["train", "--nonsense"], ["layers", "x", "--batch", "0"]])
def test_wrong_usage_is_one_line_and_exit_2(tlstudio: Command, words: list[str]) -> None:
    said = tlstudio(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("tlstudio: ")
    assert said.err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_what_cannot_be_printed_is_a_line_and_exit_1() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(VERSION, stdout=full, stderr=subprocess.PIPE, text=True, env=buffered(), check=False)
    assert (done.returncode, done.stderr) == (1, "tlstudio: The disk is full. Make room, then try again.\n")


def test_a_reader_who_is_gone_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(VERSION, stdout=writing, stderr=subprocess.PIPE, text=True, env=buffered(), check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_wrong_usage_of_a_command_of_two_words_names_it(tlstudio: Command) -> None:
    assert "See 'tlstudio find-rate --help'" in tlstudio("find-rate", "--nonsense").err


def test_an_unforeseen_exception_is_a_line_and_with_debug_a_traceback(tlstudio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    import fake_api

    monkeypatch.setitem(fake_api.JOBS, "runs", lambda: 1 / 0)
    said = tlstudio("runs")
    assert said.code == 1
    assert "ZeroDivisionError" in said.err
    assert "Traceback" not in said.err
    assert "Traceback" in tlstudio("runs", "--debug").err
    assert "Traceback" in tlstudio("--debug", "runs").err


def test_a_task_without_a_sample_is_refused(tlstudio: Command) -> None:
    said = tlstudio("demo", "--task", "detection", "--run")
    assert said.code == 2
    assert "no sample for the task 'detection'" in said.err
    assert "--task segmentation" in said.err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_with_no_display_the_app_says_what_works(tlstudio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for words in ([], ["demo"]):
        said = tlstudio(*words)
        assert said.code == 1
        assert "There is no display" in said.err


def test_with_no_qt_the_app_sends_to_the_doctor(tlstudio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(sys.modules, "tlstudio.gui.app", None)
    said = tlstudio()
    assert said.code == 1
    assert "tlstudio doctor" in said.err

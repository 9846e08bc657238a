"""Work in a thread ends in the window's thread."""

from __future__ import annotations

import threading
from typing import Any

from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.gui.background import Background


def test_the_answer_comes_in_the_windows_thread(qtbot: QtBot) -> None:
    said: list[Any] = []
    Background(threading.get_ident, lambda worker: said.extend((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(said))
    assert said[1] == threading.get_ident()
    assert said[0] != said[1]


def test_a_failure_is_told(qtbot: QtBot) -> None:
    said: list[StudioError] = []

    def fail() -> None:
        raise StudioError("No")

    Background(fail, None, said.append)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].what == "No"


def test_what_is_forgotten_calls_nobody(qtbot: QtBot) -> None:
    said: list[int] = []
    held = threading.Event()
    work = Background(lambda: held.wait(3) and 1, said.append)
    work.forget()
    held.set()
    other: list[int] = []
    Background(lambda: 2, other.append)
    qtbot.waitUntil(lambda: bool(other))
    qtbot.wait(50)
    assert said == []

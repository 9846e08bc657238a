"""Pages are built in pieces while nobody looks, and at once where somebody does."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from tlstudio.gui.pages.model import ModelPage
from tlstudio.gui.piecemeal import Piecemeal
from tlstudio.gui.session import Session


def _work(done: list[str]) -> Iterator[None]:
    for piece in ("a", "b", "c"):
        done.append(piece)
        yield


def test_the_window_is_free_between_two_pieces(qtbot: QtBot) -> None:
    owner, done = QObject(), list[str]()
    timer = QTimer(owner, interval=1)
    timer.timeout.connect(lambda: done.append("."))
    timer.start()
    pieces = Piecemeal(owner, _work(done))
    pieces.begin()
    pieces.begin()
    qtbot.waitUntil(lambda: pieces.done)
    said = "".join(done)
    assert said.replace(".", "") == "abc"
    assert "a." in said
    assert "b." in said


def test_what_is_wanted_is_finished_at_once_also_from_within_a_piece(qtbot: QtBot) -> None:
    done = list[str]()

    def work() -> Iterator[None]:
        done.append("a")
        pieces.finish()  # somebody asks for it while it is being built
        yield
        done.append("b")

    owner = QObject()
    pieces = Piecemeal(owner, work())
    pieces.begin()
    pieces.finish()
    assert (done, pieces.done) == (["a", "b"], True)
    qtbot.wait(40)
    assert done == ["a", "b"]


def test_the_model_page_is_there_before_its_layers_are(session: Session, qtbot: QtBot) -> None:
    page = ModelPage(session)
    qtbot.addWidget(page)
    page.prepare()
    assert not page._built
    qtbot.waitUntil(lambda: page._built)
    assert list(page._panes) == ["models", "layers", "side"]

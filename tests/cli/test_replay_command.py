"""`tlstudio replay` and `tlstudio --present`: what is asked of the window, and what is refused before one is opened."""

from __future__ import annotations

import pytest

from tlstudio import places
from tlstudio.cli import run, window
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    asked: list[list[str]] = []
    monkeypatch.setattr(window, "_open_app", lambda argv: asked.append(argv) or 0)
    return asked


def test_a_run_is_replayed_by_its_name_or_folder(opened: list[list[str]]) -> None:
    made = Run.create(Recipe(name="ants"))
    assert run(["replay", made.name]) == 0
    assert run(["replay", str(made.path), "--speed", "16", "--present"]) == 0
    assert run(["--present"]) == 0
    assert opened == [["--replay", str(made.path), "4"], ["--present", "--replay", str(made.path), "16"], ["--present"]]


def test_what_cannot_be_replayed_is_said(opened: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    made = Run.create(Recipe())
    assert run(["replay", made.name, "--speed", "3"]) == 2
    assert "1, 2, 4, 8 or 16" in capsys.readouterr().err
    assert run(["replay", "nothing-like-it"]) == 2
    assert not opened


def test_the_recorded_run_has_a_name(opened: list[list[str]]) -> None:
    assert run(["replay", "recorded"]) == 0
    assert opened == [["--replay", str(places.resources() / "recorded"), "4"]]

"""`tlstudio runs --search`, `note`, `trash` and `compare` on real run folders: none of them needs torch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tlstudio import cli, places
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        code = cli.run(list(words))
        out = capfd.readouterr()
        return code, out.out, out.err

    return run


@pytest.fixture(autouse=True)
def runs() -> list[Run]:
    return [
        Run.create(Recipe().set({"name": name, "optimizer.lr": lr}), places.runs() / name) for name, lr in (("ants", 0.1), ("bees", 0.2))
    ]


def test_note_then_find(said: Any) -> None:
    code, out, _ = said("note", "ants", "--note", "for the poster", "--tag", "best", "--tag", "leaves", "--json")
    assert code == 0
    assert json.loads(out)["tags"] == ["best", "leaves"]
    said("note", "ants", "--untag", "LEAVES")
    assert [row["name"] for row in json.loads(said("runs", "--search", "poster ants", "--json")[1])] == ["ants"]
    assert [row["name"] for row in json.loads(said("runs", "--tag", "best", "--json")[1])] == ["ants"]
    assert json.loads(said("runs", "--tag", "leaves", "--json")[1]) == []
    assert "for the poster" in said("runs")[1]
    assert "No run is like that" in said("runs", "--search", "wasps")[1]
    assert said("note", "wasps", "--tag", "x")[0] == 2


def test_trash_lists_restores_and_empties(said: Any, runs: list[Run]) -> None:
    assert "empty" in said("trash")[1]
    runs[0].to_trash()
    assert json.loads(said("trash", "--json")[1])[0]["name"] == "ants"
    assert "ants" in said("trash")[1]
    assert said("trash", "--restore", "ants")[1].strip() == str(runs[0].path)
    runs[1].to_trash()
    assert said("trash", "--empty", "--restore", "bees")[0] == 2
    assert json.loads(said("trash", "--empty", "--json")[1])["runs"] == 1
    assert said("trash", "--restore", "bees")[0] == 2


def test_compare_says_what_differs_and_what_is_missing(said: Any) -> None:
    rows = json.loads(said("compare", "ants", "bees", "--json")[1])
    assert [row["settings"] for row in rows] == [{"optimizer.lr": 0.1}, {"optimizer.lr": 0.2}]
    plain = said("compare", "ants", "bees")[1]
    assert "optimizer.lr" in plain
    assert "tlstudio evaluate" in plain

"""`tlstudio cache`, with what is really kept: none of it needs an engine."""

from __future__ import annotations

import json

import pytest
import torch

from tlstudio import cli, places
from tlstudio.data.row_store import RowStore, open_store


def _fill() -> RowStore:
    store = open_store("prefix", {"name": "a"})
    with store.writer() as writer:
        writer.add("row", [torch.zeros(1_000_000, dtype=torch.uint8)])
    return store


def test_what_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    _fill().close()
    assert cli.run(["cache", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert 1_000_000 < document["bytes"] < 1_010_000
    assert document["bytes"] < document["cap"]
    assert [(row["kind"], row["stores"]) for row in document["kinds"]] == [("pictures", 0), ("prefix", 1)]
    assert document["folder"] == str(places.cache())
    assert "freed" not in document
    assert cli.run(["cache"]) == 0
    plain = capfd.readouterr().out
    assert "outputs of frozen layers" in plain
    assert "1.0 MB of at most" in plain


def test_emptying_it(capfd: pytest.CaptureFixture[str]) -> None:
    store = _fill()
    assert cli.run(["cache", "--clear"]) == 0
    said = capfd.readouterr().out
    assert "0 bytes freed" in said
    assert "in use by a running program" in said
    store.close()
    assert cli.run(["cache", "--clear", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["bytes"], document["freed"] > 1_000_000) == (0, True)
    assert cli.run(["cache", "--clear"]) == 0
    assert "in use" not in capfd.readouterr().out

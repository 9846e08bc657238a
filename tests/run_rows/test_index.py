"""The index of runs: what is kept, what is read anew, and what damage does to it."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tlstudio import api, places
from tlstudio.recipe import Recipe
from tlstudio.run_rows import index
from tlstudio.runs import Run

FAILED = {"kind": "run_failed", "what": "The images are gone", "why": "", "do": ""}
STEPS = {"kind": "steps", "epoch": 1, "first": 1, "loss": [1.0], "accuracy": [0.5], "lr": [0.1], "backbone_lr": [0.0]}


def made(name: str, accuracy: float | None = 0.9) -> Run:
    run = Run.create(Recipe().set({"name": name}), places.runs() / name)
    if accuracy is not None:
        run.write_json("summary.json", {"metrics": {"val_accuracy": accuracy}, "reason": "completed", "epochs": 3, "curve": [accuracy]})
    return run


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that were read, in order."""
    names: list[str] = []
    real = index.row

    def counted(run: Run) -> dict[str, Any]:
        names.append(run.name)
        return real(run)

    monkeypatch.setattr(index, "row", counted)
    return names


def test_only_what_changed_is_read_again(read: list[str]) -> None:
    one, two = made("one"), made("two", 0.5)
    first = api.list_runs()
    assert sorted(read) == ["one", "two"]
    read.clear()
    assert api.list_runs() == first
    assert read == []
    api.note_run(str(two.path), note="too low", tags=["poster"])
    rows = {row["name"]: row for row in api.list_runs()}
    assert read == ["two"]
    assert (rows["two"]["note"], rows["two"]["tags"], rows["one"]["note"]) == ("too low", ["poster"], "")
    one.to_trash()
    assert [row["name"] for row in api.list_runs()] == ["two"]


def test_somebody_who_knows_the_index_is_told_what_is_new() -> None:
    made("one")
    known = api.list_runs({})
    assert [row["name"] for row in known["rows"]] == ["one"]
    place = {"id": known["id"], "seq": known["seq"]}
    assert api.list_runs(place)["rows"] == []
    two = made("two")
    new = api.list_runs(place)
    assert [row["name"] for row in new["rows"]] == ["two"]
    assert sorted(Path(path).name for path in new["paths"]) == ["one", "two"]
    two.to_trash()  # the number of the newest row must not be used again
    made("three")
    assert [row["name"] for row in api.list_runs({"id": new["id"], "seq": new["seq"]})["rows"]] == ["three"]
    assert [row["name"] for _, lot in index.fresh({"id": new["id"], "seq": new["seq"]}) for row in lot] == ["three"]
    assert len(api.list_runs({"id": "another", "seq": 99})["rows"]) == 2


def test_who_trains_a_run_is_asked_each_time() -> None:
    run = made("one", None)
    assert api.list_runs()[0]["state"] == "unfinished"
    with run.locked():
        assert api.list_runs()[0]["state"] == "live"
    assert api.list_runs()[0]["state"] == "unfinished"


def test_a_run_that_failed_before_its_first_step_is_not_unfinished() -> None:
    run = made("one", None)
    run.write_text("events.jsonl", json.dumps(FAILED) + "\n")
    row = api.list_runs()[0]
    assert (row["state"], row["failure"]) == ("failed", "The images are gone")
    run.write_text("events.jsonl", json.dumps(STEPS) + "\n" + json.dumps(FAILED) + "\n")
    assert api.list_runs()[0]["state"] == "unfinished"


@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be one" * 40, b""])
def test_a_damaged_index_is_made_anew(damage: bytes) -> None:
    made("one")
    before = api.list_runs()
    index.file().write_bytes(damage)
    assert api.list_runs() == before
    assert len([row for _, lot in index.fresh({}) for row in lot]) == 1


def test_with_no_room_for_an_index_runs_are_listed_all_the_same() -> None:
    made("one")
    places.cache().parent.mkdir(parents=True, exist_ok=True)
    places.cache().write_text("a file in the way")
    assert [row["name"] for row in api.list_runs()] == ["one"]
    assert [row["name"] for row in api.list_runs({})["rows"]] == ["one"]


def test_two_at_once() -> None:
    for i in range(6):
        made(f"run-{i}")
    out: list[int] = []
    threads = [threading.Thread(target=lambda: out.append(len(api.list_runs()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out == [6, 6, 6]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there names are Unicode")
def test_a_run_whose_folder_is_called_in_no_unicode_is_listed_with_the_others() -> None:
    made("one")
    made("two", 0.5).path.rename(places.runs() / os.fsdecode(b"caf\xe9"))
    before = api.list_runs()
    assert sorted(row["name"] for row in before) == sorted(["one", os.fsdecode(b"caf\xe9")])
    assert index.file().exists()
    assert api.list_runs() == before
    (places.runs() / os.fsdecode(b"caf\xe9")).rename(places.runs() / "cafe")
    assert sorted(row["name"] for row in api.list_runs()) == ["cafe", "one"]

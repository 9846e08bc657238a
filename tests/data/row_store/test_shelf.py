"""All stores together: what they take, who goes first, and what is in use stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tlstudio import places
from tlstudio.data import row_store
from tlstudio.data.row_store import RowStore, clear, limit, open_store, shelf, trim, usage

ROW = [torch.rand(25_000)]  # 100 kB


def _fill(kind: str, name: str, rows: int, used: float | None = None) -> RowStore:
    """A store with that many rows of 100 kB, last used then (a time of 1970)."""
    store = open_store(kind, {"name": name})
    with store.writer() as writer:
        for i in range(rows):
            assert writer.add(str(i), ROW), writer.trouble
    if used is not None:
        store.close()
        os.utime(store.folder / "facts.json", (used, used))
    return store


def _rows(kind: str, name: str) -> int:
    return len(open_store(kind, {"name": name}))


def _set_limit(gigabytes: str) -> None:
    places.settings().parent.mkdir(parents=True, exist_ok=True)
    places.settings().write_text(f"[other]\ncache_gb=7\n\n[General]\ntheme=dark\ncache_gb={gigabytes}\n\n[window]\ncache_gb=9\n")


def test_usage_counts_every_file() -> None:
    assert usage() == {"pictures": 0, "prefix": 0}
    store = _fill("pictures", "a", 3)
    files = sum(path.stat().st_size for path in store.folder.iterdir())
    assert usage() == {"pictures": files, "prefix": 0}
    assert 300_000 < files < 310_000


def test_the_least_recently_used_goes_first() -> None:
    _fill("prefix", "old", 5, used=1000)
    _fill("pictures", "older", 5, used=500)
    _fill("prefix", "new", 5, used=2000)
    assert 500_000 < trim(1_100_000) < 510_000
    assert (_rows("pictures", "older"), _rows("prefix", "old"), _rows("prefix", "new")) == (0, 5, 5)
    assert trim(10_000_000) == 0


def test_opening_a_store_is_using_it() -> None:
    _fill("prefix", "first", 5, used=1000)
    _fill("prefix", "second", 5, used=2000)
    open_store("prefix", {"name": "first"}).close()
    trim(600_000)
    assert (_rows("prefix", "first"), _rows("prefix", "second")) == (5, 0)


def test_what_is_in_use_stays() -> None:
    free, used = _fill("prefix", "free", 5, used=1000), _fill("prefix", "used", 5)
    os.utime(used.folder / "facts.json", (1, 1))
    assert 500_000 < trim(0) < 510_000
    assert not free.folder.exists()
    assert clear() == 0
    assert used.sound(map(str, range(5))) == set(map(str, range(5)))
    used.close()
    assert clear("pictures") == 0
    assert clear("prefix") > 500_000
    assert not used.folder.exists()


def test_a_store_that_is_no_longer_held_can_go() -> None:
    store = _fill("prefix", "a", 1)
    folder = store.folder
    del store
    assert clear() > 100_000
    assert not folder.exists()


USER = """
import sys
from tlstudio.data.row_store import open_store
store = open_store("prefix", {"name": "a"})
print(len(store), flush=True)
sys.stdin.read()
"""


def test_another_process_keeps_what_it_uses_until_its_end() -> None:
    _fill("prefix", "a", 2).close()
    with subprocess.Popen([sys.executable, "-c", USER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "2\n"
        assert clear() == trim(0) == 0
        assert _rows("prefix", "a") == 2
        child.kill()
    assert clear() > 200_000


def test_what_was_not_deleted_to_the_end_goes_with_the_next() -> None:
    store = _fill("prefix", "a", 1)
    left = store.folder.with_name(".gone-1234")
    left.mkdir()
    (left / "x.rows").touch()
    store.close()
    clear()
    assert not left.exists()


def test_the_limit_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Room)
    _set_limit("0.5")
    assert limit() == 500_000_000
    _set_limit('"2"')
    assert limit() == 2_000_000_000
    for nonsense in ("much", "-1", "nan", "inf", ""):
        _set_limit(nonsense)
        assert limit() == 2_000_000_001


class Room:
    free = 10_000_000_005


def test_the_limit_by_itself_is_a_fifth_of_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Room)
    assert limit() == 2_000_000_001
    held = sum(path.stat().st_size for path in _fill("prefix", "a", 5).folder.iterdir())
    assert limit() == int(0.2 * (Room.free + held))  # what lies there already is room, too
    monkeypatch.setattr(Room, "free", 10**15)
    assert limit() == 20_000_000_000


def test_a_writer_makes_room_and_stops_at_the_limit() -> None:
    _set_limit("0.001")
    _fill("prefix", "old", 3, used=1000)
    store = open_store("pictures", {"name": "new"})
    with store.writer() as writer:
        said = [writer.add(str(i), ROW) for i in range(12)]
    assert not said[-1]
    assert "The limit of 1.0 MB is reached" in writer.trouble
    assert len(store) == sum(said) >= 8
    assert _rows("prefix", "old") == 0
    assert sum(usage().values()) <= 1_000_000


def test_nothing_is_kept_where_the_limit_is_nothing() -> None:
    _set_limit("0")
    with open_store("prefix", {}).writer() as writer:
        assert not writer.add("a", ROW)
    assert usage()["prefix"] < 1000
    assert row_store.KINDS == shelf.KINDS


def test_settings_that_are_no_text(tmp_path: Path) -> None:
    places.settings().parent.mkdir(parents=True)
    places.settings().write_bytes(bytes(range(256)))
    assert limit() > 0

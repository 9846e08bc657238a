"""Writing: streamed, whole or not at all, by several at once; a disk that takes no more is no failure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tlstudio import places
from tlstudio.data.row_store import RowStore, open_store, writer

Rows = dict[str, list[torch.Tensor]]
Open = Callable[[], RowStore]

ROW = [torch.rand(25_000)]  # 100 kB


def _files(store: RowStore, suffix: str) -> list[Path]:
    return sorted(store.folder.glob(f"*{suffix}"))


@contextmanager
def _files_at_most(nbytes: int) -> Iterator[None]:
    """The system takes a part of a write, then refuses, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_not_committed_leaves_nothing(open_again: Open) -> None:
    store = open_again()
    before = set(store.folder.iterdir())
    for end in ("discard", "close"):
        unfinished = store.writer()
        for i in range(30):
            unfinished.add(str(i), ROW)
        getattr(unfinished, end)()
        unfinished.commit()
        assert set(store.folder.iterdir()) == before
    lost = store.writer()
    lost.add("a", ROW)
    del lost
    assert set(store.folder.iterdir()) == before
    assert len(store) == len(open_again()) == 0


def test_rows_go_to_the_disk_as_they_come(open_again: Open) -> None:
    store = open_again()
    unfinished = store.writer()
    for i in range(30):
        unfinished.add(str(i), ROW)
    (part,) = _files(store, ".part")
    assert part.stat().st_size >= 1_900_000
    assert len(store) == 0
    unfinished.commit()
    assert len(store) == 30
    assert not _files(store, ".part")
    unfinished.add("more", ROW)  # and goes on
    unfinished.commit()
    assert torch.equal(store.read("more")[0], ROW[0])


def test_long_writing_commits_by_itself(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_SEGMENT", 1_000_000)
    store = open_again()
    unfinished = store.writer()
    for i in range(25):
        unfinished.add(str(i), ROW)
    unfinished.discard()
    assert len(open_again()) == 20


def test_an_exception_keeps_the_rows_that_are_whole(open_again: Open) -> None:
    def interrupted() -> None:
        with open_again().writer() as unfinished:
            unfinished.add("a", ROW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert torch.equal(open_again().read("a")[0], ROW[0])


def test_nothing_added_makes_no_files(open_again: Open) -> None:
    store = open_again()
    with store.writer() as idle:
        idle.commit()
    assert not _files(store, ".rows")


@pytest.mark.parametrize("room", [0, 70_000, 2_500_000])
def test_a_disk_that_takes_no_more(open_again: Open, filled: Path, rows: Rows, room: int) -> None:
    store = open_again()
    with _files_at_most(room), store.writer() as full:
        said = [full.add(str(i), ROW) for i in range(40)]
    assert not said[-1]
    assert f"Nothing more is kept in {places.cache()}. File too large." in full.trouble
    assert full.why == "File too large"
    assert store.troubles == [full.trouble]  # who opened the store may hear of it later
    assert said == sorted(said, reverse=True)  # once off, off
    assert store.have(map(str, range(40))) == set()
    assert not _files(store, ".part")
    assert open_again().sound(rows) == set(rows)
    with store.writer() as later:  # there is room again
        assert later.add("0", ROW)
    assert torch.equal(open_again().read("0")[0], ROW[0])


def test_a_disk_that_fills_up_at_the_index(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_again()
    full = store.writer()
    for i in range(2000):
        full.add(f"{i:064x}", [torch.zeros(1)])  # the index takes 160 kB, the rows 128
    with _files_at_most(130_000):
        full.commit()
    assert "File too large" in full.trouble
    assert not _files(store, ".rows")
    assert len(store) == 0


def test_a_full_disk_is_called_that(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(file: int) -> None:
        raise OSError(28, "No space left on device")

    store = open_again()
    monkeypatch.setattr(os, "fsync", fsync)
    with store.writer() as full:
        full.add("a", ROW)
    assert full.trouble == f"Nothing more is kept in {places.cache()}. The disk is full. What is not kept is made anew each time."


def test_a_place_where_nothing_can_be_written(rows: Rows) -> None:
    places.cache().mkdir(parents=True)
    (places.cache() / "prefix").write_text("a file in the way")
    store = open_store("prefix", {})
    with store.writer() as refused:
        assert not refused.add("a", ROW)
    assert "made anew each time" in refused.trouble
    assert store.troubles == [refused.trouble]
    assert store.have(["a"]) == set()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions bind only ordinary users")
def test_a_folder_that_can_only_be_read(open_again: Open, filled: Path, rows: Rows) -> None:
    filled.chmod(0o500)
    try:
        store = open_again()
        assert store.sound(rows) == set(rows)
        with store.writer() as refused:
            assert not refused.add("a", ROW)
        assert "read-only" in refused.trouble
    finally:
        filled.chmod(0o700)


BESIDE = """
import sys, torch
from tlstudio.data.row_store import open_store
store = open_store("prefix", {"weights": "w", "size": 32})
print("ready", flush=True)
sys.stdin.readline()
writer = store.writer()
for i in range(200):
    assert writer.add(str(i), [torch.full((2000,), i)])
    if i % 20 == 0:
        writer.commit()
writer.commit()
for i in range(300):
    assert writer.add(f"never committed {i}", [torch.zeros(2000)])
print("in the middle", flush=True)
sys.stdin.read()
"""


def test_two_processes_write_at_once_and_one_is_killed(open_again: Open) -> None:
    """Both the same rows, and a third reader meanwhile."""
    keys = [str(i) for i in range(200)]
    with subprocess.Popen([sys.executable, "-c", BESIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        store = open_again()
        child.stdin.write("go\n")
        child.stdin.flush()
        with store.writer() as ours:
            for key in reversed(keys):
                ours.add(key, [torch.full((2000,), int(key))])
                if int(key) % 20 == 0:
                    ours.commit()
                    reader = open_again()
                    assert all(int(reader.read(key)[0][-1]) == int(key) for key in reader.have(keys))
                    assert reader.damaged == 0
        assert child.stdout.readline() == "in the middle\n"
        assert _files(open_again(), ".part")  # is left alone by those who come
        child.kill()
    del store, ours, reader
    last = open_again()
    assert len(last) == 200
    assert last.sound(keys) == set(keys)
    assert last.stacked(keys)[0][:, 0].tolist() == list(range(200))
    assert len(_files(last, ".index")) > 12  # of both
    assert not _files(last, ".part")
    assert len(_files(last, ".user")) == 1  # our own

"""Whatever happened to the files: no wrong row is ever read, what is sound is read, the rest is made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tlstudio.data.row_store import RowStore, segment_index

Rows = dict[str, list[torch.Tensor]]
Open = Callable[[], RowStore]

ROW = 448 + 64  # bytes of a row of the fixture
HEAD = 64


def _file(folder: Path, suffix: str) -> Path:
    (found,) = folder.glob(f"*{suffix}")
    return found


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


def _sound(store: RowStore, rows: Rows) -> set[str]:
    """The rows that can be read; each of them must be right."""
    found = set()
    for key, row in rows.items():
        try:
            read = store.read(key)
        except KeyError:
            continue
        assert all(torch.equal(a, b) for a, b in zip(read, row, strict=True))
        found.add(key)
    return found


def test_a_file_cut_in_half(open_again: Open, filled: Path, rows: Rows) -> None:
    path = _file(filled, ".rows")
    path.write_bytes(path.read_bytes()[: HEAD + 10 * ROW + 1])
    store = open_again()
    assert store.have(rows) == _sound(store, rows) == set(list(rows)[:10])
    assert store.damaged == 10
    assert store.troubles == ["10 kept rows were damaged and will be made again."]
    with store.writer() as writer:
        for key in list(rows)[10:]:
            writer.add(key, rows[key])
    store.close()
    assert open_again().troubles == [], "they were made again"


@pytest.mark.parametrize("cut", [0, HEAD, HEAD + 1])
def test_a_file_of_which_no_row_is_left(open_again: Open, filled: Path, rows: Rows, cut: int) -> None:
    path = _file(filled, ".rows")
    path.write_bytes(path.read_bytes()[:cut])
    store = open_again()
    assert store.have(rows) == set()
    assert store.damaged == 20
    assert not list(filled.glob("*.index"))  # takes no room for nothing
    assert open_again().troubles == []


def test_a_flipped_byte_is_seen_by_each_way_of_reading(open_again: Open, filled: Path, rows: Rows) -> None:
    _flip(_file(filled, ".rows"), HEAD + 7 * ROW + 100)
    expected = set(rows) - {"0007"}
    assert _sound(open_again(), rows) == expected
    assert open_again().sound(rows) == expected
    store = open_again()
    with pytest.raises(KeyError, match="0007"):
        store.stacked(list(rows))
    assert store.have(rows) == expected
    assert store.damaged == 1
    assert store.troubles == ["1 kept row was damaged and will be made again."]
    with pytest.raises(KeyError):
        store.read("0007")
    assert store.damaged == 1


def test_all_damaged_rows_are_found_at_once(open_again: Open, filled: Path, rows: Rows) -> None:
    for row in (2, 3, 11):
        _flip(_file(filled, ".rows"), HEAD + row * ROW + 450)
    store = open_again()
    with pytest.raises(KeyError):
        store.stacked(list(rows))
    assert store.damaged == 3
    assert len(store.stacked(sorted(store.have(rows)))[0]) == 17


def test_a_damaged_row_is_made_again_and_then_counts(open_again: Open, filled: Path, rows: Rows) -> None:
    _flip(_file(filled, ".rows"), HEAD + 100)
    store = open_again()
    assert store.sound(rows) == set(rows) - {"0000"}
    with store.writer() as writer:
        writer.add("0000", rows["0000"])
    assert _sound(store, rows) == set(rows)
    again = open_again()
    assert _sound(again, rows) == set(rows)
    assert again.damaged == 0


@pytest.mark.parametrize("stacked", [False, True])
def test_a_file_cut_while_it_is_read(open_again: Open, filled: Path, rows: Rows, stacked: bool) -> None:
    """The rows were read before, so that they are known and mapped."""
    store = open_again()
    assert _sound(store, rows) == set(rows)
    store.stacked(list(rows))
    with _file(filled, ".rows").open("r+b") as file:
        file.truncate(HEAD + 5 * ROW)
    if stacked:
        with pytest.raises(KeyError):
            store.stacked(list(rows))
        assert store.have(rows) == set(list(rows)[:5])
    assert _sound(store, rows) == set(list(rows)[:5])
    assert store.damaged == 15


def test_a_missing_file_of_rows(open_again: Open, filled: Path, rows: Rows) -> None:
    store = open_again()
    _file(filled, ".rows").unlink()
    assert _sound(store, rows) == set()  # not opened before
    with pytest.raises(KeyError):
        open_again().stacked(["0001"])
    assert len(open_again()) == 0


def test_a_missing_index_leaves_no_rows_behind(open_again: Open, filled: Path) -> None:
    _file(filled, ".index").unlink()
    assert len(open_again()) == 0
    assert not list(filled.glob("*.rows"))


INDEXES = {
    "garbage": lambda text: b"\x00\xff" * 300,
    "empty": lambda text: b"",
    "cut": lambda text: text[: len(text) // 2],
    "flipped": lambda text: text[:200] + bytes([text[200] ^ 1]) + text[201:],
    "another version": lambda text: text.replace(b"tlstudio rows 1", b"tlstudio rows 2"),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_an_index_that_cannot_be_used(open_again: Open, filled: Path, rows: Rows, kind: str) -> None:
    path = _file(filled, ".index")
    path.write_bytes(INDEXES[kind](path.read_bytes()))
    store = open_again()
    assert store.have(rows) == set()
    assert "made again" in store.troubles[0]
    assert ("another version" in store.troubles[0]) == (kind == "another version")
    with store.writer() as writer:
        writer.add("0001", rows["0001"])
    store.close()
    again = open_again()
    assert _sound(again, rows) == {"0001"}
    assert again.troubles == []


def test_an_index_that_contradicts_itself(open_again: Open, filled: Path) -> None:
    index = segment_index.SegmentIndex.decode(_file(filled, ".index").read_bytes())
    longer = segment_index.SegmentIndex(index.nbytes, index.forms, [*index.keys, "x"], index.offsets, index.checks, index.row_forms)
    beyond = segment_index.SegmentIndex(index.nbytes - 1, index.forms, index.keys, index.offsets, index.checks, index.row_forms)
    for wrong in (longer, beyond):
        _file(filled, ".index").write_bytes(wrong.encode())
        with pytest.raises(ValueError, match="contradicts"):
            segment_index.SegmentIndex.decode(wrong.encode())


def test_rows_swapped_on_the_disk_are_not_taken_for_each_other(open_again: Open, filled: Path, rows: Rows) -> None:
    path = _file(filled, ".rows")
    content = path.read_bytes()
    one, other = content[HEAD : HEAD + ROW], content[HEAD + ROW : HEAD + 2 * ROW]
    path.write_bytes(content[:HEAD] + other + one + content[HEAD + 2 * ROW :])
    assert _sound(open_again(), rows) == set(rows) - {"0000", "0001"}


def test_facts_that_are_lost_lose_no_rows(open_again: Open, filled: Path, rows: Rows) -> None:
    (filled / "facts.json").unlink()
    assert _sound(open_again(), rows) == set(rows)
    assert (filled / "facts.json").is_file()

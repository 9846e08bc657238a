"""What was added is read as it was, by this process and the next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tlstudio.data.row_store import RowStore, open_store, store

Rows = dict[str, list[torch.Tensor]]
Open = Callable[[], RowStore]

DTYPES = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def _equal(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return len(one) == len(other) and all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_rows_come_back_as_they_were(open_again: Open, filled: Path, rows: Rows) -> None:
    store = open_again()
    assert len(store) == 20
    assert store.have([*rows, "absent"]) == set(rows)
    assert all(_equal(store.read(key), row) for key, row in rows.items())
    assert store.nbytes([*rows, "absent"]) == 20 * (448 + 64)  # 3 x 5 x 7 floats and a label, each filled up to 64 bytes
    assert (store.troubles, store.damaged) == ([], 0)


def test_every_dtype_and_shape_of_a_row(open_again: Open) -> None:
    row = [torch.tensor([[0, 1], [3, 2]]).to(dtype) for dtype in DTYPES]
    row += [torch.tensor([1e-7, -2.5, float("inf"), 3e4]).to(dtype) for dtype in FLOATS]
    row += [torch.tensor(3.5), torch.empty(0, 4), torch.arange(6).reshape(2, 3).T]  # a number, nothing, a view
    with open_again().writer() as writer:
        writer.add("all:1", row)
        writer.add("nothing", [])
        writer.add("empty", [torch.empty(0)])
    store = open_again()
    assert _equal(store.read("all:1"), row)
    assert store.read("nothing") == []
    assert store.stacked(["nothing"]) == []
    assert store.stacked(["empty"])[0].shape == (1, 0)
    assert store.read("empty")[0].shape == (0,)
    assert _equal(store.stacked(["all:1"]), [tensor[None] for tensor in row])


def test_channels_last_is_kept_by_value(open_again: Open) -> None:
    picture = torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    with open_again().writer() as writer:
        writer.add("a", [picture])
    assert torch.equal(open_again().read("a")[0], picture)


def test_what_cannot_be_kept_is_said_to_the_caller(open_again: Open) -> None:
    with open_again().writer() as writer, pytest.raises(TypeError, match="complex64"):
        writer.add("a", [torch.zeros(2, dtype=torch.complex64)])


@pytest.mark.parametrize("width", [7, 16])  # with and without a gap behind each row
def test_stacked_in_any_order_and_across_segments(open_again: Open, width: int) -> None:
    made = {f"{i:x}": torch.randn(width) for i in range(1500)}
    keys = list(made)
    store = open_again()
    with store.writer() as writer:
        for i, key in enumerate(keys):
            writer.add(key, [made[key]])
            if i in (3, 700):
                writer.commit()
    for order in (keys, keys[::-1], keys[5::7], [keys[3], keys[4], keys[4], keys[3]]):
        (out,) = store.stacked(order)
        assert torch.equal(out, torch.stack([made[key] for key in order]))
        out += 1  # is the caller's own
    assert torch.equal(store.read(keys[0])[0], made[keys[0]])
    assert store.stacked([]) == []


def test_many_tensors_a_row(open_again: Open) -> None:
    made = {str(i): [torch.full((j + 1,), 60 * i + j, dtype=torch.float16) for j in range(60)] for i in range(30)}
    store = open_again()
    with store.writer() as writer:
        for key, row in made.items():
            writer.add(key, row)
    out = store.stacked(list(made))
    assert _equal(out, [torch.stack(column) for column in zip(*made.values(), strict=True)])


def test_a_system_that_reads_in_small_steps(open_again: Open, filled: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "preadv"):
        pytest.skip("has no other way than the next test's")
    monkeypatch.setattr(os, "preadv", lambda file, pieces, offset, real=os.preadv: real(file, [pieces[0][:99]], offset))
    assert _equal(open_again().stacked(list(rows)), [torch.stack(column) for column in zip(*rows.values(), strict=True)])


def test_a_system_without_vectored_reading(open_again: Open, filled: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "preadv", raising=False)
    assert _equal(open_again().stacked(list(rows)), [torch.stack(column) for column in zip(*rows.values(), strict=True)])


def test_pages_that_are_given_back_are_read_again(open_again: Open, filled: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PAGES", 600)  # after every second row
    opened = open_again()
    read = {key: opened.read(key) for key in rows}
    assert all(_equal(read[key], row) for key, row in rows.items())


def test_rows_of_different_shapes_are_read_one_by_one(open_again: Open) -> None:
    store = open_again()
    with store.writer() as writer:
        writer.add("small", [torch.zeros(3, 4, 4, dtype=torch.uint8)])
        writer.add("large", [torch.ones(3, 8, 6, dtype=torch.uint8)])
    assert [store.read(key)[0].shape for key in ("small", "large")] == [(3, 4, 4), (3, 8, 6)]
    with pytest.raises(ValueError, match="differ"):
        store.stacked(["small", "large"])


def test_absent_rows_and_rows_of_other_facts(open_again: Open, filled: Path) -> None:
    store = open_again()
    for read in (store.read, lambda key: store.stacked(["0000", key])):
        with pytest.raises(KeyError):
            read("absent")
    assert store.damaged == 0
    assert len(open_store("prefix", {"weights": "others", "size": 32})) == 0
    assert len(open_store("pictures", {"weights": "w", "size": 32})) == 0
    assert len(open_store("prefix", {"size": 32, "weights": "w"})) == 20  # the order of facts is none
    with pytest.raises(ValueError, match="shoes"):
        open_store("shoes", {})


def test_a_row_that_is_added_again_counts(open_again: Open, filled: Path) -> None:
    with open_again().writer() as writer:
        writer.add("0003", [torch.ones(1)])
        writer.add("0003", [torch.ones(2)])
    assert open_again().read("0003")[0].tolist() == [1, 1]


def test_tensors_outlive_their_store(open_again: Open, filled: Path, rows: Rows) -> None:
    store = open_again()
    row = store.read("0002")
    store.close()
    del store
    assert _equal(row, rows["0002"])


def test_a_store_of_many_threads(open_again: Open, rows: Rows) -> None:
    store = open_again()
    with ThreadPoolExecutor(4) as pool, store.writer() as writer:
        assert all(pool.map(lambda i: writer.add(f"{i:x}", [torch.full((900,), i)]), range(400)))
    store = open_again()
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda i: bool((store.read(f"{i:x}")[0] == i).all()), range(400)))


def test_what_another_process_commits_is_seen_when_asked(open_again: Open, filled: Path) -> None:
    first, second = open_again(), open_again()
    with second.writer() as writer:
        writer.add("new", [torch.ones(1)])
    assert first.have(["new"]) == set()
    first.refresh()
    assert first.read("new")[0].tolist() == [1]


def test_importing_it_needs_no_torch() -> None:
    code = "import sys; from tlstudio.data import row_store; row_store.usage(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Kept rows against plain files: seconds of processor time to append and to read, and memory while a large store is read.

python tests/benchmarks/bench_store.py [REPEATS]        medians; the ways take turns in each repeat
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlstudio.data.row_store import RowStore, open_store

# name, rows, shape of a row, dtype
CASES = [
    ("20,000 rows of 5 KB", 20_000, (1280,), torch.float32),
    ("500 rows of 800 KB", 500, (3, 512, 512), torch.uint8),
]
MB = 1e6


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def one_case(folder: Path, rows: int, shape: tuple[int, ...], dtype: torch.dtype, repeat: int) -> dict[str, float]:
    """Seconds by what was done. Everything lies in the page cache: it is the processor that is compared, not the disk."""
    data = (torch.rand(rows, *shape) * 255).to(dtype)
    kind, extent = data.numpy().dtype, tuple(data.shape)
    keys = [f"{i:032x}" for i in range(rows)]
    mixed = torch.randperm(rows).tolist()
    said: dict[str, float] = {}

    def append() -> RowStore:
        store = open_store("prefix", {"rows": rows, "repeat": repeat})
        with store.writer() as writer:
            for key, row in zip(keys, data, strict=True):
                writer.add(key, [row])
        return store

    def append_memmap() -> None:
        plain = np.memmap(folder / "plain", kind, "w+", shape=extent)
        for i, row in enumerate(data.numpy()):
            plain[i] = row
        plain.flush()

    said["append: store"], store = timed(append)
    store.close()
    said["append: np.memmap"], _ = timed(append_memmap)
    said["append: torch.save, all at once"], _ = timed(lambda: torch.save(data, folder / "saved"))

    said["open: store"], store = timed(lambda: open_store("prefix", {"rows": rows, "repeat": repeat}))
    said["all, first time (verified): store"], (out,) = timed(lambda: store.stacked(keys))
    assert torch.equal(out, data)
    said["all: store"], (out,) = timed(lambda: store.stacked(keys))
    said["all: np.memmap, copied"], _ = timed(lambda: np.array(np.memmap(folder / "plain", kind, "r", shape=extent)))
    said["all: torch.load"], _ = timed(lambda: torch.load(folder / "saved"))

    batches = [mixed[i : i + 32] for i in range(0, rows, 32)]
    plain = np.memmap(folder / "plain", kind, "r", shape=extent)
    said["batches of 32, any order: store"], _ = timed(lambda: [store.stacked([keys[i] for i in batch]) for batch in batches] and None)
    said["batches of 32, any order: np.memmap"], _ = timed(lambda: [torch.from_numpy(plain[batch]) for batch in batches] and None)
    said["row by row, no copy: store"], _ = timed(lambda: [store.read(keys[i]) for i in mixed] and None)
    store.close()
    return said


def memory(folder: str) -> None:
    """In a child: how far a store of 1 GB lifts the memory of the process, written and then read in both ways."""
    store = open_store("pictures", {"large": folder})

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB  # begins with that of the parent

    row = torch.randint(0, 256, (800_000,), dtype=torch.uint8)
    keys = [str(i) for i in range(1250)]
    peaks = [peak()]
    with store.writer() as writer:
        for key in keys:
            assert writer.add(key, [row]), writer.trouble
    peaks.append(peak())
    for at in range(0, len(keys), 32):
        store.stacked(keys[at : at + 32])
    peaks.append(peak())
    total = sum(int(store.read(key)[0][::4096].sum()) for key in keys)
    peaks.append(peak())
    assert total == 1250 * int(row[::4096].sum())
    print(*peaks)


def main(repeats: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLSTUDIO_HOME"] = folder
        output = subprocess.run([sys.executable, __file__, "--memory", folder], check=True, capture_output=True, text=True).stdout
        before, written, stacked, read = (float(word) for word in output.split())
        print("peak memory, a store of 1,000 MB")
        print(f"  before {before:.0f} MB, written {written:.0f}, read in batches {stacked:.0f}, read without copies {read:.0f}")
        for name, rows, shape, dtype in CASES:
            said = [one_case(Path(folder), rows, shape, dtype, repeat) for repeat in range(repeats)]
            print(name)
            for what in said[0]:
                seconds = statistics.median(one[what] for one in said)
                print(f"  {what:40} {seconds:8.4f} s, {seconds / rows * 1e6:8.1f} µs a row", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

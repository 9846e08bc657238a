"""How long the built-in sample takes to draw: `python tests/benchmarks/bench_sample.py [N]`; prints one JSON document."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tlstudio.data.sample import make


def measure(n: int) -> dict[str, float]:
    """Seconds for n pictures with their masks, of wall clock and of all processors; and for finding them complete again."""
    with tempfile.TemporaryDirectory() as folder:
        began, worked = time.perf_counter(), time.process_time()
        make(Path(folder) / "leaves", n=n)
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
        again = time.perf_counter()
        images = make(Path(folder) / "leaves", n=n)
        reused = time.perf_counter() - again
        size = sum(path.stat().st_size for path in images.parent.rglob("*") if path.is_file())
    return {
        "pictures": n,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "reused_seconds": round(reused, 4),
        "bytes": size,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)) + "\n")

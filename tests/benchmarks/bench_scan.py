"""How long a scan of many small files takes, first and again, and what memory: `python tests/benchmarks/bench_scan.py [files] [folder]`.

Makes a folder of tiny PNGs of ten classes (100,000 by default) in a temporary place, or scans the folder named.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tlstudio.data.scan import scan
from tlstudio.recipe import Data


def make(folder: Path, n: int) -> None:
    """n pictures of 32 x 32, all different, a thousand a folder and class at the least."""
    noise = np.random.default_rng(0)
    for i in range(n):
        path = folder / f"class{i % 10}" / f"{i:06}.png"
        if i < 10:
            path.parent.mkdir(parents=True)
        coarse = noise.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((32, 32)).save(path, compress_level=1)


def measure(what: str, folder: Path) -> None:
    start = time.perf_counter()
    report = scan(folder)
    seconds = time.perf_counter() - start
    document = time.perf_counter()
    report.to_json(Data())
    document = time.perf_counter() - document
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{what}: {report.files:,} files in {seconds:.2f} s, {report.files / seconds:,.0f} files/s; "
        f"document {document:.2f} s; {len(report.problems):,} problems; peak {peak:.0f} MB\n"
    )


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["TLSTUDIO_HOME"] = str(Path(temporary) / "home")
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary) / "images"
        if len(sys.argv) <= 2:
            make(folder, n)
        measure("first", folder)
        measure("again", folder)


if __name__ == "__main__":
    main()

"""The bench of long curves, by its own script: what it prints as a redraw."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from table import said

BENCH = Path(__file__).parents[2] / "bench_curves.py"


def main() -> None:
    done = subprocess.run([sys.executable, str(BENCH)], capture_output=True, text=True, check=False)  # 1: slower than its limit
    found = re.search(r"redraw\D*?([\d.]+) ms", done.stdout)
    if found is None:
        sys.exit(done.stderr.strip() or f"no figure in what {BENCH.name} printed")
    said.figure("redraw_ms", float(found[1]))
    said.mark("done")


if __name__ == "__main__":
    main()

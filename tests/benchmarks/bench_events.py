"""How live the window stays while a run says 200 events a second, and whether its memory stays flat.

python tests/benchmarks/bench_events.py [SECONDS] [PAGE]        600 s on the train page, or on the model page, with its tree
Prints the gaps of a 10 ms timer in the window and its memory over time. No learning goes on: the machine is idle but for the window.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))
HERE = str(Path(__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])  # where the engine finds flood.jobs
sys.path.insert(0, HERE)

import psutil

PER_SECOND = 200


def main(seconds: float, page: str) -> None:
    from PySide6.QtCore import QTimer

    from tlstudio.engine.client import Engine
    from tlstudio.gui.app import build
    from tlstudio.gui.main_window import MainWindow

    app, window = build()
    assert isinstance(window, MainWindow)
    session = window.session
    session.choose_strategy("full")
    session.asked_for.emit(page)
    session.trainer.engine = Engine("trainer", jobs="flood.jobs")
    handle = session.trainer.submit("flood", {"seconds": seconds, "per_second": PER_SECOND})
    session.live.start(session.recipe, handle)
    while not session.live.history.x:
        app.processEvents()
        time.sleep(0.002)
    stamps, memory, process = list[float](), list[int](), psutil.Process()
    timer, watch = QTimer(interval=10), QTimer(interval=round(1000 * seconds / 12))
    timer.timeout.connect(lambda: stamps.append(time.perf_counter()))
    watch.timeout.connect(lambda: memory.append(process.memory_info().rss))
    session.live.ended.connect(lambda: app.exit(0))
    timer.start()
    watch.start()
    app.exec()
    gaps = sorted(1000 * (b - a) for a, b in itertools.pairwise(stamps))
    middle, p99, longest = gaps[len(gaps) // 2], gaps[int(0.99 * len(gaps))], gaps[-1]
    print(f"{PER_SECOND} events/s for {seconds:.0f} s on {page}: gaps median {middle:.1f}, p99 {p99:.1f}, max {longest:.1f} ms")
    print("memory, MB: " + ", ".join(f"{each / 1e6:.0f}" for each in memory))
    window.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0, sys.argv[2] if len(sys.argv) > 2 else "train")

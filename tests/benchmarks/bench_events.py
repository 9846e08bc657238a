"""How live the window stays while a run says 200 events a second, or a long one is replayed, and whether its memory stays flat.

python tests/benchmarks/bench_events.py [SECONDS] [PAGE]        600 s on the train page, or on the model page, with its tree
python tests/benchmarks/bench_events.py SECONDS replay          a run of 100,000 events, at 16 times its pace, on the train page
python tests/benchmarks/bench_events.py SECONDS presentation    the same, presented

Prints the gaps of a 10 ms timer in the window, the window's own time between two of them (of the processor, so that a busy machine does not
count), and its memory over time. No learning goes on: the machine is idle but for the window.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))
HERE = str(Path(__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])  # where the engine finds flood.jobs
sys.path.insert(0, HERE)

import psutil

if TYPE_CHECKING:
    from tlstudio.gui.main_window import MainWindow

PER_SECOND, LONG = 200, 100_000


def main(seconds: float, page: str) -> None:
    from PySide6.QtCore import QTimer

    from tlstudio.gui.app import build
    from tlstudio.gui.main_window import MainWindow

    app, window = build()
    assert isinstance(window, MainWindow)
    begin = {"replay": replay, "presentation": present}.get(page, flood)
    begin(window, seconds, page)
    session = window.session
    while not session.live.history.x:
        app.processEvents()
        time.sleep(0.002)
    stamps, memory, process = list[tuple[float, float]](), list[int](), psutil.Process()
    timer, watch = QTimer(interval=10), QTimer(interval=round(1000 * seconds / 12))
    timer.timeout.connect(lambda: stamps.append((time.perf_counter(), time.thread_time())))
    watch.timeout.connect(lambda: memory.append(process.memory_info().rss))
    session.live.ended.connect(lambda: app.exit(0))
    if begin is not flood:
        QTimer.singleShot(round(1000 * seconds), lambda: app.exit(0))
    timer.start()
    watch.start()
    app.exec()
    what = f"{PER_SECOND} events/s" if begin is flood else f"{LONG:,} events"
    print(f"{what} for {seconds:.0f} s, {page}: {said(stamps)}")
    print("memory, MB: " + ", ".join(f"{each / 1e6:.0f}" for each in memory))
    window.close()


def said(stamps: list[tuple[float, float]]) -> str:
    """Gaps and the window's own time in them."""
    out = []
    for word, at in (("gaps", 0), ("processor", 1)):
        spent = sorted(1000 * (b[at] - a[at]) for a, b in itertools.pairwise(stamps))
        out.append(f"{word} median {spent[len(spent) // 2]:.1f}, p99 {spent[int(0.99 * len(spent))]:.1f}, max {spent[-1]:.1f} ms")
    return "; ".join(out)


def flood(window: MainWindow, seconds: float, page: str) -> None:
    """A run in an engine that learns nothing."""
    from tlstudio.engine.client import Engine

    session = window.session
    session.choose_strategy("full")
    session.asked_for.emit(page)
    session.trainer.engine = Engine("trainer", jobs="flood.jobs")
    handle = session.trainer.submit("flood", {"seconds": seconds, "per_second": PER_SECOND})
    session.live.start(session.recipe, handle)


def replay(window: MainWindow, seconds: float, page: str) -> None:
    """A long run in its folder, from its middle on."""
    from PySide6.QtWidgets import QApplication

    window.session.replay(str(long_run()), 16)
    played: Any = window.session.replaying
    while played.state == "starting":
        QApplication.processEvents()
        time.sleep(0.002)
    played.seek(played.lasts / 2)
    played.go_on()
    while played._place < len(played.timeline.said) / 2:
        QApplication.processEvents()
        time.sleep(0.002)


def present(window: MainWindow, seconds: float, page: str) -> None:
    replay(window, seconds, page)
    window.present()


def long_run() -> Path:
    """The folder of a run that said LONG events: ten a second, an epoch of forty seconds after the other."""
    from flood.jobs import flood as said

    from tlstudio.control import Control
    from tlstudio.events import Event, Progress
    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run

    run, lines = Run.create(Recipe().set({"name": "long", "frozen.strategy": "full"})), list[str]()

    def tell(event: Event) -> None:
        if not isinstance(event, Progress):
            lines.append(event.replace(at=1e9 + len(lines) / 10).to_line())

    said(2 * LONG / PER_SECOND, PER_SECOND, tell=tell, control=Control(), pace=False)
    (run.path / "events.jsonl").write_text("".join(lines))
    return run.path


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0, sys.argv[2] if len(sys.argv) > 2 else "train")

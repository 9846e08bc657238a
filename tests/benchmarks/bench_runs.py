"""Ten thousand runs: the first listing, the second, and what the window does with them. Times are the process's own.

python tests/benchmarks/bench_runs.py [--runs 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def make(n: int) -> None:
    """n folders of finished runs, each with recipe, summary and events of 20 epochs."""
    from tlstudio import events, places
    from tlstudio.recipe import Recipe

    root = places.runs()
    metrics = {"val_accuracy": 0.9, "val_accuracy_interval": [0.85, 0.94], "val_loss": 0.31, "val_n": 153}
    epochs = "".join(
        events.EpochEnded(
            epoch=i + 1, stage="head", train_loss=0.4, train_accuracy=0.8, val_loss=0.3, val_accuracy=0.9, correct=9, n=10, lr=0.01,
            backbone_lr=0.001, seconds=1.0, images_per_second=100.0, best=True,
        ).to_line() for i in range(20)
    )  # fmt: skip
    recipes = [
        Recipe().set({"name": f"Ants {i}", "data.path": "/photos/ants", "optimizer.lr": 0.01 / (i + 1), "training.seed": i}).to_toml()
        for i in range(40)
    ]
    for i in range(n):
        folder = root / f"run-{i:05}"
        folder.mkdir(parents=True)
        (folder / "recipe.toml").write_text(recipes[i % 40])
        (folder / "events.jsonl").write_text(epochs)
        said = {"reason": "completed", "epochs": 20, "best_epoch": 7, "seconds": 60 + i, "device": "cpu", "images_per_second": 80.5}
        curve = [round(0.5 + 0.02 * ((i + k) % 20), 6) for k in range(20)]
        proof = {"ok": True, "tensors": 300, "before": "ab" * 16, "after": "ab" * 16, "moved": []}
        summary = {**said, "metrics": {**metrics, "val_accuracy": 0.5 + (i % 500) / 1000}, "curve": curve, "frozen_proof": proof}
        (folder / "summary.json").write_text(json.dumps(summary))
        if i % 10 == 0:
            (folder / "notes.json").write_text(json.dumps({"note": f"note {i}", "tags": ["poster"]}))


def timed(word: str, work: Callable[[], Any]) -> Any:
    began, clock = time.process_time(), time.perf_counter()
    out = work()
    used = time.process_time() - began
    print(f"{word:<46} {1000 * used:>9.1f} ms of processor, {1000 * (time.perf_counter() - clock):>9.1f} ms by the clock")
    return out


def megabytes() -> float:
    """Resident now, where the system tells; else the most so far."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def listings() -> list[dict[str, Any]]:
    from tlstudio import api

    rows = timed("first listing: every recipe and summary is read", api.list_runs)
    timed("second listing, all rows", api.list_runs)
    known = api.list_runs({})
    place = {"id": known["id"], "seq": known["seq"]}
    answer = timed("second listing, what is new: nothing", lambda: api.list_runs(place))
    assert answer["rows"] == []
    api.note_run(rows[len(rows) // 2]["path"], note="found again")
    answer = timed("the same after one run was noted on", lambda: api.list_runs(place))
    assert [row["note"] for row in answer["rows"]] == ["found again"]
    return rows


def window(n: int) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    from tlstudio.gui import theme
    from tlstudio.gui.pages.runs import RunsPage
    from tlstudio.gui.session import Session
    from tlstudio.gui.widgets.runs_model import COLUMNS
    from tlstudio.run_rows import index

    app = QApplication([])
    theme.apply(app, theme.LIGHT)
    session = Session()
    page = RunsPage(session)
    page.resize(1096, 704)
    page.show()
    empty = megabytes()
    rows = timed("rows out of the index, in the window's thread pool", lambda: [row for _, lot in index.fresh({}) for row in lot])
    assert len(rows) == n
    page._list.rows, page._list.loading = rows, page._list.loading.__class__("ready", "runs")

    def opened() -> None:
        page.entered()
        app.processEvents()

    def then(work: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: (work(), app.processEvents())

    page._list.ask = lambda: None  # type: ignore[method-assign]
    timed("the page opens with all of them, painted", opened)
    timed("the page comes into view again", opened)
    table = page._table
    keys = {column.key: i for i, column in enumerate(COLUMNS)}
    for key in ("val_accuracy", "title", "seconds"):
        timed(f"sorted by {key}", then(lambda key=key: table.sortByColumn(keys[key], Qt.SortOrder.DescendingOrder)))
    timed("filtered: first letters", then(lambda: table.filter_by("an")))
    timed("filtered: ants 17 cpu", then(lambda: table.filter_by("17 ants")))
    timed("filter emptied", then(lambda: table.filter_by("")))
    timed("scrolled to the end", then(table.scrollToBottom))
    timed("the live run's row changes", then(lambda: table.update_row(rows[0]["path"])))
    print(f"memory of the window for {n:,} runs: {megabytes() - empty:.0f} MB above {empty:.0f} MB")
    session.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    asked = parser.parse_args().runs
    home = tempfile.mkdtemp()
    os.environ["TLSTUDIO_HOME"] = home
    try:
        make(asked)
        listings()
        window(asked)
    finally:
        shutil.rmtree(home)

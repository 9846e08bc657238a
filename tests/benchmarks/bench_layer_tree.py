"""The layer tree with 10,000 rows: expand all, toggle the root, filter, load; each as the user waits for it, painting included.

python tests/benchmarks/bench_layer_tree.py
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from tlstudio.gui import theme
from tlstudio.gui.layer_rates import LayerRates
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.recipe import Optimizer

LIMITS = {"expand all": 50, "toggle the root": 50}  # ms


def document_rows(n: int) -> list[dict[str, Any]]:
    """n rows: one root module, stages of blocks of convolutions with weight and bias."""

    def row(path: str, kind: str, type_: str, params: int) -> dict[str, Any]:
        shape = {"input": [1, 64, 56, 56], "output": [1, 64, 56, 56]} if kind == "module" else {"input": None, "output": None}
        own = params if kind == "parameter" else 0
        cost = {"params": params, "own_params": own, "mult_adds": 1000 * params, "shape": [params]}
        return {"path": path, "type": type_, "kind": kind, "batchnorm": False, "shared_with": None, **shape, **cost}

    rows = [row("", "module", "Net", 0), row("trunk", "module", "Sequential", 0)]
    stage = 0
    while len(rows) < n:
        rows.append(row(f"trunk.{stage}", "module", "Sequential", 200 * 300))
        for block in range(20):
            rows.append(row(f"trunk.{stage}.{block}", "module", "Block", 900))
            for conv in ("conv1", "conv2", "conv3"):
                path = f"trunk.{stage}.{block}.{conv}"
                rows.append(row(path, "module", "Conv2d", 300))
                rows += [row(f"{path}.weight", "parameter", "Parameter", 290), row(f"{path}.bias", "parameter", "Parameter", 10)]
        stage += 1
    return rows[:n]


def milliseconds(work: Callable[[], Any], before: Callable[[], Any] = lambda: None, times: int = 7) -> tuple[float, float]:
    """(by the clock, computed by this thread) until everything is painted; best of several. The clock also counts other programs."""
    clock, own = [], []
    for _ in range(times):
        before()
        QApplication.processEvents()
        start, began = time.perf_counter(), time.thread_time()
        work()
        QApplication.processEvents()
        clock.append(1000 * (time.perf_counter() - start))
        own.append(1000 * (time.thread_time() - began))
    return min(clock), min(own)


def main() -> int:
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([])
    theme.apply(app, theme.LIGHT)
    rows = document_rows(10_000)
    ticks = Ticks(rows)
    tree = LayerTree()
    tree.resize(640, 544)
    tree.show()
    root = ticks.row_of["trunk"]

    def load() -> None:
        tree.layers.load(rows, ticks)
        tree.layers.complete()
        tree.fit_columns()

    def toggle() -> None:
        frozen = ticks.states(mask[0])[root] != 2
        mask[0] = ticks.toggled(mask[0], [root], frozen)
        ticks.strategy(mask[0], {"head": ["trunk.0"], "full": []}, weights="pretrained")
        ticks.learning(mask[0])
        any(np.array_equal(block, mask[0]) for block in masks)
        tree.layers.show_rates(rates.shares(optimizer), mask[0], "eval", optimizer.multipliers)
        tree.layers.show_ticks(mask[0], "eval")
        tree.viewport().update()

    mask = [ticks.mask(())]
    stages = [path for path in ticks.paths if path.startswith("trunk.") and path.count(".") == 1]
    blocks = [{"frozen": stages[:i]} for i in range(len(stages))]
    masks = [ticks.mask(block["frozen"]) for block in blocks]
    rates = LayerRates(ticks, {"head_path": stages[-1], "blocks": blocks})
    optimizer = Optimizer(layer_decay=0.9, multipliers={"trunk.0": 0.1})
    figures = {"load 10,000 rows": milliseconds(load, times=3)}
    figures["expand all"] = milliseconds(tree.expandAll, tree.collapseAll)
    tree.expandAll()
    figures["toggle the root"] = milliseconds(toggle)
    figures["filter"] = milliseconds(lambda: tree.filter_rows("conv2"), lambda: tree.filter_rows(""), times=3)
    tree.filter_rows("")
    bar = tree.verticalScrollBar()
    figures["scroll a page"] = milliseconds(lambda: bar.setValue(bar.value() + bar.pageStep()))
    wrong = False
    for name, (clock, own) in figures.items():
        limit = LIMITS.get(name)
        slow = limit is not None and own > limit
        wrong |= slow
        tail = f"  (limit {limit})" if limit else ""
        sys.stdout.write(f"{name:20s} {clock:7.1f} ms by the clock, {own:6.1f} ms computed{tail}{'  TOO SLOW' if slow else ''}\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""How fast the curves of a very long run are drawn again, in milliseconds of process time (so that a busy machine does not count).

python tests/benchmarks/bench_curves.py
Four curves of 10^6 steps each (loss and accuracy, each raw and smoothed), with both learning rates above them, on the card of the train
page at its usual size; medians of 21, with the least and the largest. A redraw: some new
steps have come, all points are put into the plots anew, and painted.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))

import numpy as np
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from tlstudio import events
from tlstudio.gui import theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.widgets.curves_card import CurvesCard
from tlstudio.recipe import Recipe

STEPS, AN_EPOCH, NEW = 1_000_000, 10_000, 30
LIMIT = 16.0  # milliseconds
TIMES = 21
_FOUR = "a redraw of the four curves"


def history(steps: int = STEPS) -> RunHistory:
    """A run of two stages as it is read from its folder: noisy curves with a spike now and then."""
    epochs = steps // AN_EPOCH + 10
    out = RunHistory(
        [
            events.RunStarted(
                run="/runs/long", name="Long", task="classification", model="efficientnet_lite0", strategy="last-block", epochs=epochs,
                steps_per_epoch=AN_EPOCH, n_train=AN_EPOCH, n_val=100, n_test=0, classes=["a", "b"], device="cpu", params=10,
                params_learning=1, cached=True,
            ),
            events.StageStarted(name="head", learns="head", first_epoch=1, last_epoch=20, lr=0.01),
            events.StageStarted(name="last-block", learns="last block", first_epoch=21, last_epoch=epochs, lr=0.002, backbone_lr=0.0005),
        ]
    )  # fmt: skip
    random = np.random.default_rng(7)
    for epoch in range(1, steps // AN_EPOCH + 1):
        out.add(_steps(epoch, 1, AN_EPOCH, random))
        out.add(
            events.EpochEnded(
                epoch=epoch, stage="head", train_loss=1.0, train_accuracy=0.5, val_loss=1 / epoch, val_accuracy=0.9, correct=90, n=100,
                lr=0.001, backbone_lr=0.0001, seconds=1.0, images_per_second=100.0, best=epoch == 1,
            )
        )  # fmt: skip
    return out


def _steps(epoch: int, first: int, many: int, random: np.random.Generator) -> events.Steps:
    x = epoch + np.arange(many) / AN_EPOCH
    loss = 1 / (1 + 0.1 * x) + 0.1 * random.standard_normal(many) + (random.random(many) > 0.9999)
    accuracy = np.clip(1 - 0.3 / (1 + 0.1 * x) + 0.05 * random.standard_normal(many), 0, 1)
    rates = 0.01 / x
    return events.Steps(
        epoch=epoch, first=first, loss=loss.tolist(), accuracy=accuracy.tolist(), lr=rates.tolist(), backbone_lr=(rates / 4).tolist()
    )


def timed(do: Callable[[int], object], times: int = TIMES) -> list[float]:
    out = []
    for i in range(times):
        start = time.process_time()
        do(i)
        out.append(1000 * (time.process_time() - start))
    return out


def main() -> int:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.LIGHT)
    run, recipe, random = history(), Recipe().with_strategy("last-block"), np.random.default_rng(1)
    card = CurvesCard()
    card.resize(694, 330)
    card.show()
    epoch = STEPS // AN_EPOCH + 1

    def draw() -> None:
        card.draw_half("loss", run, recipe)
        card.draw_rates(run, recipe)
        card.draw_half("accuracy", run, recipe)

    opened = timed(lambda _: draw(), 1)[0]
    new = [_steps(epoch, 1 + i * NEW, NEW, random) for i in range(TIMES)]
    target = QImage(card.size(), QImage.Format.Format_RGB32)

    def four(i: int) -> None:
        """A redraw of both plots."""
        run.add(new[i])
        for what, plot in (("loss", card.loss), ("accuracy", card.accuracy)):
            card.draw_half(what, run, recipe)
            painter = QPainter(target)
            plot.render(painter)
            painter.end()

    def whole(_: int) -> None:
        draw()
        card.render(target)

    parts = {_FOUR: timed(four), "the whole card, with bands and rates": timed(whole), "of which points": timed(lambda _: draw())}
    print(f"four curves of {len(run.x):,} steps each, and two rates")
    print(f"{'opened from disk, smoothing included':<38}{opened:8.1f} ms")
    for words, times in parts.items():
        print(f"{words:<38}{statistics.median(times):8.1f} ms   ({min(times):.1f} to {max(times):.1f})")
    return int(statistics.median(parts[_FOUR]) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

"""JOBS for an engine: `flood` says so many events a second, as a run of one strategy would, signals of its layers among them."""

from __future__ import annotations

import math
import time
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.events import EpochEnded, Progress, RunStarted, Signals, StageStarted, Steps

STEPS_PER_EPOCH, LAYERS = 400, 60


def flood(seconds: float, per_second: int, *, tell: Tell, control: Control, pace: bool = True) -> dict[str, Any]:
    """Steps and Progress in turn, an epoch's end every STEPS_PER_EPOCH steps, signals once a second. pace: in their time, not at once."""
    total = round(seconds * per_second)
    epochs = total // 2 // STEPS_PER_EPOCH + 1
    said: dict[str, Any] = {"run": "", "name": "flood", "task": "classification", "model": "efficientnet_lite0", "strategy": "full"}
    said |= {"epochs": epochs, "steps_per_epoch": STEPS_PER_EPOCH, "n_train": 12800, "n_val": 400, "n_test": 0, "classes": ["a", "b"]}
    tell(RunStarted(**said, device="cpu", params=3_000_000, params_learning=3_000_000, cached=False))
    tell(StageStarted(name="full", learns="everything", first_epoch=1, last_epoch=epochs, lr=0.001, backbone_lr=0.0001))
    began, step = time.perf_counter(), 0
    for n in range(total):
        if control.stopping:
            break
        control.check()
        if pace:
            time.sleep(max(0.0, began + n / per_second - time.perf_counter()))
        epoch, within = step // STEPS_PER_EPOCH + 1, step % STEPS_PER_EPOCH
        if n % 2:
            tell(Progress(phase="train", done=within, total=STEPS_PER_EPOCH, unit="steps", overall=n / total, remaining=(1.0, 2.0)))
            continue
        loss = math.exp(-step / 5000) * (1 + 0.2 * math.sin(step))
        tell(Steps(epoch=epoch, first=within + 1, loss=[loss], accuracy=[1 - loss / 3], lr=[0.001], backbone_lr=[0.0001]))
        if n % per_second == 0:
            values: list[float | None] = [loss * (i + 1) for i in range(LAYERS)]
            layers = [f"blocks.{i // 10}.{i % 10}.conv_pw" for i in range(LAYERS)]
            tell(Signals(epoch=epoch, step=within + 1, layers=layers, gradient=values, update=values, drift=values, dead=values))
        step += 1
        if step % STEPS_PER_EPOCH == 0:
            figures: dict[str, Any] = {
                "train_loss": loss,
                "train_accuracy": 0.9,
                "val_loss": loss,
                "val_accuracy": 0.9,
                "correct": 360,
                "n": 400,
            }
            rates: dict[str, Any] = {"lr": 0.001, "backbone_lr": 0.0001, "seconds": 4.0, "images_per_second": 3200.0, "best": True}
            tell(EpochEnded(epoch=epoch, stage="everything", **figures, **rates))
    return {"run": "", "metrics": {}}


JOBS = {"flood": flood, "warm": lambda: {}}

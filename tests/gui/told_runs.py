"""What runs say, as a window hears it."""

from __future__ import annotations

import math

from tlstudio import events
from tlstudio.events import Event

SCENE_CLASSES = ["background", "leaf", "stem"]


def run_events(done: float = 3.5, *, epochs: int = 10, steps: int = 4, run: str = "/runs/one", end: str = "") -> list[Event]:
    """What a run of `epochs` epochs of `steps` steps says until `done` epochs are over; validation is best in epoch 2 of every three."""
    out: list[Event] = [
        events.RunStarted(
            run=run, name="Ants", task="classification", model="efficientnet_lite0", strategy="last-block", epochs=epochs,
            steps_per_epoch=steps, n_train=32, n_val=20, n_test=0, classes=["ants", "bees"], device="cpu", params=1000,
            params_learning=100, cached=False,
        ),
        events.StageStarted(name="Last block", learns="last block", first_epoch=1, last_epoch=epochs),
    ]  # fmt: skip
    best = 0
    for epoch in range(1, math.ceil(done) + 1):
        n = min(steps, round(done * steps) - (epoch - 1) * steps)
        x = [epoch - 1 + (i + 1) / steps for i in range(n)]
        rates = [0.002 * (1 - at / epochs) for at in x]
        out.append(
            events.Steps(
                epoch=epoch, first=1, loss=[1 / (1 + at) for at in x], accuracy=[min(1.0, 0.5 + 0.1 * at) for at in x], lr=rates,
                backbone_lr=[rate / 10 for rate in rates],
            )
        )  # fmt: skip
        if n == steps:
            correct = min(20, 10 + epoch + (3 if epoch % 3 == 2 else 0))
            out.append(
                events.EpochEnded(
                    epoch=epoch, stage="last block", train_loss=1 / epoch, train_accuracy=0.5, val_loss=1.5 / epoch,
                    val_accuracy=correct / 20, correct=correct, n=20, lr=rates[-1], backbone_lr=rates[-1] / 10, seconds=1.5,
                    images_per_second=20.0, best=correct > best,
                )
            )  # fmt: skip
            best = max(best, correct)
            out.append(events.CheckpointWritten(epoch=epoch, step=0, best=True))
    if end:
        out.append(events.FrozenProof(ok=True, tensors=312, before="ab", after="ab"))
        out.append(events.RunEnded(reason=end, summary={}))
    return out


def masks_run(epochs: int = 3) -> list[Event]:
    """What a run on masks says: mean IoU 0.2, 0.3, ... ; nine tenths of the pixels are right."""
    out: list[Event] = [
        events.RunStarted(
            run="/runs/masks", name="Scenes", task="segmentation", model="efficientnet_lite0", strategy="head", epochs=5,
            steps_per_epoch=2, n_train=4, n_val=2, n_test=0, classes=SCENE_CLASSES, device="cpu", params=10, params_learning=1,
            cached=False,
        )
    ]  # fmt: skip
    for epoch in range(1, epochs + 1):
        out.append(events.Steps(epoch=epoch, first=1, loss=[1.0, 0.9], accuracy=[0.5, 0.6], lr=[0.01] * 2, backbone_lr=[0.0] * 2))
        out.append(
            events.EpochEnded(
                epoch=epoch, stage="head", train_loss=1.0, train_accuracy=0.6, val_loss=0.8, val_accuracy=0.9, correct=None, n=2, lr=0.01,
                backbone_lr=0.0, seconds=1.0, images_per_second=4.0, best=True, val_mean_iou=0.1 + 0.1 * epoch,
            )
        )  # fmt: skip
    return out

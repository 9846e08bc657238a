"""What a tracker is, and the figures of an event as trackers name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from tlstudio.events import EpochEnded, Event, Signals, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


class Tracker(Protocol):
    """Takes every event of a run that is recorded, in order, those of earlier sessions excepted. It may raise whatever it likes: it is
    let go then, and training goes on."""

    def take(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Figures:
    """An event's figures as (step of the run, {name: value}); steps are counted from 1 through all epochs."""

    def __init__(self) -> None:
        self.steps_per_epoch = 1

    def of(self, event: Event) -> Iterator[tuple[int, dict[str, float]]]:
        """Nothing for events without figures. What is not known is left out."""
        if isinstance(event, Steps):
            first = (event.epoch - 1) * self.steps_per_epoch + event.first
            columns = zip(event.loss, event.accuracy, event.lr, event.backbone_lr, strict=True)
            for i, (loss, accuracy, lr, backbone_lr) in enumerate(columns):
                yield first + i, known({"train/loss": loss, "train/accuracy": accuracy, "rate/head": lr, "rate/backbone": backbone_lr})
        elif isinstance(event, EpochEnded):
            said = {
                "epoch/number": event.epoch,
                "epoch/train_loss": event.train_loss,
                "epoch/train_accuracy": event.train_accuracy,
                "val/loss": event.val_loss,
                "val/accuracy": event.val_accuracy,
                "val/mean_iou": event.val_mean_iou,
                "epoch/seconds": event.seconds,
                "epoch/images_per_second": event.images_per_second,
            }
            yield event.epoch * self.steps_per_epoch, known(said)
        elif isinstance(event, Signals):
            layers: dict[str, float | None] = {}
            for name in ("gradient", "update", "drift", "dead"):
                layers |= {f"{name}/{layer}": value for layer, value in zip(event.layers, getattr(event, name), strict=True)}
            yield (event.epoch - 1) * self.steps_per_epoch + event.step, known(layers)


def known(said: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in said.items() if value is not None}


def facts(recipe: Recipe, run: Run) -> dict[str, Any]:
    """What the run is, by dotted key, for a table of runs."""
    sections = {name: said for name, said in recipe.model_dump(mode="json").items() if isinstance(said, dict)}
    return {"run": str(run.path)} | {f"{section}.{key}": value for section, values in sections.items() for key, value in values.items()}

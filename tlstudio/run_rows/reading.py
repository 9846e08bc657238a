"""A run in one row, for tables: from its recipe, summary and events; never from its weights."""

from __future__ import annotations

from typing import Any

from tlstudio import places
from tlstudio.errors import StudioError
from tlstudio.events import EpochEnded, RunFailed, RunStarted, Steps
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import parts
from tlstudio.run_rows import notes
from tlstudio.runs import Run


def row(run: Run) -> dict[str, Any]:
    """{name, path, title, state, reason, model, strategy, ...}; null where not known, `error` where its files cannot be read.

    state: finished, live, unfinished, or failed: it ended in a failure before its first step, and there is nothing to go on from.
    epochs: of the recipe's training section; epochs_planned: of all stages together, what epoch and best_epoch count towards.
    stages: [[learns, epochs]], where there are several. note, tags: see `notes`. elsewhere: it does not lie in the runs folder.
    """
    out: dict[str, Any] = {"name": run.name, "path": str(run.path), "title": run.name, "state": run.state(), "error": None}
    out |= dict.fromkeys(_KEYS) | notes.read(run) | {"elsewhere": run.path.parent != places.runs()}
    try:
        recipe = run.recipe()
    except StudioError as error:
        return {**out, "error": str(error)}
    out |= {
        "title": recipe.name or run.name,
        "model": recipe.model.name,
        "strategy": recipe.frozen.strategy,
        "task": recipe.data.task,
        "data": recipe.data.path,
        "augment": recipe.augment.enabled,
        "lr": recipe.optimizer.lr,
        "backbone_lr": recipe.optimizer.backbone_lr,
        "batch_size": recipe.training.batch_size,
        "seed": recipe.training.seed,
        "epochs": recipe.training.epochs,
        **_stages(recipe),
        "head": recipe.head.kind,
        "optimizer": recipe.optimizer.kind,
        "schedule": recipe.schedule.kind,
        "train_share": recipe.data.train_share,
        "split_seed": recipe.data.split_seed,
        "image_size": recipe.data.image_size,
        "started": (run.path / "recipe.toml").stat().st_mtime,
    }
    summary = run.summary()
    try:
        return out | (_finished(summary) if summary is not None else _told(run))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # one damaged folder must not hide the other runs
        return {**out, "error": f"What the run wrote is damaged ({type(error).__name__}: {error})"}


def _stages(recipe: Recipe) -> dict[str, Any]:
    """Epochs of all stages together, and the stages where there are several; as far as the recipe alone says: the first event knows."""
    plan = parts(recipe)
    several = [[f"{part.blocks} blocks" if part.blocks else part.path or part.learns, part.epochs] for part in plan]
    return {"epochs_planned": plan[-1].last, "stages": several if len(plan) > 1 else None}


def _told(run: Run) -> dict[str, Any]:
    """What the events of a run say that is not finished."""
    out: dict[str, Any] = {}
    epochs, failed, stepped = [], None, False
    for event in run.history():
        if isinstance(event, EpochEnded):
            epochs.append(event)
        elif isinstance(event, Steps):
            stepped = True
        elif isinstance(event, RunFailed):
            failed = event
        elif isinstance(event, RunStarted):
            out["n_train"], out["n_val"], out["n_test"] = event.n_train, event.n_val, event.n_test
            out["epochs_planned"] = event.epochs
    out["curve"] = [event.val_accuracy if event.val_mean_iou is None else event.val_mean_iou for event in epochs]
    out["epoch"] = len(epochs)
    out["failure"] = failed.what if failed else None
    if failed is not None and not (epochs or stepped or run.last.exists() or run.is_live()):
        out["state"] = "failed"
    best = next((event for event in reversed(epochs) if event.best), None)
    if best is not None:
        out |= {"val_loss": best.val_loss, "val_n": best.n, "best_epoch": best.epoch}
        if best.val_mean_iou is None:
            out["val_accuracy"] = best.val_accuracy
        else:
            out |= {"val_mean_iou": best.val_mean_iou, "val_pixel_accuracy": best.val_accuracy}
    return out


def _finished(summary: dict[str, Any]) -> dict[str, Any]:
    """What summary.json knows; the events of a finished run need not be read."""
    metrics = summary.get("metrics", {})
    out = {key: metrics.get(key) for key in _METRICS}
    out |= {key: summary.get(key) for key in ("seconds", "best_epoch", "reason", "device", "images_per_second", "peak_memory")}
    out |= {key: summary.get(key) for key in ("frozen_proof", "curve")}
    if summary.get("reason") == "completed" and summary.get("epochs"):
        out["epochs_planned"] = summary["epochs"]
    return out | {key: summary.get(key) for key in ("n_train", "n_val", "n_test")} | {"epoch": summary.get("epochs")}


# Accuracy and its interval of a run that tells classes; mean IoU and the share of pixels of one that makes masks; null in the other.
_METRICS = ("val_accuracy", "val_accuracy_interval", "val_mean_iou", "val_pixel_accuracy", "val_loss", "val_n")
_KEYS = (
    "reason", "model", "strategy", "task", "data", "augment", "lr", "backbone_lr", "batch_size", "seed", "epochs", "epochs_planned",
    "stages", "head", "optimizer", "schedule", "train_share", "split_seed", "image_size", "epoch", "best_epoch", "started", "seconds",
    *_METRICS, "n_train", "n_val", "n_test", "curve", "failure", "device",
    "images_per_second", "peak_memory", "frozen_proof",
)  # fmt: skip

"""Train a finished run longer: one more stage at its end, which a resume then goes into.

The summary so far is set aside as summary-1.json, -2, ... and the recipe gets one more `stages.longer`. The new stage begins from the last
checkpoint or, where that is of no whole epoch, is damaged or gone, from the best weights.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tlstudio.errors import InputError, StudioError
from tlstudio.events import EpochEnded, Event, RunStarted, StageStarted
from tlstudio.recipe import Recipe
from tlstudio.runs import Run, cannot_write, sync_folder
from tlstudio.training import checkpoint
from tlstudio.training.same_run import fixed


@contextlib.contextmanager
def made_longer(run: Run, epochs: int, share: float) -> Iterator[Recipe]:
    """Make a finished run one that goes on with so many epochs, at that share of its last stage's rates; inside, its new recipe.

    Where what is done inside fails before anything more was saved, the run is again as it was. Raises InputError for a run that is not
    finished, and for one that was stopped before its last stage; StudioError where its folder cannot be written.
    """
    with run.locked():
        summary, recipe = run.summary(), run.recipe()
        if summary is None:
            raise InputError(f"The run {run.name} is not finished", "", "Resume it first; it can be trained longer when it is through")
        said = run.history()
        done, planned = _epochs_done(said, summary)
        longer = (*recipe.stages.longer, {"epochs": epochs, "share": share})
        new = (recipe if done == planned else _ended_at(run, said, recipe, done, planned)).set({"stages.longer": longer})
        text = (run.path / "recipe.toml").read_bytes().decode()
        _begin_after(run, said, done, summary)
        aside = _aside(run)
        (run.path / "summary.json").replace(aside)  # first: killed right here, a resume only writes it once more
        run.write_text("recipe.toml", new.to_toml())
        begun = _stamp(run.last)
    try:
        yield new
    except StudioError:
        if _stamp(run.last) == begun:
            with run.locked():
                run.write_text("recipe.toml", text)
                if _before(run).exists():
                    _before(run).replace(run.last)
                aside.replace(run.path / "summary.json")
                sync_folder(run.path)
        raise
    finally:
        with contextlib.suppress(OSError):
            _before(run).unlink(missing_ok=True)


def _epochs_done(said: Sequence[Event], summary: dict[str, Any]) -> tuple[int, int]:
    """Whole epochs that the run has done, and those that were planned."""
    planned = next((event.epochs for event in reversed(said) if isinstance(event, RunStarted)), int(summary["epochs"]))
    judged = max((event.epoch for event in said if isinstance(event, EpochEnded)), default=0)
    return (planned if summary["reason"] == "completed" else min(judged, planned)), planned


def _ended_at(run: Run, said: Sequence[Event], recipe: Recipe, done: int, planned: int) -> Recipe:
    """The recipe of a run that ended early, or was stopped, with its last stage ending there."""
    stage = next((event for event in reversed(said) if isinstance(event, StageStarted)), None)
    within = done - stage.first_epoch + 1 if stage is not None else done
    stages = recipe.stages
    if within >= 1 and (stage is None or stage.last_epoch == planned):
        if stages.longer:
            last = stages.longer[-1].model_copy(update={"epochs": within})
            return recipe.set({"stages.longer": (*stages.longer[:-1], last)})
        if stages.own:
            return recipe.set({"stages.own": (*stages.own[:-1], stages.own[-1].model_copy(update={"epochs": within}))})
        if recipe.frozen.strategy != "gradual":
            return recipe.set({"training.epochs": within})
    raise InputError(
        f"The run {run.name} was stopped before it had been through its stages",
        f"it did {done} of {planned} epochs",
        "Train again with fewer epochs or stages; a run that is through them can be trained longer",
    )


def _begin_after(run: Run, said: Sequence[Event], done: int, summary: dict[str, Any]) -> None:
    """See to it that the last checkpoint is of that many whole epochs: else it is made anew from the best weights, and the one before is
    set aside."""
    _before(run).unlink(missing_ok=True)  # of a process that was killed
    place = checkpoint.place_of(run)
    if place == (done, 0):
        return
    why = "The last checkpoint is gone or damaged" if place is None else "The run was stopped within an epoch"
    best, weights = checkpoint.load_best(run)
    _set_aside(run)
    judged = [event for event in said if isinstance(event, EpochEnded) and event.epoch <= done]
    borders = sorted({event.last_epoch for event in said if isinstance(event, StageStarted) and event.last_epoch < done})
    changes = summary.get("rate_changes") or []
    made = {
        "version": checkpoint.VERSION,
        "recipe": fixed(run.recipe()),
        **{"epoch": done, "step": 0, "sums": {"loss": 0.0, "right": 0.0, "seen": 0.0}, "best": best, "seconds": summary["seconds"]},
        "curve": [event.val_accuracy if event.val_mean_iou is None else event.val_mean_iou for event in judged],
        "losses": [event.val_loss for event in judged],
        **{"frozen": {}, "moved": (summary.get("frozen_proof") or {}).get("moved", []), "kept": None, "borders": [*borders, done]},
        "data": ((run.receipt() or {}).get("data") or {}).get("digest"),
        **{"changes": changes, "factor": changes[-1]["factor"] if changes else 1.0, "at_once": summary.get("at_once") or 0},
        "windows": summary.get("windows"),
        **{"moving": weights, "optimizer": {}, "average": {}, "extra": {}},
        "note": f"{why}: training goes on from the best weights, of epoch {best['epoch']}.",
    }
    checkpoint.write(run, made)


def _aside(run: Run) -> Path:
    """A name for the summary so far that is free."""
    n = 1
    while (run.path / f"summary-{n}.json").exists():
        n += 1
    return run.path / f"summary-{n}.json"


def _before(run: Run) -> Path:
    """What last.ckpt was, as long as it may have to be put back."""
    return run.path / ".before-longer.ckpt"


def _set_aside(run: Run) -> None:
    """Give last.ckpt, if there is one, a second name under which it stays when a new one takes its place; where the disk knows no such
    names, a copy."""
    aside = _before(run)
    if not run.last.exists():
        return
    try:
        os.link(run.last, aside)
    except OSError:
        try:
            shutil.copyfile(run.last, aside)
        except OSError as error:
            raise cannot_write(aside, error) from None


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns

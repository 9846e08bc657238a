"""How runs did on each picture of a split, brought side by side: what verdicts are made of."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.events import Event, Progress
from tlstudio.recipe import STRATEGY_NAMES, Recipe, field_info
from tlstudio.run_rows import judged as evaluated
from tlstudio.runs import Run
from tlstudio.studies.verdict import Judged, verdict

_NO_CHOICE = ("name", "training.seed", "training.device", "training.threads", "training.gpus", "tracking")
_NAMED = 3  # settings in the name of an arm


def scores(run: Run, split: str, tell: Tell = silent, control: Control | None = None) -> dict[str, float]:
    """Of each picture of the split, by its path in the data: whether it was told right, or the mean IoU of its classes, 0..1.

    Read from the run's evaluation of the split, which is made (with torch) where there is none or it is older than the weights.
    """
    if not is_known(run, split):
        from tlstudio.evaluation.evaluate import evaluate

        evaluate(run, split=split, tell=tell, control=control)
    return known_scores(run, split) or {}


def is_known(run: Run, split: str) -> bool:
    """Whether the split was evaluated since the run's weights were written."""
    return evaluated.is_judged(run, _task(run), split)


def known_scores(run: Run, split: str) -> dict[str, float] | None:
    """As `scores`, without torch; None where the split was not evaluated since the run's weights were written.

    Raises InputError where what the evaluation left is damaged.
    """
    if not is_known(run, split):
        return None
    said = evaluated.read(run, _task(run), split)
    known = zip(said.paths, said.scores.tolist(), strict=True)
    return _relative(run, {path: score for path, score in known if not math.isnan(score)})


def verdict_of(names: Sequence[str], *, split: str = "val", tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """The verdict on finished runs; see `api.verdict`."""
    runs = list({run.path: run for run in (Run.open(name) for name in names)}.values())
    if not runs:
        raise InputError("No run is named", "", "Give two or more runs")
    for run in runs:
        if run.summary() is None:
            raise InputError(f"The run {run.name} is not finished", "", f"Go on with 'tlstudio resume {run.name}', or leave it out")
    found = {run.path: scores(run, split, _part(tell, i, len(runs)), control) for i, run in enumerate(runs)}
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[repr(sorted(_choices(run.recipe()).items()))].append(run)
    recipes = [of[0].recipe() for of in groups.values()]
    shares = [recipe.data.train_share for recipe in recipes]
    names_ = _names(recipes)
    if len(set(names_)) == 1 and len(recipes) > 1:  # only the share of the images differs: that is the choice, then
        names_, shares = [f"{100 * share:g} % of the images" for share in shares], [1.0] * len(shares)
    arms: list[tuple[str, float, Mapping[str, Any], Sequence[Run]]] = [
        (name, share, {}, of) for name, share, of in zip(names_, shares, groups.values(), strict=True)
    ]
    return of_arms(arms, found, split=split)


def _part(tell: Tell, i: int, of: int) -> Tell:
    """Tells the progress of one of several evaluations as that of all."""

    def told(event: Event) -> None:
        if isinstance(event, Progress) and event.overall is not None:
            event = event.replace(overall=(i + event.overall) / of, remaining=None)
        tell(event)

    return told


def of_arms(
    arms: Sequence[tuple[str, float, Mapping[str, Any], Sequence[Run]]],
    found: Mapping[Path, Mapping[str, float]],
    *,
    split: str,
    question: str = "",
) -> dict[str, Any]:
    """The verdict on arms (name, share of the data, changes, runs). found: the scores of each run, by its path.

    Raises InputError where they were not judged by the same pictures, or do not do the same task.
    """
    runs = [run for *_, of in arms for run in of]
    tasks = {_task(run) for run in runs}
    if len(tasks) > 1:
        raise InputError("Runs that tell classes and runs that make masks cannot be compared", "", "Take runs of one task")
    pictures = sorted(found[runs[0].path]) if runs else []
    for run in runs:
        if sorted(found[run.path]) != pictures:
            raise InputError(
                f"{runs[0].name} and {run.name} were not judged by the same images",
                f"{len(pictures):,} and {len(found[run.path]):,} of the split '{split}', which is another with other shares or seeds",
                "Take runs with the same images and data.split_seed",
            )
    judged = []
    cold = _cold([run.summary() or {} for run in runs])
    for name, share, changes, of in arms:
        summaries = [run.summary() or {} for run in of]
        judged.append(
            Judged(
                name,
                np.array([[found[run.path][picture] for picture in pictures] for run in of]),
                share,
                changes,
                [str(run.path) for run in of],
                [run.recipe().training.seed for run in of],
                [_seconds(said, cold) for said in summaries if said.get("seconds")],
                [said["epochs"] for said in summaries if said.get("epochs")],
            )
        )
    metric = "mean_iou" if tasks == {"segmentation"} else "accuracy"
    return verdict(judged, question=question, metric=metric, split=split)


_Kept = tuple[object, ...]


def _kept(said: Mapping[str, Any]) -> list[tuple[_Kept, float]]:
    """What a run kept of its frozen part in each stage, and the seconds that it spent on it."""
    return [
        (tuple(one.get(key) for key in ("how", "images", "views", "bytes")), one.get("seconds") or 0.0) for one in said.get("kept") or ()
    ]


def _cold(summaries: Sequence[Mapping[str, Any]]) -> dict[_Kept, float]:
    """Seconds that it takes to compute what is kept: those of the run that found the least of it."""
    out: dict[_Kept, float] = {}
    for said in summaries:
        for key, seconds in _kept(said):
            out[key] = max(seconds, out.get(key, 0.0))
    return out


def _seconds(said: Mapping[str, Any], cold: Mapping[_Kept, float]) -> float:
    """Of a run as if nothing had been kept before it: the first of a study computes what the others find, whichever arm it is of."""
    return float(said["seconds"]) + sum(cold[key] - seconds for key, seconds in _kept(said))


def _task(run: Run) -> str:
    return str((run.summary() or {}).get("task") or "classification")


def _relative(run: Run, said: Mapping[str, float]) -> dict[str, float]:
    root = str(((run.receipt() or {}).get("data") or {}).get("root") or "")
    inside = os.path.join(root, "") if root else ""  # noqa: PTH118 - with its last slash
    return {(path.removeprefix(inside) if inside else path): float(value) for path, value in said.items()}


def _choices(recipe: Recipe) -> dict[str, Any]:
    """The recipe as dotted keys, without what is no choice: name, seed and machine."""
    out: dict[str, Any] = {}
    for section, values in recipe.model_dump(mode="json").items():
        out |= {f"{section}.{key}": value for key, value in values.items()} if isinstance(values, dict) else {section: values}
    return {key: value for key, value in out.items() if key not in _NO_CHOICE and key.partition(".")[0] not in _NO_CHOICE}


def _names(recipes: Sequence[Recipe]) -> list[str]:
    """What tells recipes apart, share of the data aside: their strategies, and the settings in which those of one strategy differ."""
    strategies = [STRATEGY_NAMES[recipe.frozen.strategy] for recipe in recipes]
    said = [_choices(recipe) for recipe in recipes]
    out = []
    for strategy, own in zip(strategies, said, strict=True):
        alike = [one for one, of in zip(said, strategies, strict=True) if of == strategy]
        differ = [key for key in own if key != "data.train_share" and len({repr(one[key]) for one in alike}) > 1]
        parts = [_part_of_name(key, own[key]) for key in differ]
        shown = parts if _clash(alike, differ[:_NAMED]) else parts[:_NAMED]
        several = len(set(strategies)) > 1
        out.append(", ".join(([strategy] if several or not shown else []) + shown))
    return out


def _clash(said: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> bool:
    """Whether those settings leave recipes alike that differ in others."""
    whole = {repr({key: value for key, value in one.items() if key != "data.train_share"}) for one in said}
    return len({repr([one[key] for key in keys]) for one in said}) < len(whole)


def _part_of_name(key: str, value: Any) -> str:
    return f"{value} epochs" if key == "training.epochs" else f"{field_info(key).title or key} {value}"

"""What came out of a sweep: its trials, the best of them, which field mattered."""

from __future__ import annotations

import math
from typing import Any

from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.space import spoken
from tlstudio.studies.sweep import SURPLUS, Asked, library, opened

_STATES = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}
_ENOUGH = 4  # complete trials from which on it is said what mattered


def outcome(folder: StudyFolder) -> dict[str, Any]:
    """What a `study` document says of a sweep besides the rest. Raises StudioError without Optuna or its storage."""
    asked = Asked.from_json(folder.said()["asked"])
    there = [one for one in opened(folder).get_trials(deepcopy=False) if SURPLUS not in one.user_attrs]
    trials = [
        {
            "number": one.number + 1,
            "state": _STATES[one.state.name],
            "values": dict(one.params),
            "metric": one.user_attrs.get("metric"),
            "run": one.user_attrs.get("run"),
            "seconds": one.user_attrs.get("seconds"),
            "why": one.user_attrs.get("why", ""),
        }
        for one in there
        if one.state.name in _STATES
    ]
    done = [one for one in trials if one["state"] == "done"]
    best = max(done, key=lambda one: float(one["metric"]), default=None)
    important = _importance(there)
    return {
        "metric": "mean_iou" if asked.recipe.data.task == "segmentation" else "accuracy",
        "vary": dict(asked.vary),
        "best": None if best is None else {key: best[key] for key in ("values", "metric", "run", "number")},
        "trials": trials,
        "importance": important,
        "importance_by": "ped-anova" if important else "",
        "sentence": _sentence(asked, best, len(trials), important),
    }


def _importance(trials: Any) -> dict[str, float]:
    """How much of what the best trials have in common is due to each field (PED-ANOVA, Watanabe et al. 2023); together 1."""
    optuna = library()
    complete = [one for one in trials if one.state.name == "COMPLETE"]
    if len(complete) < _ENOUGH or len({one.value for one in complete}) < 2:
        return {}
    copied = optuna.create_study(direction="maximize")
    copied.add_trials(complete)
    said = optuna.importance.get_param_importances(copied, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    return {key: float(share) for key, share in said.items()} if all(math.isfinite(share) for share in said.values()) else {}


def _sentence(asked: Asked, best: dict[str, Any] | None, trials: int, important: dict[str, float]) -> str:
    if best is None:
        return "No trial is done yet"
    word = "mean IoU" if asked.recipe.data.task == "segmentation" else "accuracy"
    said = f"The best of {trials} trials has {100 * best['metric']:.1f} % {word}, with {spoken(best['values'])}."
    if len(important) > 1:
        most = max(important, key=important.__getitem__)
        said += f" {spoken({most: ''}).strip()} mattered most ({100 * important[most]:.0f} %)."
    return f"{said} Being the best of many it looks better than it is: a comparison with other seeds tells how good."

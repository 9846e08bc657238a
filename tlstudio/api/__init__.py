"""The front door: every job the app can do, one typed function each. Command line, window and your own scripts all enter here.

    from tlstudio import api
    summary = api.train({"data": {"path": "photos"}}, tell=print)

Imports neither torch nor Qt: a function imports what it needs when it is called. Arguments and results are JSON (recipes as
`Recipe` or as its dictionary), so that an engine in a child process can run any of JOBS by name. Long jobs tell events and obey
a Control; failures are StudioErrors with a sentence for the user.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tlstudio.api.given import Document
from tlstudio.api.images import open_sample, previews, sample, scan
from tlstudio.api.learning import advise, estimate, kinds, resume, schedule_rates, suited, train, validate
from tlstudio.api.machine import doctor, forget_kept, kept, warm
from tlstudio.api.masks import add_to_training, correct_mask, export_masks, overlay
from tlstudio.api.networks import activations, download, examine_weights, inspect, layer_detail, models
from tlstudio.api.results import compare, evaluate, list_runs, predict

__all__ = [
    "JOBS",
    "Document",
    "activations",
    "add_to_training",
    "advise",
    "compare",
    "correct_mask",
    "doctor",
    "download",
    "estimate",
    "evaluate",
    "examine_weights",
    "export_masks",
    "forget_kept",
    "inspect",
    "kept",
    "kinds",
    "layer_detail",
    "list_runs",
    "models",
    "open_sample",
    "overlay",
    "predict",
    "previews",
    "resume",
    "sample",
    "scan",
    "schedule_rates",
    "suited",
    "train",
    "validate",
    "warm",
]

JOBS: dict[str, Callable[..., Any]] = {
    "warm": warm,
    "sample": sample,
    "open_sample": open_sample,
    "scan": scan,
    "previews": previews,
    "models": models,
    "inspect": inspect,
    "layer_detail": layer_detail,
    "activations": activations,
    "download": download,
    "examine_weights": examine_weights,
    "train": train,
    "resume": resume,
    "estimate": estimate,
    "advise": advise,
    "evaluate": evaluate,
    "predict": predict,
    "overlay": overlay,
    "export_masks": export_masks,
    "correct_mask": correct_mask,
    "add_to_training": add_to_training,
    "runs": list_runs,
    "compare": compare,
    "doctor": doctor,
    "kept": kept,
    "forget_kept": forget_kept,
}

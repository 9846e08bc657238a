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
from tlstudio.api.layer_signals import signals
from tlstudio.api.learning import advise, estimate, find_rate, kinds, resume, schedule_rates, suited, train, train_longer, validate
from tlstudio.api.machine import doctor, forget_kept, kept, warm
from tlstudio.api.masks import add_to_training, correct_mask, export_masks, overlay
from tlstudio.api.networks import activations, download, examine_weights, inspect, layer_detail, models
from tlstudio.api.results import compare, evaluate, list_runs, predict
from tlstudio.api.run_folders import empty_trash, leave_run, note_run, open_run, restore, trash
from tlstudio.api.studies import (
    change_queue,
    compare_choices,
    discard_study,
    enqueue,
    resume_study,
    studies,
    study,
    sweep,
    verdict,
)
from tlstudio.api.videos import cameras, close_camera, open_video, video_frame, video_strip, watch_camera

__all__ = [
    "JOBS",
    "Document",
    "activations",
    "add_to_training",
    "advise",
    "cameras",
    "change_queue",
    "close_camera",
    "compare",
    "compare_choices",
    "correct_mask",
    "discard_study",
    "doctor",
    "download",
    "empty_trash",
    "enqueue",
    "estimate",
    "evaluate",
    "examine_weights",
    "export_masks",
    "find_rate",
    "forget_kept",
    "inspect",
    "kept",
    "kinds",
    "layer_detail",
    "leave_run",
    "list_runs",
    "models",
    "note_run",
    "open_run",
    "open_sample",
    "open_video",
    "overlay",
    "predict",
    "previews",
    "restore",
    "resume",
    "resume_study",
    "sample",
    "scan",
    "schedule_rates",
    "signals",
    "studies",
    "study",
    "suited",
    "sweep",
    "train",
    "train_longer",
    "trash",
    "validate",
    "verdict",
    "video_frame",
    "video_strip",
    "warm",
    "watch_camera",
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
    "train_longer": train_longer,
    "estimate": estimate,
    "advise": advise,
    "find_rate": find_rate,
    "evaluate": evaluate,
    "predict": predict,
    "overlay": overlay,
    "export_masks": export_masks,
    "cameras": cameras,
    "open_video": open_video,
    "video_frame": video_frame,
    "video_strip": video_strip,
    "close_camera": close_camera,
    "watch_camera": watch_camera,
    "correct_mask": correct_mask,
    "add_to_training": add_to_training,
    "runs": list_runs,
    "signals": signals,
    "compare": compare,
    "compare_choices": compare_choices,
    "sweep": sweep,
    "study": study,
    "studies": studies,
    "resume_study": resume_study,
    "discard_study": discard_study,
    "enqueue": enqueue,
    "change_queue": change_queue,
    "verdict": verdict,
    "note_run": note_run,
    "open_run": open_run,
    "leave_run": leave_run,
    "trash": trash,
    "restore": restore,
    "empty_trash": empty_trash,
    "doctor": doctor,
    "kept": kept,
    "forget_kept": forget_kept,
}

"""Jobs shaped like those of api, without their work."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Note, Progress

SUMMARY = {
    "task": "classification",
    "model": "efficientnet_lite0",
    "strategy": "head",
    "best_epoch": 2,
    "epochs": 3,
    "metrics": {"val_accuracy": 0.95, "val_loss": float("nan")},
    "seconds": 1.5,
    "images_per_second": 120.0,
    "device": "cpu",
    "frozen_proof": {"ok": True, "tensors": 3, "before": "a", "after": "a"},
}


def scan(path: str, *, tell: Tell) -> dict[str, Any]:
    sys.stdout.write("a stray print\n")
    os.write(1, b"and another\n")
    if not Path(path).exists():
        raise InputError(f"There is nothing at {path}", "", "Choose a folder")
    tell(Progress(phase="scan", done=1, total=2))
    tell(Note(message="something to know", level="warn"))
    problem = {"kind": "unreadable", "path": f"{path}/a.jpg", "message": "cannot be read", "level": "bad"}
    classes = [{"name": "[red]ants", "count": 5}, {"name": "bees", "count": 4}]
    return {
        "task": "classification",
        "classes": classes,
        "splits": {"train": 7, "val": 2, "test": 0},
        "problems": [problem] * 25,
    }


def train(recipe: dict[str, Any], run: str, *, tell: Tell, control: Control) -> dict[str, Any]:
    assert (Path(run) / "recipe.toml").is_file()
    if recipe["name"] == "refused":
        raise InputError("There is only one class", "", "Add a second folder of images")
    if recipe["name"] == "broken":
        raise StudioError("It broke", details="the end of the log")
    if recipe["name"] == "dead":
        (Path(run) / "last.ckpt").touch()
        os.kill(os.getpid(), 9)
    (Path(run) / "asked.json").write_text(json.dumps(recipe))
    return {**SUMMARY, "run": run}


def resume(run: str) -> dict[str, Any]:
    if Path(run).name == "moved":
        raise InputError("The images are gone")
    return {**SUMMARY, "run": run}


def train_longer(run: str, epochs: int, share: float = 0.1) -> dict[str, Any]:
    return {**SUMMARY, "run": run, "epochs": SUMMARY["epochs"] + epochs, "share": share}  # type: ignore[operator]


def models(search: str = "", task: str = "") -> list[dict[str, Any]]:
    sys.stdout.write("a stray print\n")
    row = {"name": "efficientnet_lite0", "source": "bundled", "task": "classification", "params": 4_652_008, "mult_adds": 385_000_000}
    return [{**row, "input_size": 224, "accuracy": 0.75, "weights": "bundled"}] if search in "efficientnet_lite0" else []


def inspect(
    model: str,
    *,
    input_size: int | None = None,
    batch: int = 1,
    classes: int | None = None,
    cut: str = "",
    task: str = "",
    head: dict[str, Any] | None = None,
) -> dict[str, Any]:
    row = {"path": "conv.0", "type": "Conv2d", "input": [batch, 3, 8, 8], "output": None, "params": 9, "mult_adds": None, "kind": "module"}
    return {"model": model, "rows": [row], "totals": {"params": 9, "trainable": 0, "mult_adds": None}}


def runs() -> list[dict[str, Any]]:
    return compare(["/runs/one"])


def compare(names: list[str]) -> list[dict[str, Any]]:
    return [{"name": Path(name).name, "path": name, "state": "finished", "val_accuracy": 0.95, "seconds": None} for name in names]


def evaluate(run: str, *, data: str | None = None, split: str = "val") -> dict[str, Any]:
    return {
        "run": run,
        "split": split,
        "n": 40,
        "metrics": {"accuracy": 0.9, "accuracy_interval": [0.77, 0.96], "loss": 0.3},
        "per_class": [{"name": "ants", "precision": 0.9, "recall": 1.0, "f1": 0.947, "n": 20}],
        "confusion": [[20]],
    }


def predict(
    run: str, paths: list[str], *, out: str | None = None, flips: bool = False, tile: int = 0, every: str = ""
) -> list[dict[str, Any]]:
    if every:
        video = {"path": paths[0], "folder": f"{out}/film", "frames": 1200}
        return [{**video, "labels": {"ants": 900, "bees": 300}}, {**video, "classes": {"sky": 0.5}, "overlay": None}]
    if flips:  # a run that makes masks
        shares = {"sky": 0.5, "road": 0.25, "sign": 0.0, "car": 0.15, "tree": 0.1}
        return [{"path": paths[0], "mask": f"{out}/{tile}.png", "classes": shares}, *({"path": path, "error": "Bad"} for path in paths[1:])]
    answers = [{"path": path, "label": "ants", "probabilities": {"ants": 0.75, "bees": 0.25}} for path in paths[:-1]]
    return [*answers, {"path": paths[-1], "error": "It cannot be read"}]


def watch_camera(run: str, source: str, out: str | None, seconds: float, flips: bool, tile: int) -> list[dict[str, Any]]:
    shares = {"sky": 0.5, "road": 0.25 if flips else 0.5}
    return [{"path": source, "folder": out, "table": None, "frames": round(seconds), "seconds": seconds, "classes": shares}]


def export_masks(source: str, format: str, out: str, *, split: str = "", which: str = "") -> dict[str, Any]:
    left_out = [{"path": f"{source}/a.png", "error": f"{format} of {split or 'all'} {which or 'any'}"}]
    return {"folder": out, "files": 3, "left_out": left_out}


def doctor() -> dict[str, Any]:
    check = {"name": "fonts", "state": "bad", "message": "there is none", "mend": "sudo apt-get install fonts-dejavu-core"}
    return {"ok": False, "checks": [check], "versions": {"python": "3"}, "devices": [], "places": {"runs": "/runs"}}


_FUNCTIONS = (scan, train, resume, train_longer, models, inspect, runs, compare, evaluate, predict, watch_camera, export_masks, doctor)
JOBS = {f.__name__: f for f in _FUNCTIONS}

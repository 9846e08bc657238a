"""What the tests of the results page measure: four pictures of two classes, one of them told wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = ["ants", "bees"]
P = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.05, 0.95]]
TRUTH = [0, 0, 1, 1]


def row(path: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": Path(path).name, "path": path, "title": "Ants and bees", "strategy": "head", "state": "finished", "error": None,
        "started": 1.7e9, "n_train": 243, "n_val": 4, "n_test": 0, "val_n": 4, "val_accuracy": 0.75, "best_epoch": 10, "epochs": 20,
        "frozen_proof": {"ok": True, "tensors": 247, "before": "ab", "after": "ab"},
    } | changes  # fmt: skip


def document(folder: Path, run: str, split: str = "val") -> dict[str, Any]:
    file = folder / f"{split}.npz"
    names = json.dumps({"classes": CLASSES, "paths": [f"/p/{i}.jpg" for i in range(4)]}).encode()
    np.savez(file, names=np.frombuffer(names, np.uint8), truth=TRUTH, probabilities=np.float32(P), loss=np.full(4, 0.1, np.float32))
    per_class = [{"name": name, "precision": 0.5, "recall": 0.5, "f1": 0.5, "n": 2} for name in CLASSES]
    return {
        "run": run, "split": split, "n": 4, "classes": CLASSES, "confusion": [[1, 1], [0, 2]], "per_class": per_class,
        "metrics": {"accuracy": 0.75, "accuracy_interval": [0.3, 0.95], "loss": 0.4},
        "baseline": {"label": "ants", "accuracy": 0.5}, "predictions": str(file),
    }  # fmt: skip

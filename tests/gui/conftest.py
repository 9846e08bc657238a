"""A session whose engines are never started: the jobs it asks for are kept, and the test answers them."""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from tlstudio import events
from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Coding
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.events import Event
from tlstudio.gui import theme
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.session import Session


class Jobs(list[JobHandle]):
    """What was asked of the engines, in order. Answer with `jobs.last("scan").done.emit(document)`."""

    def last(self, job: str) -> JobHandle:
        return next(handle for handle in reversed(self) if handle.job == job)


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """What a test leaves behind goes after it, not in the middle of another one: what qtbot has closed, then Python's garbage.

    What stays is not looked at again, which makes it take milliseconds and not a third of a second.
    """
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    gc.freeze()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    asked = Jobs()

    def submit(self: EngineWorker, job: str, args: dict[str, Any] | None = None) -> JobHandle:
        handle = JobHandle(job, args or {})
        handle.setParent(self)
        asked.append(handle)
        return handle

    monkeypatch.setattr(EngineWorker, "submit", submit)
    return asked


@pytest.fixture
def session(qapp: QApplication, jobs: Jobs) -> Iterator[Session]:
    theme.apply(qapp, theme.LIGHT)
    made = Session()
    yield made
    made.close()


def _run_events(done: float = 3.5, *, epochs: int = 10, steps: int = 4, run: str = "/runs/one", end: str = "") -> list[Event]:
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


@pytest.fixture
def run_events() -> Callable[..., list[Event]]:
    return _run_events


@pytest.fixture
def data_document() -> dict[str, Any]:
    """The `data` document of 100 good images of two classes."""
    return {
        "task": "classification",
        "classes": [{"name": "ants", "count": 50}, {"name": "bees", "count": 50}],
        "splits": {"train": 70, "val": 20, "test": 10},
        "problems": [],
        "problem_counts": {},
        "split_source": "carved",
        "source": "/photos/insects",
        "root": "/photos/insects",
        "images": 100,
        "files": 100,
        "bytes": 1_000_000,
        "sizes": {"edges": [], "counts": []},
        "index": "/nowhere",
    }


def _layer(path: str, kind: str, size: int = 0, *, batchnorm: bool = False) -> dict[str, Any]:
    module = kind != "Parameter"
    return {
        "path": path,
        "type": kind,
        "kind": "module" if module else "parameter",
        "input": [1, 3, 8, 8] if module else None,
        "output": [1, 4, 8, 8] if module else None,
        "shape": [size],
        "params": size,
        "own_params": 0 if module else size,
        "mult_adds": 10 * size if kind in ("Conv2d", "Linear") else 0,
        "trainable": bool(size),
        "batchnorm": batchnorm,
        "shared_with": None,
    }


@pytest.fixture
def layers_document() -> dict[str, Any]:
    """The `layers` document of a small network under the default model's name: stem, bn, two blocks, pool, head of two classes."""
    rows = [
        _layer("", "Net", 210),
        _layer("stem", "Conv2d", 100),
        _layer("stem.weight", "Parameter", 100),
        _layer("bn", "BatchNorm2d", 8, batchnorm=True),
        _layer("bn.weight", "Parameter", 4, batchnorm=True),
        _layer("bn.bias", "Parameter", 4, batchnorm=True),
        _layer("bn.act", "ReLU"),
        _layer("blocks", "Sequential", 80),
        _layer("blocks.0", "Block", 30),
        _layer("blocks.0.conv", "Conv2d", 30),
        _layer("blocks.0.conv.weight", "Parameter", 30),
        _layer("blocks.1", "Block", 50),
        _layer("blocks.1.conv", "Conv2d", 50),
        _layer("blocks.1.conv.weight", "Parameter", 50),
        _layer("pool", "AvgPool2d"),
        _layer("head", "Linear", 22),
        _layer("head.weight", "Parameter", 20),
        _layer("head.bias", "Parameter", 2),
    ]
    rows[0]["output"] = rows[-3]["output"] = [1, 2]
    return {
        "model": "efficientnet_lite0",
        "input": [1, 3, 8, 8],
        "rows": rows,
        "totals": {"params": 210, "params_bytes": 840, "mult_adds": 2020},
        "presets": {"head": ["stem", "bn", "blocks"], "last-block": ["stem", "bn", "blocks.0"], "full": [], "scratch": []},
        "head_path": "head",
        "in_features": 10,
    }


SCENE_CLASSES = ["background", "leaf", "stem"]


@pytest.fixture
def scenes(tmp_path: Path) -> dict[str, Any]:
    """The `data` document of six grey pictures of 48 x 32 with masks: the left half is background, the right half leaf; two have a stem."""
    root, lines = tmp_path / "scenes", []
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    for i in range(6):
        labels = np.zeros((32, 48), np.uint8)
        labels[:, 24:] = 1
        if i < 2:
            labels[24:, :] = 2
        Image.new("RGB", (48, 32), (100, 100, 100)).save(root / f"images/{i}.png")
        mask = root / f"masks/{i}.png"
        Image.fromarray(labels).save(mask)
        split = "val" if i % 3 == 2 else "train"
        lines.append({"path": f"images/{i}.png", "label": 2 * (i < 2), "split": split, "width": 48, "height": 32, "mask": str(mask)})
    index = tmp_path / "scenes.jsonl"
    index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    coding = masks.own(SCENE_CLASSES, [(0, 0, 0), (230, 159, 0), (86, 180, 233)])
    pixels, pictures = [4224, 4224, 768], [6, 6, 2]
    classes = [
        {"name": name, "count": pictures[i], "pixels": pixels[i], "share": pixels[i] / sum(pixels), "colour": [0, 0, 0], "value": i}
        for i, name in enumerate(SCENE_CLASSES)
    ]
    return {
        "task": "segmentation", "layout": "pairs", "coding": coding.to_json(), "ignored_share": 0.0, "classes": classes,
        "splits": {"train": 4, "val": 2, "test": 0}, "problems": [], "problem_counts": {}, "split_source": "carved", "carved": ["val"],
        "source": str(root), "root": str(root), "images": 6, "files": 6, "bytes": 9000, "sizes": {"edges": [32, 33], "counts": [6]},
        "index": str(index),
    }  # fmt: skip


@pytest.fixture
def judged_masks(scenes: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The `evaluate` document of those pictures: every pixel of the first is called leaf, the others are right."""
    root, folder = Path(scenes["root"]), tmp_path / "evaluations" / "val"
    folder.mkdir(parents=True)
    own = Coding.from_json(scenes["coding"])
    images = []
    for i in range(6):
        labels = masks.read(root / f"masks/{i}.png", own)
        masks.write(folder / f"{i}.png", labels if i else np.ones_like(labels), own)
        per_class = [0.0, 0.375, 0.0] if i == 0 else [1.0, 1.0, 1.0 if i == 1 else None]
        iou = 0.125 if i == 0 else 1.0
        picture, truth = root / f"images/{i}.png", root / f"masks/{i}.png"
        images.append(OverlayImage(picture, folder / f"{i}.png", truth, iou=iou, pixel_accuracy=iou, per_class=per_class, shares=[0, 1, 0]))
    overlay_index.write(folder, OverlayIndex([(name, (0, 0, 0)) for name in SCENE_CLASSES], images, own, split="val"))
    row = {"iou": 0.875, "dice": 0.9, "precision": 0.9, "recall": 0.9, "boundary_f": None, "pixels": 4224, "share": 0.458}
    return {
        "run": "/runs/a", "task": "segmentation", "split": "val", "n": 6, "classes": SCENE_CLASSES, "masks": str(folder),
        "metrics": {"mean_iou": 0.6123, "pixel_accuracy": 0.9, "mean_dice": 0.7, "boundary_f": 0.5, "loss": 0.3},
        "per_class": [{"name": name, **row} for name in SCENE_CLASSES], "confusion": [[3840, 384, 0], [0, 4224, 0], [0, 384, 384]],
        "baseline": {"label": "leaf", "pixel_accuracy": 0.458, "mean_iou": 0.153},
    }  # fmt: skip


def _masks_run(epochs: int = 3) -> list[Event]:
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


@pytest.fixture
def masks_run() -> Callable[..., list[Event]]:
    return _masks_run

"""A session whose engines are never started: the jobs it asks for are kept, and the test answers them."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from tests.gui import told_runs
from tests.gui.told_runs import SCENE_CLASSES
from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Coding
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.events import Event
from tlstudio.gui import background, theme
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.session import Session


class Jobs(list[JobHandle]):
    """What was asked of the engines, in order. Answer with `jobs.last("scan").done.emit(document)`."""

    def last(self, job: str) -> JobHandle:
        return next(handle for handle in reversed(self) if handle.job == job)


_PATIENCE = 30_000  # milliseconds; a machine that does other things as well must not fail what would have come
_HERE = Path(__file__).parent
_swept_since = 0


class Patient(QtBot):
    """Waits as long as a loaded machine may need for what is to come; a test that passes waits no longer than it has to."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = _PATIENCE) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = _PATIENCE, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return Patient(request)


@pytest.fixture(autouse=True)
def _deleted() -> Iterator[None]:
    """What qtbot has closed goes with the test, not in the middle of another one."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Python's garbage of a test goes after it, once pytest has let go of its fixtures too: within a fixture all of them still live.

    What stays is not looked at again, which makes it take milliseconds and not a third of a second; but once in a while it is, for what
    a thread or an event still held.
    """
    global _swept_since
    out = yield
    if item.path.is_relative_to(_HERE):
        _swept_since += 1
        if _swept_since % 100 == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
    return out


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


@pytest.fixture(scope="session")
def sessions() -> WeakSet[Session]:
    """Those of this and earlier tests that are still there."""
    return WeakSet()


@pytest.fixture
def session(qapp: QApplication, jobs: Jobs, sessions: WeakSet[Session]) -> Iterator[Session]:
    if (theme.current(), theme.scale()) != (theme.LIGHT, 1.0) or not qapp.styleSheet():
        theme.apply(qapp, theme.LIGHT)
    made = Session()
    sessions.add(made)
    yield made
    made.close()
    background.forget_all()
    QThreadPool.globalInstance().waitForDone(2000)
    # Functions that are connected to its signals are held by Qt, and hold pages that hold it: no garbage collection sees that.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if isValid(made):
        delete(made)


@pytest.fixture
def run_events() -> Callable[..., list[Event]]:
    return told_runs.run_events


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


@pytest.fixture
def masks_run() -> Callable[..., list[Event]]:
    return told_runs.masks_run

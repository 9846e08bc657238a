"""Images per second of `fit` against the same loop written bare: same network, batches, optimizer, decoded pictures in memory.

python tests/benchmarks/bench_fit.py [REPEATS] [TASK]        side by side in one process, alternating; medians and the ratio
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(1 << 30))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 << 30))

import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["TLSTUDIO_HOME"] = tempfile.mkdtemp(prefix="tlstudio-")

import numpy as np
import torch
from torch.nn import functional

from tlstudio import api
from tlstudio.control import Control
from tlstudio.data.mask_set import MaskSet
from tlstudio.events import EpochEnded
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.setup import Ground, set_up
from tlstudio.training.suited import suited

EPOCHS = 3  # the first fills the memory with decoded pictures and is not counted


def of_fit(recipe: Recipe, folder: Path) -> float:
    """Images a second of the epochs after the first, validation not counted."""
    epochs = [event for event in fit(recipe, Run.create(recipe, folder)) if isinstance(event, EpochEnded)]
    return statistics.median(event.images_per_second for event in epochs[1:])


def of_bare_loop(recipe: Recipe) -> float:
    """The same, with nothing but what learning needs."""
    setting_up = set_up(recipe, Control())
    try:
        while True:
            next(setting_up)
    except StopIteration as end:
        ground: Ground = end.value
    setup = ground.setup(ground.stages[0])
    images, pipeline = setup.images.sets["train"], setup.images.pipeline
    if isinstance(images, MaskSet):
        views, masks = zip(*(images.load(i, 0, False) for i in range(len(images))), strict=True)
        pixels, labels = torch.stack(views), torch.stack(masks)
    else:
        pixels, labels = torch.stack([images.load(i, 0, False) for i in range(len(images))]), images.labels
    optimizer, module = setup.optimizer, setup.module
    speeds = []
    for epoch in range(EPOCHS):
        setup.train_mode()
        began = time.perf_counter()
        order = np.random.default_rng(epoch).permutation(len(images))
        for a, b in setup.cuts:
            index = torch.as_tensor(order[a:b])
            inputs = pipeline.normalise(pixels[index]).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(module(inputs), labels[index].long(), ignore_index=255)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        speeds.append(len(images) / (time.perf_counter() - began))
    return statistics.median(speeds[1:])


def main(repeats: int, task: str) -> None:
    path = api.sample(task)["path"]
    recipe = suited(Recipe().set({"data.path": path}), task).with_strategy("full").set({"training.epochs": EPOCHS, "stages.head_epochs": 0})
    recipe = recipe.set({"training.batch_size": 16 if task == "classification" else 8, "training.precision": "float32"})  # as the bare loop
    ours, bare = [], []
    for n in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(of_fit(recipe, Path(folder) / "run"))
        bare.append(of_bare_loop(recipe))
        print(f"{n + 1}: fit {ours[-1]:.2f}, bare {bare[-1]:.2f} images/s, ratio {ours[-1] / bare[-1]:.3f}", flush=True)
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    print(f"median: fit {statistics.median(ours):.2f}, bare {statistics.median(bare):.2f} images/s, ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2] if len(sys.argv) > 2 else "classification")

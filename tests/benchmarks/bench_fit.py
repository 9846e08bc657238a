"""Images per second of `fit` against the same loop written bare: same network, batches, optimizer, decoded pictures in memory.

python tests/benchmarks/bench_fit.py [PAIRS] [TASK]        an epoch of the one, one of the other, in one process; the median of the ratios

Epochs are short and alternate, because a machine that others use too changes its speed from one minute to the next: what falls on a
pair falls on both. Of each, half the pairs begin with it.
"""

from __future__ import annotations

import os
import sys

SETTINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
if __name__ == "__main__" and os.environ.get("MALLOC_MMAP_THRESHOLD_") != SETTINGS["MALLOC_MMAP_THRESHOLD_"]:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **SETTINGS})  # the C library reads them at its start alone

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ["TLSTUDIO_HOME"] = tempfile.mkdtemp(prefix="tlstudio-")

import numpy as np
import torch
from torch.nn import functional

from tlstudio.control import Control
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.sample import make
from tlstudio.events import EpochEnded
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.setup import Ground, set_up
from tlstudio.training.suited import suited

N = 60  # pictures of the sample: epochs of some seconds


def of_fit(recipe: Recipe, folder: Path) -> Iterator[float]:
    """Images a second of each epoch, validation not counted."""
    return (event.images_per_second for event in fit(recipe, Run.create(recipe, folder)) if isinstance(event, EpochEnded))


def of_bare_loop(recipe: Recipe) -> Iterator[float]:
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
    for epoch in range(recipe.training.epochs):
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
        yield len(images) / (time.perf_counter() - began)


def main(pairs: int, task: str) -> None:
    images = make(Path(os.environ["TLSTUDIO_HOME"]) / "leaves", n=N)
    path = str(images if task == "classification" else images.parent)
    recipe = suited(Recipe().set({"data.path": path}), task).with_strategy("full")
    recipe = recipe.set({"training.epochs": pairs + 1, "stages.head_epochs": 0, "training.precision": "float32"})  # as the bare loop
    recipe = recipe.set({"training.batch_size": 16 if task == "classification" else 8})
    speeds: dict[str, list[float]] = {"fit": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        contestants = {"fit": of_fit(recipe, Path(folder) / "run"), "bare": of_bare_loop(recipe)}
        for n in range(pairs + 1):
            for name in ("fit", "bare") if n % 2 else ("bare", "fit"):
                speeds[name].append(next(contestants[name]))
            if n:  # the first fills the memory with decoded pictures
                fit_now, bare_now = speeds["fit"][-1], speeds["bare"][-1]
                print(f"{n}: fit {fit_now:.2f}, bare {bare_now:.2f} images/s, ratio {fit_now / bare_now:.3f}", flush=True)
    ratios = sorted(a / b for a, b in zip(speeds["fit"][1:], speeds["bare"][1:], strict=True))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    medians = ", ".join(f"{name} {statistics.median(values[1:]):.2f}" for name, values in speeds.items())
    print(f"median of {pairs} pairs: {medians} images/s, ratio {statistics.median(ratios):.3f} (middle half {low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15, sys.argv[2] if len(sys.argv) > 2 else "classification")

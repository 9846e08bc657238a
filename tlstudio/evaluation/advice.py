"""The rules of thumb about how much to freeze, with what they ask for measured: how many images there are, and how near they are to
what the model was trained on.

Nearness is measured, not asked: a ridge classifier on the pretrained features of a sample of the training images, judged by
leave-one-out. Where a straight line through old features tells the new classes apart, the features fit the images.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlstudio.control import Control, Tell, silent
from tlstudio.data.datasets import ImageSet, batches
from tlstudio.errors import InputError
from tlstudio.events import Progress
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.training.features import tensors
from tlstudio.training.image_size import check_image_size
from tlstudio.training.machine_probe import format_of
from tlstudio.training.measure import BATCH, wilson
from tlstudio.training.prepare import device_of, images_of
from tlstudio.training.source import WORKERS

SAMPLE = 200  # images that are looked at
PER_CLASS = 40  # of one class, at most
LARGE = 2000  # training images from which a whole network can learn without learning them by heart
SIMILAR = 0.75  # share of what chance leaves over that the probe has to get right
RIDGE = 0.1  # of the mean of the kernel's diagonal

STRATEGY = {(False, True): "head", (True, True): "full", (False, False): "last-block", (True, False): "full"}
"""By (large, similar): the table of Stanford's CS231n notes on transfer learning."""


def advise(recipe: Recipe, *, tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """The `advice` document: {n_train, n_classes, per_class, large, similar, skill, strategy, probe: {accuracy, interval, n, chance},
    model, seconds}.

    skill: (accuracy - chance) / (1 - chance), 1 where the probe is always right, 0 where it guesses. strategy: what the rules of thumb
    say for this. The recipe's own weights are probed (random ones too, if it has those). Raises InputError and StudioError as training.
    """
    control, began = control or Control(), time.perf_counter()
    if recipe.data.task != "classification":
        raise InputError("These rules of thumb are about classes of whole images", "the recipe learns masks", "Begin with Head only")
    images = images_of(recipe, tell, control)
    train = images.sets["train"]
    assert isinstance(train, ImageSet)
    chosen = sample_of(train.labels.tolist(), recipe.data.split_seed)
    device = device_of(recipe)
    model = recipe.model
    network = build(model.name, classes=len(images.classes), weights=model.weights, cut=model.cut, tell=tell, control=control)
    for _ in check_image_size(network, images.pipeline.size):
        pass  # what it has to say is said when training starts
    layout = format_of(network.module, device)
    module = network.module.to(device).to(memory_format=layout).eval()
    parts: list[Tensor] = []
    loaded = batches(train, chosen, BATCH, epoch=0, augment=False, workers=WORKERS, control=control)
    for pixels, _, _ in loaded:
        inputs = images.pipeline.normalise(pixels.to(device)).contiguous(memory_format=layout)
        with torch.inference_mode():
            parts.append(tensors(network.features(inputs))[0].float().cpu())
        done = sum(len(part) for part in parts)
        tell(Progress(phase="probe", done=done, total=len(chosen), overall=done / len(chosen)))
    del module
    labels = train.labels[chosen]
    right = leave_one_out(torch.cat(parts), labels) == labels
    correct, n = int(right.sum()), len(chosen)
    chance = float(labels.bincount().max()) / n
    skill = (correct / n - chance) / max(1e-9, 1 - chance)
    large, similar = len(train) >= LARGE, skill >= SIMILAR
    return {
        "n_train": len(train),
        "n_classes": len(images.classes),
        "per_class": len(train) / len(images.classes),
        "large": large,
        "similar": similar,
        "skill": max(0.0, skill),
        "strategy": STRATEGY[large, similar],
        "probe": {"accuracy": correct / n, "interval": list(wilson(correct, n)), "n": n, "chance": chance},
        "model": model.name,
        "seconds": time.perf_counter() - began,
    }


def sample_of(labels: Sequence[int], seed: int) -> list[int]:
    """Indices of at most SAMPLE images, as evenly over the classes as they are there; the same seed gives the same."""
    of_class: dict[int, list[int]] = defaultdict(list)
    for i in np.random.default_rng(seed).permutation(len(labels)).tolist():
        of_class[labels[i]].append(i)
    each = max(2, min(PER_CLASS, math.ceil(SAMPLE / max(1, len(of_class)))))
    return sorted([i for found in of_class.values() for i in found[:each]][: max(SAMPLE, 2 * len(of_class))])


def leave_one_out(features: Tensor, labels: Tensor) -> Tensor:
    """What ridge regression on +-1 targets says of each image when it learned from all the others, (N,) int64.

    features: (N, D) float; labels: (N,) int64. Exact, in one solve: the residual of the left-out image is that of the fit on all,
    divided by 1 - its leverage (Golub, Heath and Wahba, 1979), in the kernel's form.
    """
    x = features.double()
    x = (x - x.mean(0)) / x.std(0).clamp_min(1e-6)
    kernel = x @ x.T + 1.0  # the 1 is the bias
    kernel.diagonal().add_(RIDGE * kernel.diagonal().mean())
    targets = torch.nn.functional.one_hot(labels, int(labels.max()) + 1).double() * 2 - 1
    inverse = torch.linalg.inv(kernel)
    without: Tensor = targets - (inverse @ targets) / inverse.diagonal()[:, None]
    return without.argmax(1)

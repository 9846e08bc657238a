"""What a recipe will cost on this machine: measured in three training steps, not guessed.

The steps are true ones (network, frozen layers, head, loss, optimizer, batch and image size of the recipe) on images of noise and
with random weights: speed and memory do not depend on either. What was measured is kept, by all that it depends on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlstudio.control import Control, Tell, silent
from tlstudio.data.images import decode
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.row_store import limit
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.events import Progress
from tlstudio.models import catalogue
from tlstudio.models.folded_network import folded_network
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import parts
from tlstudio.training import figures as store
from tlstudio.training import reading_cost
from tlstudio.training.budget import room
from tlstudio.training.features import Features, joined, mapped, size
from tlstudio.training.figures import Figures
from tlstudio.training.frozen_part import frozen_part, timed
from tlstudio.training.image_size import check_image_size
from tlstudio.training.learner import Learner
from tlstudio.training.mask_measure import measured_masks
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.measure import BATCH
from tlstudio.training.memory import PeakMemory
from tlstudio.training.out_of_memory import Fitting, about_pieces, fewer, said_in_words
from tlstudio.training.prepare import device_of, mask_pipeline_of, pipeline_of
from tlstudio.training.receipt import device_name
from tlstudio.training.rehearsal import criterion_of, network_of
from tlstudio.training.source import View
from tlstudio.training.stage_cost import Amount, StageCost, how_kept, stage_cost
from tlstudio.training.stages import Stage, plan
from tlstudio.training.steps import likeliest

STEPS = 3  # measured, after one that warms up
LONG = 2.0  # seconds of steps that are enough: where one takes longer, it is the only one
FEW = 8  # images of a forward pass whose time is taken on a processor, where it goes by the image
HEAD_STEPS = 20  # through the head alone: they are too short to measure three
_COPIES = 20  # bytes a learning parameter takes in checkpoints: the best, the last with an optimizer's two averages, and what is written


def estimate(
    recipe: Recipe,
    *,
    classes: int,
    n_train: int,
    n_val: int,
    samples: Sequence[str] = (),
    masks: Sequence[str] = (),
    coding: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """The `estimate` document of a recipe on that many images.

    samples, masks: a few of the pictures and of the masks, reading which is timed; coding: of masks, as in the `data` document.
    The document: {params, learning, step_seconds, epoch_seconds: each later epoch of the last stage with its validation, once_seconds:
    before or in first epochs (what is kept of the frozen part, reading files), run_seconds: of all stages, warm_seconds: the same where an
    earlier run kept the frozen part, peak_bytes, kept_bytes: outputs of the frozen part, or pictures, features_kept, steps: measured now,
    0 if earlier, device, note: a sentence where a batch did not fit into memory and was measured in pieces, or "", stages: [{name, learns,
    epochs, epoch_seconds, once_seconds, kept: features, prefix or none}]}. How much a kept prefix saves follows from the time that the
    forward pass takes to reach the first layer that learns: no network is cut for it.
    Raises InputError for what cannot be trained, StudioError where not even one image fits into memory, Cancelled.
    """
    control = control or Control()
    if classes < 1 or min(n_train, n_val) < 0:
        raise InputError("There is nothing to estimate", "there are no classes", "Choose images first")
    device = device_of(recipe)
    batch = max(1, min(recipe.training.batch_size, n_train))
    pipeline, shape = _pipeline(recipe, samples)
    area, measured = shape[0] * shape[1], 0

    @functools.cache
    def network() -> Network:
        """One for all stages: each freezes it anew."""
        return network_of(recipe, classes, tell, control)

    def figures_of(stage: Recipe, keep: bool) -> Figures:
        nonlocal measured
        key = _key(stage, batch, classes, shape, keep, device)
        found = store.known(key)
        if found is None:
            with said_in_words(device):
                found, measured = _measure(stage, network, pipeline, shape, batch, classes, keep, device, tell, control), STEPS
            if not found.at_once:  # another time, other programs may leave more memory
                store.keep(key, found)
        return found

    of_picture = reading_cost.of_pictures(recipe, pipeline, samples, control)
    amount = Amount(n_train, n_val, of_picture, 3 * area, reading_cost.of_masks(recipe, masks, coding, control))
    stages = _stages(recipe, network)
    figures, costs = [], []
    for stage in stages:
        its = stage.recipe
        # As `keeping` decides it: maps are kept where there is room for them, and pictures are not looked at through windows.
        windows = its.data.task == "segmentation" and Windows().needed(shape)
        found = figures_of(its, its.training.cache == "auto" and not windows)
        if found.features_kept and (n_train + n_val) * found.feature_bytes // 2 > max(room(device), limit()):
            found = figures_of(its, False)
        figures.append(found)
        costs.append(stage_cost(its, found, amount, how_kept(its, found, amount, area, device), device))
    limited = [one.at_once for one in figures if one.at_once]
    note = about_pieces(device, min(batch, recipe.training.micro_batch or batch), min(limited)) if limited else ""
    return _document(stages, figures, costs, n_val, device) | {"steps": measured, "note": note}


def _stages(recipe: Recipe, network: Callable[[], Network]) -> list[Stage]:
    """The stages of a run. Where there is one for sure, no network has to be made to know it."""
    planned = parts(recipe)
    if len(planned) == 1 and planned[0].learns == "strategy":
        return [Stage(planned[0].name, "", recipe, 1, recipe.training.epochs)]
    return plan(recipe, network())


def _pipeline(recipe: Recipe, samples: Sequence[str]) -> tuple[Pipeline | MaskPipeline, tuple[int, int]]:
    """The transforms, and (H, W) of training views: of scenes as a few of the pictures are shaped."""
    entry = catalogue.find(recipe.model.name, recipe.data.task)
    if recipe.data.task == "classification":
        pipeline = pipeline_of(recipe, entry)
        return pipeline, (pipeline.size, pipeline.size)
    sizes = []
    for path in map(Path, samples[: reading_cost.SAMPLES]):
        with contextlib.suppress(InputError, OSError, MemoryError), path.open("rb") as stream:
            picture = decode(stream, path, recipe.data.max_pixels, at_least=1)  # at a reduced scale, which is quick
            sizes.append((picture.width, picture.height))
    masked = mask_pipeline_of(recipe, entry, sizes)
    return masked, masked.shape


def _document(
    stages: Sequence[Stage], figures: Sequence[Figures], costs: Sequence[StageCost], n_val: int, device: torch.device
) -> dict[str, Any]:
    """One of each for every stage. Pictures are decoded in the first that needs them."""
    last, main = figures[-1], costs[-1]
    once = sum(cost.once for i, cost in enumerate(costs) if i == 0 or cost.how != "none")
    epochs = [stage.last - stage.first + 1 for stage in stages]
    again = n_val * last.judge  # the best weights are judged once more at the end
    run = once + sum(number * cost.epoch for number, cost in zip(epochs, costs, strict=True)) + again
    kept = max(cost.kept for cost in costs)
    learning = max(one.learning for one in figures)
    of_stages = [
        {
            "name": stage.name,
            "learns": stage.learns,
            "epochs": number,
            "epoch_seconds": cost.epoch,
            "once_seconds": cost.once,
            "kept": cost.how,
        }
        for stage, number, cost in zip(stages, epochs, costs, strict=True)
    ]
    return {
        "params": last.params,
        "learning": last.learning,
        "step_seconds": main.step,
        "epoch_seconds": main.epoch,
        "once_seconds": once,
        "run_seconds": run,
        "warm_seconds": run - sum(cost.saved for cost in costs),
        "peak_bytes": max(cost.peak for cost in costs) + (kept + _COPIES * learning if device.type == "cpu" else 0),
        "kept_bytes": kept,
        "features_kept": last.features_kept,
        "stages": of_stages,
        "device": device_name(device),
    }


def _measure(
    recipe: Recipe,
    made: Callable[[], Network],
    pipeline: Pipeline | MaskPipeline,
    shape: tuple[int, int],
    batch: int,
    classes: int,
    keep: bool,
    device: torch.device,
    tell: Tell,
    control: Control,
) -> Figures:
    """made: the network. keep: whether features are kept where that can be done."""
    with PeakMemory(device) as memory:
        network = made()
        for _ in check_image_size(network, min(shape)):
            pass  # what it has to say is said when training starts
        learner = Learner(recipe, network, device, criterion_of(recipe, classes))
        learner.keep_features = learner.head_alone and keep
        if batch == 1:
            learner.try_one_image(shape)
        generator = torch.Generator().manual_seed(0)

        def noise(n: int) -> Tensor:
            pixels = torch.randint(0, 256, (n, 3, *shape), dtype=torch.uint8, generator=generator)
            return pipeline.normalise(pixels.to(device)).contiguous(memory_format=learner.layout)

        masks = recipe.data.task == "segmentation"

        def looked_at(n: int) -> tuple[Tensor, float, Features, tuple[float, int]]:
            """n images, the seconds that one of them takes forward, what enters the head, and the frozen part."""
            images = noise(n)
            with torch.inference_mode():
                took = min(timed(lambda: forward_through(images), 1, 1, device, control)) / n
                return images, took, learner.network.features(images), frozen_part(learner, images, device)

        learner.module.eval()
        twin = folded_network(network, shape) if learner.keep_features else None
        forward_through = learner.module if twin is None else twin.features  # as training goes through it
        few = 1 if masks else FEW if device.type == "cpu" else BATCH  # whole scenes are judged one at a time
        judged, forward, features, (share, crossing) = fewer(few, looked_at, device)
        feature_bytes = size(features) // len(judged)
        inputs: Features = noise(batch)
        if learner.keep_features:
            one = mapped(lambda tensor: tensor[:1].clone(), features)
            inputs = joined([one] * batch)
        labels = torch.randint(0, classes, (batch, *shape) if masks else (batch,), generator=generator).to(device)
        module = learner.network.head if learner.keep_features else learner.module
        judge = 0.0 if learner.keep_features else forward
        if isinstance(pipeline, MaskPipeline):
            around, windows = (pipeline.geometry(*shape), np.zeros(shape, np.uint8)), learner.windows
            names = [str(i) for i in range(classes)]

            def scene() -> tuple[torch.nn.Module, list[View]]:
                whole = learner.keep_features and not windows.needed(shape)
                return (module, [(features, *around)]) if whole else (learner.module, [(judged, *around)])

            judge = min(timed(lambda: list(measured_masks(network, scene, names, windows=windows)), 1, 1, device, control))
        learner.train_mode()
        steps = HEAD_STEPS if learner.keep_features and not masks else STEPS
        seconds = []
        fitting, whole = Fitting(learner), learner.at_once(batch)

        def step() -> None:
            _, logits = learner.step(module, inputs, labels, 0)
            likeliest(logits.detach())  # as the log of steps asks

        with learner.chosen.in_force():  # what did not fit is not what it takes
            for i, took in enumerate(timed(lambda: fitting.fitted(batch, step, lambda _: memory.afresh()), steps, 1, device, control)):
                seconds.append(took)
                if not learner.keep_features and sum(seconds) > LONG:
                    break
                tell(Progress(phase="estimate", done=i + 1, total=steps, unit="steps"))
        params, learning = learner.params()
        median, kept, now = statistics.median(seconds), learner.keep_features, learner.at_once(batch)
        limited = now if now < whole else 0
        return Figures(median, forward, memory.bytes(), params, learning, kept, feature_bytes, judge, share, crossing, limited)


def _key(recipe: Recipe, batch: int, classes: int, shape: tuple[int, int], keep: bool, device: torch.device) -> str:
    """All that the figures depend on."""
    said = recipe.model_dump(mode="json")
    parts = {
        "model": {key: said["model"][key] for key in ("name", "cut", "aux")},
        "task": said["data"]["task"],
        "shape": shape,
        "keep": keep,
        **{section: said[section] for section in ("frozen", "head", "loss")},
        "optimizer": {key: said["optimizer"][key] for key in ("kind", "options", "clip_norm")},
        "batch": batch,
        "ema": said["training"]["ema"] > 0,
        "augment": said["augment"]["enabled"],
        "compute": [said["training"][key] for key in ("precision", "threads", "micro_batch")],
        "classes": classes,
        "machine": [device_name(device), torch.get_num_threads(), torch.__version__],
    }
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()

"""The trained network of a run, read from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError, StudioError
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.prepare import device_of, memory_format_of, pipeline_of


@dataclass(frozen=True)
class Trained:
    """network: in eval mode on device, with the weights of the best epoch. classes: names by index."""

    run: Run
    recipe: Recipe
    network: Network
    classes: list[str]
    pipeline: Pipeline
    device: torch.device


def trained(run: Run) -> Trained:
    """Raises InputError for a run that has learned nothing yet, StudioError for weights that cannot be read. The last one is kept."""
    try:
        stamp = run.best.stat().st_mtime_ns
    except OSError:
        raise InputError(f"The run {run.name} has no trained weights yet", "", "Resume it, or let its first epoch end") from None
    return _trained(run.path, stamp)


@lru_cache(maxsize=1)
def _trained(path: Path, stamp: int) -> Trained:
    run = Run(path)
    recipe, receipt = run.recipe(), run.receipt()
    named = receipt.get("classes") if receipt is not None else None
    if not isinstance(named, list):
        raise StudioError(f"The run {run.name} has no readable receipt.json", "it names the classes", "Train again")
    classes = [str(name) for name in named]
    network = build(recipe.model.name, classes=len(classes), head=recipe.head, weights="random")
    try:
        network.module.load_state_dict(load_file(run.best))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise StudioError(
            f"The weights {run.best} cannot be read", "the file is damaged, or of another model", "Train again", details=str(error)
        ) from None
    try:
        device = device_of(recipe)
    except InputError:  # trained on another computer
        device = device_of(Recipe())
    network.module.to(device).to(memory_format=memory_format_of(device)).eval()
    return Trained(run, recipe, network, classes, pipeline_of(recipe, network.entry), device)

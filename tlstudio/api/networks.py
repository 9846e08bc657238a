"""Networks: the catalogue, the layer tree, weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio import runs
from tlstudio.api.given import Document, recipe_of
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe


def models(search: str = "", task: str = "") -> list[Document]:
    """The catalogue: one row a model whose name or title holds every word of `search` and that does `task`.

    For segmentation classification networks that can be encoders are among them (`role` encoder), by the facts of the encoder.
    Raises InputError for a task that no model does.
    """
    from tlstudio.models import catalogue

    _check_task(task)
    words = search.lower().split()
    return [entry.to_json() for entry in catalogue.entries(task) if all(word in f"{entry.name} {entry.title}".lower() for word in words)]


def _check_task(task: str) -> None:
    from tlstudio.models import catalogue

    tasks = sorted({entry.task for entry in catalogue.entries()})
    if task and task not in tasks:
        raise InputError(f"There is no model for the task '{task}'", "", f"Take {' or '.join(tasks)}")


def examine_weights(model: str, file: str, *, task: str = "", tell: Tell = silent, control: Control | None = None) -> Document:
    """What of a weights file fits a model, before anything is built from it: see `models.examine`."""
    from tlstudio.models import catalogue
    from tlstudio.models.examine import examine

    return examine(catalogue.find(model, task), runs.absolute(file))


def inspect(
    model: str,
    *,
    input_size: int | None = None,
    batch: int = 1,
    classes: int | None = None,
    head: Mapping[str, Any] | None = None,
    cut: str = "",
    aux: bool = True,
    task: str = "",
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """The `layers` document of a model, with {presets, blocks, head_path, in_features} besides; see `models.tree.layers`."""
    from tlstudio.models.tree import layers

    _check_task(task)
    made = Recipe.parse({"head": head}).head if head else None
    return layers(model, input_size=input_size, batch=batch, classes=classes, head=made, cut=cut, aux=aux, task=task)


def layer_detail(
    recipe: Recipe | Mapping[str, Any], path: str, *, classes: int | None = None, tell: Tell = silent, control: Control | None = None
) -> Document:
    """One layer's arguments, weight statistics and kernels, see `models.layer_detail`; nothing is downloaded."""
    from tlstudio.models.layer_detail import layer_detail as layer_detail_
    from tlstudio.training import losses

    wanted = recipe_of(recipe)
    return layer_detail_(wanted, path, classes=classes and losses.outputs(wanted.loss, classes), tell=tell, control=control)


def activations(
    recipe: Recipe | Mapping[str, Any],
    path: str,
    image: str,
    *,
    limit: int = 64,
    classes: int | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """What a layer answers to a picture that went through the recipe's transforms, as a picture of maps; see `models.activations`."""
    from tlstudio.data.images import load_rgb
    from tlstudio.models.activations import activations as activations_
    from tlstudio.models.opened import opened
    from tlstudio.training import losses
    from tlstudio.training.prepare import mask_pipeline_of, pipeline_of

    wanted, file = recipe_of(recipe), runs.absolute(image)
    network = opened(wanted, classes and losses.outputs(wanted.loss, classes), tell=tell, control=control)
    pipeline = pipeline_of(wanted, network.entry)
    picture = load_rgb(file, max_pixels=wanted.data.max_pixels, at_least=pipeline.decode_size)
    whole = network.entry.task == "segmentation"
    pixels = mask_pipeline_of(wanted, network.entry, ()).whole(picture)[0] if whole else pipeline.plain(picture)
    key = (str(file), file.stat().st_mtime_ns, wanted.data.model_dump_json(), wanted.model.weights, wanted.training.seed)
    return activations_(network, path, pipeline.normalise(pixels[None]), limit=limit, key=key, control=control)


def download(model: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Bring a model's published weights onto this computer: {path}."""
    from tlstudio.models import catalogue
    from tlstudio.models.download import fetch

    return {"path": str(fetch(catalogue.find(model), tell=tell, control=control))}

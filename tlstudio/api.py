"""The front door: every job the app can do, one typed function each. Command line, window and your own scripts all enter here.

    from tlstudio import api
    summary = api.train({"data": {"path": "photos"}}, tell=print)

Imports neither torch nor Qt: a function imports what it needs when it is called. Arguments and results are JSON (recipes as
`Recipe` or as its dictionary), so that an engine in a child process can run any of JOBS by name. Long jobs tell events and obey
a Control; failures are StudioErrors with a sentence for the user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tlstudio import places, runs
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.registry import Kind

Document = dict[str, Any]


def warm(engine: str = "inspector", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Import what the jobs of an engine (inspector, trainer) need, so that the first one begins at once."""
    import importlib

    import torch

    for module in _NEEDS[engine]:
        importlib.import_module(module)
    if engine == "trainer":
        from tlstudio.models.network import build

        with torch.inference_mode():  # the costs of torch's first call
            build("efficientnet_lite0", classes=2).module.eval()(torch.zeros(1, 3, 224, 224))
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}


_NEEDS = {
    "trainer": ("tlstudio.training.fit",),
    "inspector": (
        *("timm", "tlstudio.models.tree", "tlstudio.models.activations"),
        *("tlstudio.data.previews", "tlstudio.data.transforms", "tlstudio.evaluation.evaluate"),
    ),
}


def sample(task: str = "classification", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """The generated leaves; drawn if they are not there yet. {path, task}: path is what `scan` and recipes take."""
    from tlstudio.data.sample import make

    if task != "classification":
        raise InputError(f"There is no sample for {task} yet", "", "Take classification")
    return {"path": str(make(places.samples() / "leaves", tell=tell, control=control)), "task": task}


def open_sample(task: str = "classification", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Draw the sample and scan it: the `data` document."""
    return scan(sample(task, tell=tell, control=control)["path"], tell=tell, control=control)


def scan(path: str, *, recipe: Recipe | Mapping[str, Any] | None = None, tell: Tell = silent, control: Control | None = None) -> Document:
    """Read every file once; the `data` document, with splits as the recipe's data section says."""
    from tlstudio.data.scan import scan as scan_

    data = _recipe(recipe or {}).data
    return scan_(runs.absolute(path), max_pixels=data.max_pixels, tell=tell, control=control).to_json(data)


def previews(
    recipe: Recipe | Mapping[str, Any], path: str, kind: str, *, seed: int = 0, tell: Tell = silent, control: Control | None = None
) -> Document:
    """A picture through the true transforms, as PNG files. kind resize: {images: {crop, pad, squash}}; augment: {images: [9 files]}."""
    from tlstudio.data.previews import augment_previews, resize_previews, saved
    from tlstudio.models import catalogue

    wanted = _recipe(recipe)
    entry = catalogue.find(wanted.model.name)
    size = wanted.data.image_size or entry.input_size
    if kind == "resize":
        drawn = resize_previews(Path(path), wanted.data, size)
    else:
        views = augment_previews(Path(path), wanted.data, wanted.augment, size, seed, mean=wanted.data.mean or entry.mean)
        drawn = {str(i): view for i, view in enumerate(views)}
    files = saved(drawn, kind)
    return {"images": files if kind == "resize" else list(files.values())}


def models(search: str = "", task: str = "") -> list[Document]:
    """The catalogue: one row a model whose name or title holds every word of `search` and that does `task`.

    Raises InputError for a task that no model does.
    """
    from tlstudio.models import catalogue

    tasks = sorted({entry.task for entry in catalogue.entries()})
    if task and task not in tasks:
        raise InputError(f"There is no model for the task '{task}'", "", f"Take {' or '.join(tasks)}")
    words = search.lower().split()
    entries = [entry for entry in catalogue.entries() if not task or entry.task == task]
    return [entry.to_json() for entry in entries if all(word in f"{entry.name} {entry.title}".lower() for word in words)]


def examine_weights(model: str, file: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """What of a weights file fits a model, before anything is built from it: see `models.weights.examine`."""
    from tlstudio.models import catalogue
    from tlstudio.models.weights import examine

    return examine(catalogue.find(model), runs.absolute(file))


def kinds(section: str) -> dict[str, Kind]:
    """What can be chosen for head, optimizer, schedule or loss, by the word that recipes use; each with title, help and Options."""
    from tlstudio.models import heads
    from tlstudio.training import losses, optimizers, schedules

    registries = {"head": heads.REGISTRY, "optimizer": optimizers.REGISTRY, "schedule": schedules.REGISTRY, "loss": losses.REGISTRY}
    return registries[section].kinds()


def schedule_rates(recipe: Recipe | Mapping[str, Any], steps_per_epoch: int = 20) -> dict[str, list[float]]:
    """The planned rates, one value a step: {lr, backbone_lr}."""
    from tlstudio.training.schedules import rates

    return rates(_recipe(recipe), steps_per_epoch)


def validate(recipe: Recipe | Mapping[str, Any]) -> Recipe:
    """The recipe, with its model and all its kinds and options checked. Raises InputError naming the nearest for what is unknown."""
    from tlstudio.training.consistent import check

    checked = _recipe(recipe)
    check(checked)
    return checked


def inspect(
    model: str,
    *,
    input_size: int | None = None,
    batch: int = 1,
    classes: int | None = None,
    head: Mapping[str, Any] | None = None,
    cut: str = "",
    aux: bool = True,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """The `layers` document of a model, with {presets, blocks, head_path, in_features} besides."""
    from tlstudio.models.tree import layers

    made = Recipe.parse({"head": head}).head if head else None
    return layers(model, input_size=input_size, batch=batch, classes=classes, head=made, cut=cut, aux=aux)


def layer_detail(
    recipe: Recipe | Mapping[str, Any], path: str, *, classes: int | None = None, tell: Tell = silent, control: Control | None = None
) -> Document:
    """One layer's arguments, weight statistics and kernels, see `models.layer_detail`; nothing is downloaded."""
    from tlstudio.models.layer_detail import layer_detail as layer_detail_

    return layer_detail_(_recipe(recipe), path, classes=classes, tell=tell, control=control)


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
    from tlstudio.training.prepare import pipeline_of

    wanted, file = _recipe(recipe), runs.absolute(image)
    network = opened(wanted, classes, tell=tell, control=control)
    pipeline = pipeline_of(wanted, network.entry)
    pixels = pipeline.plain(load_rgb(file, max_pixels=wanted.data.max_pixels, at_least=pipeline.decode_size))
    key = (str(file), file.stat().st_mtime_ns, wanted.data.model_dump_json(), wanted.model.weights, wanted.training.seed)
    return activations_(network, path, pipeline.normalise(pixels[None]), limit=limit, key=key, control=control)


def download(model: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Bring a model's published weights onto this computer: {path}."""
    from tlstudio.models import catalogue
    from tlstudio.models.download import fetch

    return {"path": str(fetch(catalogue.find(model), tell=tell, control=control))}


def train(recipe: Recipe | Mapping[str, Any], run: str | None = None, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Train a recipe: its summary with `run`, the folder. run: a folder that `Run.create` made, or an absent or empty one.

    A run that fails or is cancelled stays and can be resumed. Raises InputError for a folder in which a run has begun.
    """
    checked = validate(recipe)
    path = runs.absolute(run) if run else None
    if path is None or not (path / "recipe.toml").exists():
        return _recorded(checked, runs.Run.create(checked, path), tell, control)
    made = runs.Run(path)
    if made.last.exists() or made.summary() is not None:
        raise InputError(f"The run {made.name} has begun already", "", "Resume it, or name another folder")
    with made.locked():
        made.write_text("recipe.toml", checked.to_toml())  # what is trained is what the folder says
    return _recorded(checked, made, tell, control)


def resume(run: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Go on with a run from its last checkpoint, or from its beginning if it has none. A finished one answers with its summary."""
    found = runs.Run.open(run)
    summary = found.summary()
    if summary is not None:
        return {**summary, "run": str(found.path)}
    return _recorded(validate(found.recipe()), found, tell, control)


def _recorded(recipe: Recipe, run: runs.Run, tell: Tell, control: Control | None) -> Document:
    from tlstudio.training.recorded import train as train_

    return train_(recipe, run, tell, control)


def estimate(
    recipe: Recipe | Mapping[str, Any],
    *,
    classes: int,
    n_train: int,
    n_val: int,
    samples: Sequence[str] = (),
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """What the recipe costs on this machine with that many images, measured in three steps: the `estimate` document."""
    from tlstudio.training.estimate import estimate as estimate_

    return estimate_(validate(recipe), classes=classes, n_train=n_train, n_val=n_val, samples=samples, tell=tell, control=control)


def advise(recipe: Recipe | Mapping[str, Any], *, tell: Tell = silent, control: Control | None = None) -> Document:
    """How much to freeze by the rules of thumb, with size and similarity of the images measured: the `advice` document."""
    from tlstudio.evaluation.advice import advise as advise_

    return advise_(validate(recipe), tell=tell, control=control)


def evaluate(run: str, *, data: str | None = None, split: str = "val", tell: Tell = silent, control: Control | None = None) -> Document:
    """The `evaluate` document of a run's best epoch on one of its splits, or on other images."""
    from tlstudio.evaluation.evaluate import evaluate as evaluate_

    return evaluate_(runs.Run.open(run), data=data, split=split, tell=tell, control=control)


def predict(run: str, paths: list[str], *, out: str | None = None, tell: Tell = silent, control: Control | None = None) -> list[Document]:
    """What a run says of pictures: [{path, label, probabilities, seconds} or {path, error}]; out: a folder for predictions.csv."""
    from tlstudio.evaluation.predict import predict as predict_

    return predict_(runs.Run.open(run), paths, out=out, tell=tell, control=control)


def list_runs() -> list[Document]:
    """Every run of the runs folder, newest first, one row each; null where not known."""
    from tlstudio.run_rows import row

    return [row(run) for run in runs.all_runs()]


def compare(names: list[str]) -> list[Document]:
    """The rows of those runs, in that order."""
    from tlstudio.run_rows import row

    return [row(runs.Run.open(name)) for name in names]


def doctor() -> Document:
    """Versions, devices, fonts, libraries, weights on disk; what is missing and the command that mends it."""
    from tlstudio.doctor import examine
    from tlstudio.models import catalogue

    said = examine()
    for problem in catalogue.problems():
        said["checks"].append({"name": "model source", "state": "warn", "message": problem, "mend": "Update or uninstall that package"})
    return said


def _recipe(given: Recipe | Mapping[str, Any]) -> Recipe:
    return given if isinstance(given, Recipe) else Recipe.parse(given)


JOBS: dict[str, Callable[..., Any]] = {
    "warm": warm,
    "sample": sample,
    "open_sample": open_sample,
    "scan": scan,
    "previews": previews,
    "models": models,
    "inspect": inspect,
    "layer_detail": layer_detail,
    "activations": activations,
    "download": download,
    "examine_weights": examine_weights,
    "train": train,
    "resume": resume,
    "estimate": estimate,
    "advise": advise,
    "evaluate": evaluate,
    "predict": predict,
    "runs": list_runs,
    "compare": compare,
    "doctor": doctor,
}

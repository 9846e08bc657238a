"""The network whose layers one looks at, with its weights: kept between one click and the next."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.models import catalogue
from tlstudio.models.catalogue import Entry
from tlstudio.models.network import build
from tlstudio.models.structure import above
from tlstudio.recipe import Recipe

# A larger one is built anew for every click, so that the inspector stays small.
_KEPT_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Opened:
    """module: in eval mode, on the CPU. new_paths: the head and the last layers of auxiliary heads, which are new in any case.

    weights: pretrained, file, or random (from the recipe's seed).
    """

    entry: Entry
    module: nn.Module
    new_paths: tuple[str, ...]
    weights: str

    def origin(self, path: str) -> str:
        """Where the values of a parameter come from: as `weights`, or "new" inside what is new."""
        return self.weights if set(self.new_paths).isdisjoint(above(path)) else "new"


_kept: list[tuple[object, Opened]] = []


def absent(recipe: Recipe) -> bool:
    """Whether the recipe asks for published weights that are not on this computer."""
    return recipe.model.weights == "pretrained" and catalogue.find(recipe.model.name, recipe.data.task).weights_path is None


def opened(recipe: Recipe, classes: int | None, *, tell: Tell = silent, control: Control | None = None) -> Opened:
    """The recipe's network for that many classes (None: as published). Nothing is downloaded: random weights stand in for absent ones.

    The last one is kept, if it is not too large. Raises InputError and StudioError as `network.build`.
    """
    entry = catalogue.find(recipe.model.name, recipe.data.task)
    classes = classes or entry.outputs
    weights = "random" if absent(recipe) else recipe.model.weights
    source = weights if weights in ("pretrained", "random") else "file"
    stamp = Path(weights).expanduser().stat().st_mtime_ns if source == "file" and Path(weights).expanduser().is_file() else 0
    key = (recipe.data.task, recipe.model.model_dump_json(), recipe.head.model_dump_json(), weights, stamp, classes, recipe.training.seed)
    if _kept and _kept[0][0] == key:
        return _kept[0][1]
    _kept.clear()
    network = build(
        entry,
        classes=classes,
        head=recipe.head,
        weights=weights,
        seed=recipe.training.seed,
        cut=recipe.model.cut,
        aux=recipe.model.aux,
        tell=tell,
        control=control,
    )
    found = Opened(entry, network.module.eval().requires_grad_(False), network.new_paths, source)
    if sum(p.numel() * p.element_size() for p in found.module.parameters()) <= _KEPT_BYTES:
        _kept.append((key, found))
    return found


def layer_at(module: nn.Module, path: str, title: str) -> tuple[nn.Module, str]:
    """The module at a path and "", or the module that holds the parameter at that path and the parameter's name.

    Raises InputError naming the nearest for a path that the network has not.
    """
    modules = dict(module.named_modules(remove_duplicate=False))
    if path in modules:
        return modules[path], ""
    inside, _, name = path.rpartition(".")
    if inside in modules and modules[inside]._parameters.get(name) is not None:
        return modules[inside], name
    known = [*modules, *(name for name, _ in module.named_parameters(remove_duplicate=False))]
    near = difflib.get_close_matches(path, known, 1, 0.0)
    raise InputError(f"{title} has no layer '{path}'", "", f"The nearest is '{near[0]}'" if near else "")

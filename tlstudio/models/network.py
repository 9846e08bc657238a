"""A network from the catalogue with a new head on top, ready to be frozen and trained."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import StudioError
from tlstudio.events import Note
from tlstudio.models import catalogue, heads
from tlstudio.models.catalogue import Entry
from tlstudio.models.construction import seeded, uninitialised
from tlstudio.models.weights import Report, fetch, load, read
from tlstudio.recipe import Head

# Chance of the backbone and of the head are separate, so that the same seed gives the same head on any weights.
_BACKBONE, _HEAD = 0, 1


class Network:
    """A whole network and where its head sits.

    module:      takes (B, 3, H, W) float, normalised, to logits (B, classes) float.
    head_path:   dotted path of the head in module ("classifier", "fc", "classifier.3").
    in_features: width D of what enters the head.
    loaded:      what was taken from a weights file of the user's, else None.
    """

    def __init__(self, entry: Entry, module: nn.Module, head_path: str, in_features: int, loaded: Report | None = None) -> None:
        self.entry = entry
        self.module = module
        self.head_path = head_path
        self.in_features = in_features
        self.loaded = loaded
        self._tapped, self._copies = _with_tap(module, head_path)

    @property
    def head(self) -> nn.Module:
        return self.module.get_submodule(self.head_path)

    def features(self, x: Tensor) -> Tensor:
        """What enters the head, (B, D) float, for images (B, 3, H, W): head(features(x)) is module(x).

        Runs in the modes (train, eval) that the modules are in, with gradients as the caller has them; the head does not run.
        Threads may call it at once.
        """
        for copied, original in self._copies:
            copied.training = original.training
        try:
            self._tapped(x)
        except _Reached as reached:
            return reached.tensor
        raise RuntimeError(f"{self.entry.name} gave an answer without passing its head {self.head_path}")


class _Reached(Exception):
    """Carries what enters the head out of a forward pass, whatever the network would do after its head."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__()
        self.tensor = tensor


class _Tap(nn.Module):
    """Stands in the head's place."""

    def forward(self, x: Tensor) -> Any:
        raise _Reached(x)


def _with_tap(module: nn.Module, head_path: str) -> tuple[nn.Module, list[tuple[nn.Module, nn.Module]]]:
    """The same network with a tap for a head: all layers and parameters are shared, only the containers around the head are copied.

    Gives it with the pairs (copy, original) of those containers.
    """
    root = top = copy.copy(module)
    pairs = [(root, module)]
    *containers, last = head_path.split(".")
    for name in containers:
        top.__dict__["_modules"] = dict(top._modules)
        child = top._modules[name]
        assert child is not None
        copied = top._modules[name] = copy.copy(child)
        pairs.append((copied, child))
        top = copied
    top.__dict__["_modules"] = {**top._modules, last: _Tap()}
    return root, pairs


def build(
    name: str | Entry,
    *,
    classes: int,
    head: Head | None = None,
    weights: str = "pretrained",
    seed: int = 0,
    tell: Tell = silent,
    control: Control | None = None,
) -> Network:
    """The network of that name for `classes` classes, in training mode, everything learning.

    weights: "pretrained" (downloaded first where they are not on this computer), "random" (from seed), or a .safetensors or
    .pt file: what fits it is taken, the rest keeps its random weights, and a Note says so.
    The new head's first weights follow from seed alone. Raises InputError and StudioError as `weights.fetch` and `weights.read`.
    """
    entry = name if isinstance(name, Entry) else catalogue.find(name)
    head = head or Head()
    options = heads.validate(head.kind, head.options)
    if weights == "pretrained":
        module = _pretrained(entry, tell, control)
    else:
        with seeded(seed, _BACKBONE):
            module = entry.construct()
    in_features = _in_features(entry, module)
    with seeded(seed, _HEAD):
        module.set_submodule(entry.head, heads.make(head.kind, options, in_features, classes))
    loaded = None if weights in ("pretrained", "random") else _from_file(entry, module, weights, tell)
    return Network(entry, module, entry.head, in_features, loaded)


def _pretrained(entry: Entry, tell: Tell, control: Control | None) -> nn.Module:
    path = fetch(entry, tell=tell, control=control)
    module = uninitialised(entry.construct)
    state = read(path)
    try:
        module.load_state_dict(entry.rename(state, module) if entry.rename else state, strict=True)
    except (RuntimeError, ValueError) as error:
        raise StudioError(
            f"The weights in {path} are not those of {entry.title}",
            "another version of the file lies under that name",
            "Delete the file; it is downloaded again when it is needed",
            details=str(error),
        ) from None
    return module


def _from_file(entry: Entry, module: nn.Module, file: str, tell: Tell) -> Report:
    path = Path(file).expanduser()
    state = read(path)
    if entry.rename and not state.keys() & module.state_dict().keys():
        state = _renamed(entry, state)
    report = load(module, state, head_path=entry.head, source=str(path), title=entry.title)
    tell(Note(message=report.sentence(), level="warn" if report.backbone_incomplete else "info"))
    return report


def _renamed(entry: Entry, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as published under other names (the bundled file, say); as they are if it is not that."""
    assert entry.rename is not None
    try:
        return entry.rename(state, uninitialised(entry.construct))
    except ValueError:
        return state


def _in_features(entry: Entry, module: nn.Module) -> int:
    old = module.get_submodule(entry.head)
    if not isinstance(old, nn.Linear):
        raise StudioError(f"{entry.title} has no linear layer at {entry.head}", "", "Choose another model")
    return old.in_features

"""A network from the catalogue with a new head on top, ready to be frozen and trained."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Note
from tlstudio.models import auxiliary, catalogue, heads
from tlstudio.models.assembly import BACKBONE, Body, End, attach
from tlstudio.models.catalogue import Entry
from tlstudio.models.construction import seeded, skeleton, uninitialised
from tlstudio.models.segmenter import Given
from tlstudio.models.weights import Report, fetch, load, named_for, read
from tlstudio.recipe import Head


class Network:
    """A whole network and where its head sits.

    module:      takes (B, 3, H, W) float, normalised, to logits (B, classes) float; see `outputs` for models with auxiliary heads
                 and for segmentation.
    head_path:   dotted path of the head in module ("classifier", "fc", "classifier.3"); all in there is new, all else is not.
    in_features: width D of what enters the head.
    aux_paths:   paths of the new last layers of auxiliary heads.
    new_paths:   head_path and aux_paths: all that is new, and learns at the head's rate.
    left_out:    paths of what lies behind a cut and is gone.
    loaded:      what was taken from a weights file of the user's, else None.
    """

    def __init__(self, entry: Entry, end: End, loaded: Report | None = None, *, one_logit: bool = False) -> None:
        self.entry = entry
        self.module = module = end.module
        self.one_logit = one_logit
        self.head_path = head_path = end.head_path
        self.in_features = end.in_features
        self.aux_paths = end.aux_paths
        self.new_paths = (head_path, *end.aux_paths)
        self.left_out = end.left_out
        self.loaded = loaded
        self._tapped, self._copies = _with_tap(module, head_path)

    @property
    def head(self) -> nn.Module:
        return self.module.get_submodule(self.head_path)

    def outputs(self, result: Any) -> tuple[Tensor, list[Tensor]]:
        """What `module` returned as (main, auxiliary ones), logits (B, classes) or (B, classes, H, W); no auxiliary ones in eval mode.

        A network of one logit z gives two classes with 0 and z, whose softmax is the sigmoid of z.
        """
        main, aux = auxiliary.outputs(result)
        given = [main, *aux] if self.module.training else [main]
        if self.one_logit:
            given = [torch.cat([torch.zeros_like(z), z], 1) for z in given]
        return given[0], given[1:]

    def features(self, x: Tensor) -> Given:
        """What enters the head, (B, D) float, for images (B, 3, H, W): head(features(x)) is module(x).

        Of a segmentation model it is what its head takes: a map (B, D, h, w), {"low", "high"}, or a list of maps, the finest first;
        and the module enlarges what the head gives to H x W (bilinear, corners not aligned).
        Runs in the modes (train, eval) that the modules are in, with gradients as the caller has them; the head does not run.
        Threads may call it at once.
        """
        for copied, original in self._copies:
            copied.training = original.training
        try:
            self._tapped(x)
        except _Reached as reached:
            given: Given = reached.tensor
            return given
        raise RuntimeError(f"{self.entry.name} gave an answer without passing its head {self.head_path}")

    def twin(self, replaced: Mapping[nn.Module, nn.Module]) -> Network:
        """The same with other layers in the place of some. All else is shared but for the containers, which stay in eval mode."""
        made: dict[nn.Module, nn.Module] = dict(replaced)
        other = copy.copy(self)
        other.module = _rebuilt(self.module, made)
        other._tapped, other._copies = _with_tap(other.module, self.head_path)
        return other


def _rebuilt(module: nn.Module, made: dict[nn.Module, nn.Module]) -> nn.Module:
    """The module with what was made instead of its layers; itself where nothing in it is another one."""
    if module not in made:
        children = {name: None if child is None else _rebuilt(child, made) for name, child in module._modules.items()}
        made[module] = module
        if any(child is not module._modules[name] for name, child in children.items()):
            made[module] = container = copy.copy(module)
            container.__dict__["_modules"] = children
            container.training = False
    return made[module]


class _Reached(Exception):
    """Carries what enters the head out of a forward pass, whatever the network would do after its head."""

    def __init__(self, tensor: Any) -> None:
        super().__init__()
        self.tensor = tensor


class _Tap(nn.Module):
    """Stands in the head's place."""

    def forward(self, x: Given) -> Any:
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
    cut: str = "",
    aux: float = 0.4,
    task: str = "",
    one_logit: bool = False,
    tell: Tell = silent,
    control: Control | None = None,
) -> Network:
    """The network of that name for `classes` classes, in training mode, everything learning.

    head: by default the model's first, see `heads.default_for`. cut: the layer where the network ends, see `cut`; what comes after it is
    left out. aux: 0 leaves auxiliary heads out, else they get `classes` outputs.
    task: of the recipe; for segmentation a classification network becomes an encoder, see `catalogue.find`.
    one_logit: masks of two classes from a single channel, see `Network.outputs`.
    weights: "pretrained" (downloaded first where they are not on this computer), "random" (from seed), or a .safetensors or
    .pt file: what fits it is taken, the rest keeps its random weights, and a Note says so.
    The new head's first weights follow from seed alone. Raises InputError and StudioError as `weights.fetch` and `weights.read`, and
    InputError for a head that does not fit the model and for a cut that cannot be.
    """
    entry = name if isinstance(name, Entry) else catalogue.find(name, task)
    head = head or heads.default_for(entry)
    heads.validate(head.kind, head.options)
    heads.check_fits(head.kind, entry)
    if one_logit and (classes != 2 or entry.task != "segmentation"):
        raise InputError("One logit is for masks of two classes", f"there are {classes} classes", "Choose another loss")
    entry = prepared(entry, head, aux > 0)
    if weights == "pretrained":
        module = _pretrained(entry, tell, control)
    else:
        with seeded(seed, BACKBONE):
            module = entry.construct(entry.classes)
    end = attach(module, body_of(entry), head=head, classes=1 if one_logit else classes, cut=cut, aux=aux > 0, seed=seed)
    loaded = None if weights in ("pretrained", "random") else _from_file(entry, end, weights, tell)
    return Network(entry, end, loaded, one_logit=one_logit)


def prepared(entry: Entry, head: Head, aux: bool) -> Entry:
    """The model as it is constructed below that head: dilated where the head wants it, with its auxiliary head where that is asked for."""
    if heads.find(head.kind).dilated:
        entry = entry.dilated()
    return replace(entry, constructor=entry.with_aux) if aux and entry.with_aux is not None else entry


def body_of(entry: Entry) -> Body:
    """What `assembly.attach` has to know of a model of the catalogue."""
    reductions = entry.encoder.reductions if entry.role == "encoder" and entry.encoder else ()
    blank = functools.partial(skeleton, _published(entry))
    return Body(entry.title, entry.task, entry.head, entry.classes, entry.input_size, blank, reductions)


def _published(entry: Entry) -> Callable[[], nn.Module]:
    """Constructs the network as it was published, with its own head, or none where it has none."""
    return functools.partial(entry.construct, entry.classes)


def _pretrained(entry: Entry, tell: Tell, control: Control | None) -> nn.Module:
    path = fetch(entry, tell=tell, control=control)
    module = uninitialised(_published(entry))
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


def _from_file(entry: Entry, end: End, file: str, tell: Tell) -> Report:
    path, module = Path(file).expanduser(), end.module
    state = named_for(read(path), module.state_dict(), entry, lambda: uninitialised(_published(entry)))
    if end.old_head and end.old_head != entry.head:
        state = _moved(state, f"{entry.head}.", f"{end.old_head}.", module)
    report = load(module, state, head_path=end.head_path, source=str(path), title=entry.title)
    tell(Note(message=report.sentence(), level="warn" if report.backbone_incomplete else "info"))
    return report


def _moved(state: dict[str, Tensor], old: str, new: str, module: nn.Module) -> dict[str, Tensor]:
    """A published last layer under the path that it has now; a file that was written with this very head stays as it is."""
    own = module.state_dict()
    return {name if name in own or not name.startswith(old) else new + name.removeprefix(old): tensor for name, tensor in state.items()}

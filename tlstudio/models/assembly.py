"""A network gets its end: a new head in the place of the old one, or on top of it, or at a layer within, and fitting auxiliary heads.

The one place where that is decided, for networks with weights and for those on the `meta` device that the layer tree shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from tlstudio.errors import InputError, StudioError
from tlstudio.models import auxiliary, heads
from tlstudio.models.construction import seeded
from tlstudio.models.cut import cut as end_at
from tlstudio.models.cut import put_on_top, survey
from tlstudio.models.pooling import Layout, layout
from tlstudio.models.pyramid import multiple_of
from tlstudio.models.pyramid import survey as encoder_survey
from tlstudio.models.segmenter import HEAD as HEAD_OF_MASKS
from tlstudio.models.segmenter import Widths, chosen, segmenter
from tlstudio.models.structure import find_head
from tlstudio.recipe import Head

# Chance of the backbone, of the head and of the auxiliary heads are separate, so that the same seed gives the same head on any weights.
BACKBONE, HEAD, AUXILIARY = 0, 1, 2


@dataclass(frozen=True)
class Body:
    """What has to be known of a network that gets an end.

    head_path: its published last layer, "" to look for it. classes: that layer's outputs, 0 where it was published without one.
    blank: the same network on `meta`, for looking at shapes; called where they are needed.
    reductions: of a classification network that is to make masks, those of its maps (see `catalogue.Encoder`); else empty.
    """

    title: str
    task: str
    head_path: str
    classes: int
    input_size: int
    blank: Callable[[], nn.Module]
    reductions: tuple[int, ...] = ()


@dataclass(frozen=True)
class End:
    """head_path: the new head. in_features: width or channels of what enters it (of the coarsest map where it takes several).

    module: the network with its end, the same one, or the one around it where it has become an encoder.
    old_head: where the published last layer is now, "" if it is gone. aux_paths: the new last layers of the auxiliary heads.
    left_out: of a network that ends at a cut, the paths of modules and parameters that are gone.
    """

    module: nn.Module
    head_path: str
    in_features: int
    old_head: str = ""
    aux_paths: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def attach(module: nn.Module, body: Body, *, head: Head, classes: int, cut: str = "", aux: bool = True, seed: int = 0) -> End:
    """Give a published network its new end, in place; first weights follow from seed alone.

    cut: the layer where it ends, "" for its own end. aux: whether auxiliary heads stay. Raises InputError where the head does not
    fit, and for a layer that cannot be an end.
    """
    heads.check(head.kind, body.task, title=body.title)
    kind, options = heads.find(head.kind), heads.validate(head.kind, head.options)
    path = body.head_path or find_head(module, body.classes)
    if kind.takes == "output" and not body.classes:
        raise InputError(
            f"The head {kind.title} does not fit on {body.title}", "it was published without an output layer", "Choose another head"
        )

    device = next(module.parameters()).device

    def make(in_features: Widths) -> nn.Module:
        with seeded(seed, HEAD), device:
            return heads.make(head.kind, options, in_features, classes)

    if cut:
        _refuse_cut(body, kind, cut)
        point = survey(_blank(module, body), cut, input_size=body.input_size, head_path=path, title=body.title)
        return End(module, end_at(module, point, make(point.width)), point.width, left_out=point.idle)
    if not aux:
        auxiliary.remove(module)
    if body.reductions:
        return _on_encoder(module, kind, make, body)
    if body.task == "segmentation":
        end = _on_maps(module, path, kind, make, body)
    elif _replaceable(module, path):
        end = _in_place(module, path, kind, make)
    else:
        end = _on_top(module, path, kind, make, body)
    with seeded(seed, AUXILIARY), device:
        return replace(end, aux_paths=auxiliary.renew(module, classes))


def _refuse_cut(body: Body, kind: heads.HeadKind, cut: str) -> None:
    if body.task != "classification":
        raise InputError(
            f"Features of {body.title} cannot be taken from '{cut}'",
            "a network that makes masks has to keep its way from features to pixels",
            "Leave model.cut empty, or take a classification model",
        )
    if kind.takes == "output":
        raise InputError(
            f"The head {kind.title} does not fit on features from '{cut}'",
            "it stands on the old output, which is not computed there",
            "Choose another head, or leave model.cut empty",
        )


def _blank(module: nn.Module, body: Body) -> nn.Module:
    return module if next(module.parameters()).is_meta else body.blank()


def _replaceable(module: nn.Module, path: str) -> bool:
    """Whether the old head is one linear layer, and the only one: a new one in its place is the whole change."""
    old = module.get_submodule(path)
    if not isinstance(old, nn.Linear):
        return False
    aux = tuple(f"{name}." for name in auxiliary.NAMES)
    alike = [name for name, child in module.named_modules() if _outputs(child) == old.out_features and not name.startswith(aux)]
    return alike == [path]


def _outputs(layer: nn.Module) -> int:
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels if isinstance(layer, nn.Conv2d) else 0


def _in_place(module: nn.Module, path: str, kind: heads.HeadKind, make: Callable[[int], nn.Module]) -> End:
    old = module.get_submodule(path)
    assert isinstance(old, nn.Linear)
    if kind.takes == "output":
        module.set_submodule(path, nn.Sequential(old, make(old.out_features)))
        return End(module, f"{path}.1", old.out_features, f"{path}.0")
    module.set_submodule(path, make(old.in_features))
    return End(module, path, old.in_features)


def _on_top(module: nn.Module, path: str, kind: heads.HeadKind, make: Callable[[int], nn.Module], body: Body) -> End:
    """For heads that are convolutions, several at once, or not the last word: they go, and the new one takes what came before them.

    timm's models know themselves how to go without; of others the network ends, pooled, where its old head stood.
    """
    blank = _blank(module, body)
    if kind.takes == "output":
        where, width = _given(blank, body)
        return End(module, put_on_top(module, where, make(width)), width, path)
    if hasattr(module, "reset_classifier"):
        for one in {id(blank): blank, id(module): module}.values():
            one.reset_classifier(0)  # type: ignore[operator]
        where, width = _given(blank, body)
        return End(module, put_on_top(module, where, make(width)), width)
    for one in (blank, module):
        one.set_submodule(path, nn.Identity())
    point = survey(blank, path, input_size=body.input_size, head_path="", title=body.title)
    return End(module, end_at(module, point, make(point.width)), point.width)


def _given(blank: nn.Module, body: Body) -> tuple[Layout, int]:
    """Layout and width of what a network on `meta` gives for a picture."""
    modes = [(child, child.training) for child in blank.modules()]
    with torch.no_grad():
        given = blank.eval()(torch.empty(2, 3, body.input_size, body.input_size, device="meta"))
    for child, training in modes:
        child.training = training
    where = layout(tuple(given.shape), ends_in_linear=False) if isinstance(given, torch.Tensor) else None
    if where is None:
        raise StudioError(
            f"It is not known how to put a new head on {body.title}", "its last layers give no features", "Choose another model"
        )
    return where, int(given.shape[-1 if where in ("tokens", "channels_last") else 1])


def _on_encoder(module: nn.Module, kind: heads.HeadKind, make: Callable[[Widths], nn.Module], body: Body) -> End:
    pyramid = encoder_survey(_blank(module, body), 8 * multiple_of(body.reductions))
    made = segmenter(module, pyramid, kind.takes, make)
    return End(made, HEAD_OF_MASKS, pyramid.channels[chosen(pyramid.reductions, kind.takes)[-1]])


def _on_maps(module: nn.Module, path: str, kind: heads.HeadKind, make: Callable[[Widths], nn.Module], body: Body) -> End:
    """torchvision's segmentation models: the head is their `classifier`."""
    old = module.get_submodule(path)
    takes = "maps" if hasattr(old, "low_classifier") else "map"
    if kind.takes != takes:
        fitting = ", ".join(f"{one.title} ({one.kind})" for one in heads.kinds("segmentation") if one.takes == takes)
        gives = {"map": "one map of features", "maps": "a fine and a coarse map of features"}
        raise InputError(
            f"The head {kind.title} does not fit on {body.title}",
            f"the head takes {gives[kind.takes]}, the model gives {gives[takes]}",
            f"Set head.kind to one of these: {fitting}",
        )
    widths = [child.in_channels for child in old.modules() if isinstance(child, nn.Conv2d)]
    if takes == "maps":
        fine = old.get_submodule("low_classifier")
        assert isinstance(fine, nn.Conv2d)
        module.set_submodule(path, make((fine.in_channels, widths[0])))
    else:
        module.set_submodule(path, make(widths[0]))
    return End(module, path, widths[0])

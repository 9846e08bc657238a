"""Heads: the new layers on top of the backbone. One file a kind, each with `KIND`. Read without importing torch.

make(options, in_features, classes) gives an nn.Module that takes (B, in_features) float to logits (B, classes), in segmentation
feature maps to (B, classes, h, w); its first weights come from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tlstudio.errors import InputError
from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Head
from tlstudio.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from tlstudio.models.catalogue import Entry
    from tlstudio.models.segmenter import Widths

__all__ = ["REGISTRY", "HeadKind", "check", "check_fits", "default", "default_for", "find", "fits", "kinds", "make", "validate"]

REGISTRY = Registry(__name__, "head", Head().kind)
_TASKS = {"classification": "classes of whole images", "segmentation": "masks"}
_GIVES = {"map": "one map of features", "maps": "a fine and a coarse map of features", "pyramid": "maps of many sizes"}


def kinds(task: str = "") -> list[HeadKind]:
    """Every head of that task, of all tasks without one; the recipe's default first."""
    return [kind for kind in map(find, REGISTRY.kinds()) if not task or kind.task == task]


def find(kind: str) -> HeadKind:
    """Raises InputError naming the nearest for an unknown kind."""
    found = REGISTRY.find(kind)
    assert isinstance(found, HeadKind)
    return found


def default(task: str) -> Head:
    """The head that a task starts with: the recipe's own where it fits, else the first that does."""
    return Head(kind=kinds(task)[0].kind)


def fits(kind: HeadKind, entry: Entry) -> bool:
    """Whether a head of that kind can stand on that model."""
    if kind.task != entry.task:
        return False
    if entry.role == "whole":
        return kind.task != "segmentation" or kind.takes == find(entry.own_head).takes
    assert entry.encoder is not None
    reductions = set(entry.encoder.reductions)
    if kind.takes == "pyramid":
        return reductions.issuperset(kind.needs)
    return kind.takes == "map" or len(reductions) > 1


def default_for(entry: Entry) -> Head:
    """The head that a model starts with: torchvision's segmentation models with their own, encoders with a light one."""
    if entry.task != "segmentation":
        return default(entry.task)
    if entry.own_head:
        return Head(kind=entry.own_head)
    return Head(kind=next(kind for kind in ("lraspp", "fcn") if fits(find(kind), entry)))


def check_fits(kind: str, entry: Entry) -> None:
    """Raises InputError where a head of that kind cannot stand on that model, which says why and names those that can."""
    check(kind, entry.task, title=entry.title)
    found = find(kind)
    if fits(found, entry):
        return
    if entry.role == "encoder" and entry.encoder is not None:
        gives = f"maps with one unit for {_listed(entry.encoder.reductions)} pixels"
        takes = "two maps, a fine and a coarse one" if found.takes == "maps" else f"maps with one unit for {_listed(found.needs)} pixels"
    else:
        gives, takes = _GIVES[find(entry.own_head).takes], _GIVES[found.takes]
    fitting = ", ".join(f"{one.title} ({one.kind})" for one in kinds(entry.task) if fits(one, entry))
    raise InputError(
        f"The head {found.title} does not fit on {entry.title}",
        f"the head takes {takes}, the model gives {gives}",
        f"Set head.kind to one of these: {fitting}",
    )


def _listed(numbers: Iterable[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def check(kind: str, task: str, *, title: str) -> None:
    """Raises InputError where a head of that kind cannot stand on a model of that task. title: the model's name for the user."""
    found = find(kind)
    if found.task != task:
        fitting = ", ".join(f"{one.title} ({one.kind})" for one in kinds(task))
        raise InputError(
            f"The head {found.title} does not fit on {title}",
            f"the head learns {_TASKS[found.task]}, the model is made for {_TASKS[task]}",
            f"Set head.kind to one of these: {fitting}",
        )


def validate(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options, checked and completed with defaults. Raises InputError as `Registry.options`."""
    return REGISTRY.options(kind, options).model_dump()


def make(kind: str, options: dict[str, Any], in_features: Widths, classes: int) -> nn.Module:
    """A head for inputs of that width, see `HeadKind.takes`. Raises InputError as `Registry.options`.

    Those that make masks take batches of one image, also where they average over all places.
    """
    head: nn.Module = REGISTRY.make(kind, options, in_features, classes)
    if find(kind).task == "segmentation":
        from tlstudio.models.batch_norm import take_single_values

        take_single_values(head)
    return head

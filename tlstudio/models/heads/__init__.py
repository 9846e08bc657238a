"""Heads: the new layers on top of the backbone. One file a kind, each with `KIND`. Read without importing torch.

make(options, in_features, classes) gives an nn.Module that takes (B, in_features) float to logits (B, classes), in segmentation
feature maps to (B, classes, h, w); its first weights come from torch's global generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlstudio.errors import InputError
from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Head
from tlstudio.registry import Registry

if TYPE_CHECKING:
    from torch import nn

__all__ = ["REGISTRY", "HeadKind", "check", "default", "find", "kinds", "make", "validate"]

REGISTRY = Registry(__name__, "head", Head().kind)
_TASKS = {"classification": "classes of whole images", "segmentation": "masks"}


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


def make(kind: str, options: dict[str, Any], in_features: int | tuple[int, int], classes: int) -> nn.Module:
    """A head for inputs of that width, see `HeadKind.takes`. Raises InputError as `Registry.options`."""
    head: nn.Module = REGISTRY.make(kind, options, in_features, classes)
    return head

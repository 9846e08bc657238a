"""Heads: the new layers on top of the backbone. One file a kind, each with `KIND`. Read without importing torch.

make(options, in_features, classes) gives an nn.Module that takes (B, in_features) float to logits (B, classes), its first weights
from torch's global generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlstudio.recipe import Head
from tlstudio.registry import Kind, Registry

if TYPE_CHECKING:
    from torch import nn

__all__ = ["REGISTRY", "kinds", "make", "validate"]

REGISTRY = Registry(__name__, "head", Head().kind)


def kinds() -> list[Kind]:
    """Every head, the recipe's default first."""
    return list(REGISTRY.kinds().values())


def validate(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options, checked and completed with defaults. Raises InputError as `Registry.options`."""
    return REGISTRY.options(kind, options).model_dump()


def make(kind: str, options: dict[str, Any], in_features: int, classes: int) -> nn.Module:
    """A head that takes (B, in_features) float to logits (B, classes). Raises InputError as `Registry.options`."""
    head: nn.Module = REGISTRY.make(kind, options, in_features, classes)
    return head

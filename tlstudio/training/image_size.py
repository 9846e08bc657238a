"""Whether a network can make anything of images of a size: asked of the network itself, with one image, before training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import InputError
from tlstudio.events import Note
from tlstudio.models.network import Network

FAR = 2.0  # times smaller or larger than the model was made for, from which on a word is due


def check_image_size(network: Network, size: int) -> Iterator[Note]:
    """A Note where size x size pixels are far from what the model was made for; one forward pass unless it is that very size.

    Raises InputError for a size that the layers cannot take, or of which one pixel is left where a layer should still halve it:
    what comes after sees no picture any more. Likewise for one that is too small for the auxiliary heads alone.
    """
    made_for = network.entry.input_size
    if size == made_for:
        return
    try:
        used_up = _is_used_up(network.module, size)
    except (RuntimeError, ValueError, AssertionError) as error:  # torch's, torchvision's and timm's ways to refuse a size
        used_up, why, details = True, "its layers do not fit that size", str(error)
    else:
        why, details = "its layers shrink a picture step by step, and of this one nothing is left before the last of them", ""
    if used_up:
        raise InputError(
            f"{network.entry.title} cannot take images of {size} x {size} pixels",
            why,
            f"Set data.image_size to {made_for}, the size it was made for, or to 0, which means that one",
            details=details,
        )
    _check_auxiliary(network, size)
    if size * FAR < made_for:
        yield Note(
            level="warn",
            message=f"{network.entry.title} was made for images of {made_for} x {made_for} pixels and gets {size} x {size}: "
            f"things look larger to it than it knows them, and it will most likely be right less often. {_WAY_OUT}",
        )
    elif size > made_for * FAR:
        times = (size / made_for) ** 2
        yield Note(
            level="warn",
            message=f"{network.entry.title} was made for images of {made_for} x {made_for} pixels and gets {size} x {size}: "
            f"each takes about {times:.0f} times as long and as much memory. {_WAY_OUT}",
        )


_WAY_OUT = "Set data.image_size to 0 for the size it was made for."


def _check_auxiliary(network: Network, size: int) -> None:
    """Auxiliary heads run in training only: they may need more pixels (inception's) than the network itself."""
    if not network.aux_paths:
        return
    try:
        _is_used_up(network.module, size, learning=True)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"The auxiliary heads of {network.entry.title} cannot take images of {size} x {size} pixels",
            "their layers do not fit that size",
            "Set model.aux to 0, which leaves them out, or data.image_size to 0, which means the size the model was made for",
            details=str(error),
        ) from None


def _is_used_up(module: nn.Module, size: int, *, learning: bool = False) -> bool:
    """Whether a layer that halves gets a single pixel of an image of that size. Leaves the modes as they were.

    learning: the network itself is in training mode, so that its auxiliary heads run; all that is in it stays in eval mode.
    """
    used_up = False

    def enter(child: nn.Module, args: tuple[Any, ...]) -> None:
        nonlocal used_up
        x = args[0] if args else None
        strides = torch.as_tensor(getattr(child, "stride", None) or 1).max()
        if isinstance(x, Tensor) and x.dim() == 4 and max(x.shape[-2:]) == 1 and strides > 1:
            used_up = True

    layers = [child for child in module.modules() if isinstance(child, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d)]
    hooks = [child.register_forward_pre_hook(enter) for child in layers]
    modes = [(child, child.training) for child in module.modules()]
    try:
        with torch.inference_mode():
            module.eval().training = learning
            module(torch.zeros(1, 3, size, size, device=next(module.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
        for child, training in modes:
            child.training = training
    return used_up

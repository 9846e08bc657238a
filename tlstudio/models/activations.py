"""What one layer answers to one image, as pictures: a map a channel, tokens laid out where they lie in the image, vectors as a strip."""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.errors import InputError
from tlstudio.models import tiles
from tlstudio.models.opened import Opened, layer_at


class _Reached(Exception):
    """Carries a layer's output out of the forward pass: what would come behind it is not computed."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


def activations(
    network: Opened, path: str, pixels: Tensor, *, limit: int = 64, key: object = "", control: Control | None = None
) -> dict[str, Any]:
    """{maps, kind, n, shape, stats: {mean, max, share_of_zeros}, weights, seconds} of the layer at that path.

    pixels:  one normalised image, float (1, 3, H, W). limit: maps to draw at most; key: names the image for the picture's file.
    maps:    the picture as `tiles.save` says, each map from its smallest value (black) to its largest (white).
    kind:    maps: of channels; tokens: of channels on the grid of tokens, a class token left out; strip: a vector, or tokens that
             form no grid of the image's shape, as one picture.
    n:       how many maps the layer gives in all. shape: of its output, the batch in front.
    weights: pretrained, file or random: what the network computed with.
    Raises InputError for an unknown path, a parameter, a layer that the forward pass leaves out, and a size that does not fit.
    """
    control = control or Control()
    layer, name = layer_at(network.module, path, network.entry.title)
    if name:
        raise InputError(f"The parameter '{path}' gives no answer of its own", "only layers do", "Choose the layer that it belongs to")
    began = time.perf_counter()
    output = _output(network, layer, path, pixels, control)
    kind, maps = _maps(output[0].float().nan_to_num(), (pixels.shape[2], pixels.shape[3]))
    drawn = tiles.save(tiles.stretched(maps[: max(1, limit)].numpy()), "activations", network.entry.name, network.weights, path, key, limit)
    return {
        "model": network.entry.name,
        "path": path,
        "maps": drawn,
        "kind": kind,
        "n": len(maps),
        "shape": list(output.shape),
        "stats": {"mean": float(output.float().mean()), "max": float(output.max()), "share_of_zeros": float((output == 0).float().mean())},
        "weights": network.weights,
        "seconds": time.perf_counter() - began,
    }


def _output(network: Opened, layer: nn.Module, path: str, pixels: Tensor, control: Control) -> Tensor:
    def look(child: nn.Module, args: Any) -> None:
        control.check()

    def leave(child: nn.Module, args: Any, output: Any) -> None:
        raise _Reached(output)

    hooks = [child.register_forward_pre_hook(look) for child in network.module.modules()]
    hooks.append(layer.register_forward_hook(leave))
    height, width = pixels.shape[2:]
    try:
        with torch.inference_mode():
            network.module(pixels)
    except _Reached as reached:
        found = _first(reached.output)
        if found is not None and found.numel():
            return found
        raise InputError(f"The layer '{path}' gives nothing that could be drawn", "", "Choose another layer") from None
    except (RuntimeError, AssertionError, ValueError, IndexError, TypeError) as error:
        raise InputError(
            f"The model {network.entry.title} cannot take images of {width} x {height} pixels",
            "its layers do not fit that size",
            f"Take {network.entry.input_size}, the size it was made for",
            details=f"{type(error).__name__}: {error}",
        ) from None
    finally:
        for hook in hooks:
            hook.remove()
    raise InputError(
        f"The layer '{path}' is not run when the network looks at an image",
        "it only serves training, or the layer around it applies its weights by itself",
        "Choose the layer around it",
    )


def _maps(x: Tensor, image: tuple[int, int]) -> tuple[str, Tensor]:
    """One image's output without the batch as float (n, h, w): kind and maps. image: its (H, W)."""
    if x.dim() == 3:
        # (h, w, C) is how some transformers keep their maps: the dimensions that are shaped as the image are the places.
        last = _shaped(x.shape[0], x.shape[1], image) and not _shaped(x.shape[1], x.shape[2], image)
        return "maps", x.permute(2, 0, 1) if last else x
    if x.dim() == 2:
        for extra in (0, 1):  # with a class token in front or without
            height = round(math.sqrt(max(0, len(x) - extra) * image[0] / image[1]))
            if height > 1 and (len(x) - extra) % height == 0 and _shaped(height, (len(x) - extra) // height, image):
                return "tokens", x[extra:].T.reshape(-1, height, (len(x) - extra) // height)
        return "strip", x[None]
    flat = x.reshape(-1)
    columns = min(len(flat), 64)
    rows = math.ceil(len(flat) / columns)
    return "strip", torch.nn.functional.pad(flat, (0, rows * columns - len(flat)), value=float(flat.min())).reshape(1, rows, columns)


def _shaped(height: int, width: int, image: tuple[int, int]) -> bool:
    """Whether a map of that many places can be one of the whole image: one step down it is as long as one step across, or nearly."""
    return abs(height * image[1] - width * image[0]) < max(image) and height <= image[0] and width <= image[1]


def _first(value: Any) -> Tensor | None:
    """The first tensor in a value that may nest tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((found for one in inside if (found := _first(one)) is not None), None)

"""How each kind of aten operation changes what one unit sees. A rule: (args, kwargs, out, marks of what it took) -> Field."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Field:
    """size: (height, width) in pixels of the image that one unit sees; jump: pixels between neighbouring units.

    places: for each dimension of the tensor, whether it runs over places (the batch, rows, columns, tokens) or over channels.
    """

    size: tuple[float, float]
    jump: tuple[float, float]
    places: tuple[bool, ...]

    @property
    def side(self) -> int:
        return math.ceil(max(self.size))

    @property
    def stride(self) -> float:
        jump = max(self.jump)
        return int(jump) if jump == int(jump) else jump


MAPS = (True, False, True, True)  # (B, C, H, W)
ENDED = Field((0, 0), (0, 0), ())


Marks = list[tuple[Tensor, Field]]
Rule = Callable[[Sequence[Any], dict[str, Any], Tensor, Marks], Field]


def _widest(fields: Sequence[Field], places: tuple[bool, ...]) -> Field:
    size = (max(one.size[0] for one in fields), max(one.size[1] for one in fields))
    return Field(size, (max(one.jump[0] for one in fields), max(one.jump[1] for one in fields)), places)


def pointwise(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """Whatever combines units of the same place: sums, activations, joining channels, copies."""
    fields = [field for tensor, field in given if tensor.dim() == out.dim()]
    if not fields or len(fields) < len(given) or any(one.places != fields[0].places for one in fields):
        return ENDED
    return _widest(fields, fields[0].places)


def _two(value: Any, default: int = 1) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1]) if value else (default, default)


def _kernel(field: Field, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> Field:
    size = tuple(s + (k - 1) * d * j for s, k, d, j in zip(field.size, kernel, dilation, field.jump, strict=True))
    jump = tuple(j * s for j, s in zip(field.jump, stride, strict=True))
    return Field((size[0], size[1]), (jump[0], jump[1]), field.places)


def convolution(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    _, weight, _, stride, _, dilation, transposed = args[:7]
    field = given[0][1]
    if field.places != MAPS or len(given) > 1:
        return ENDED
    kernel, step = _two(tuple(weight.shape[2:])), _two(stride)
    if not transposed:
        return _kernel(field, kernel, step, _two(dilation))
    # Of a kernel that is laid down every `step` units of the finer grid, so many lie over each of its units.
    height, width = (math.ceil(((k - 1) * d + 1) / s) for k, d, s in zip(kernel, _two(dilation), step, strict=True))
    wider = _kernel(field, (height, width), (1, 1), (1, 1))
    return replace(wider, jump=(field.jump[0] / step[0], field.jump[1] / step[1]))


def pool(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """max_pool2d_with_indices(x, kernel, stride, padding, dilation) and avg_pool2d, whose fifth argument is a bool."""
    kernel = _two(args[1])
    stride = _two(args[2]) if len(args) > 2 and args[2] else kernel
    dilation = args[4] if len(args) > 4 and not isinstance(args[4], bool) else 1
    return _kernel(given[0][1], kernel, stride, _two(dilation)) if given[0][1].places == MAPS else ENDED


def adaptive(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """To a fixed number of bins: a pooling where they divide the map evenly; to one bin it is global."""
    image, field = given[0]
    bins = tuple(out.shape[-2:])
    if field.places != MAPS or any(n % b for n, b in zip(image.shape[-2:], bins, strict=True)):
        return ENDED
    kernel = (image.shape[-2] // bins[0], image.shape[-1] // bins[1])
    return field if kernel == (1, 1) else ENDED if bins == (1, 1) else _kernel(field, kernel, kernel, (1, 1))


def enlarged(reach: int) -> Rule:
    """To a finer grid, each new unit made from `reach` neighbours each way."""

    def rule(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
        image, field = given[0]
        if field.places != MAPS:
            return ENDED
        field = _kernel(field, (reach, reach), (1, 1), (1, 1))
        height, width = (old / new for old, new in zip(image.shape[-2:], out.shape[-2:], strict=True))
        return replace(field, jump=(field.jump[0] * height, field.jump[1] * width))

    return rule


def along(position: int) -> Rule:
    """Mixes along some dimensions (softmax, mean): what a place sees stays the same if those are channels."""

    def rule(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
        tensor, field = given[0]
        dims = kwargs.get("dim", args[position] if len(args) > position else None)
        dims = [dims] if isinstance(dims, int) else list(dims or range(tensor.dim()))
        dims = [dim % tensor.dim() for dim in dims]
        if any(field.places[dim] and tensor.shape[dim] > 1 for dim in dims) or len(given) > 1:
            return ENDED
        if out.dim() == tensor.dim():
            return field
        return replace(field, places=tuple(place for dim, place in enumerate(field.places) if dim not in dims))

    return rule


def layer_norm(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    field = given[0][1]
    return ENDED if any(field.places[-len(args[1]) :]) or out.dim() != len(field.places) else field


def product(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """mm, bmm, addmm: a linear layer on the channels of each place; attention and mixing of places end the field."""
    tensor, field = given[0]
    left = args[-2] if isinstance(args[-2], Tensor) else None
    if len(given) > 1 or tensor is not left or field.places[-1]:
        return ENDED
    return field


def end(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    return ENDED

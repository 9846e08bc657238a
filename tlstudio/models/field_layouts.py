"""What splitting, joining, swapping and choosing dimensions does to a receptive field: nothing but which dimension runs over what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from tlstudio.models.field_rules import ENDED, MAPS, Field, Marks


def view(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """Dimensions split and joined: each new one runs over places or over channels; one that would run over both ends the field."""
    tensor, field = given[0]
    places = _regrouped(tuple(tensor.shape), field.places, tuple(out.shape))
    return ENDED if places is None else replace(field, places=places)


def _regrouped(old: tuple[int, ...], places: tuple[bool, ...], new: tuple[int, ...]) -> tuple[bool, ...] | None:
    """Which dimensions of the new shape run over places; None if one would run over places and channels. Those of one say nothing."""
    before = [(n, place) for n, place in zip(old, places, strict=True) if n != 1]
    after = [j for j, n in enumerate(new) if n != 1]
    out = [True] * len(new)
    i = k = 0
    while k < len(after):
        first, start, taken, made = i, k, 1, 1
        while k == start or taken != made:  # the fewest dimensions of both that hold as many elements
            if made <= taken and k < len(after):
                made, k = made * new[after[k]], k + 1
            elif taken < made and i < len(before):
                taken, i = taken * before[i][0], i + 1
            else:
                return None
        kinds = {place for _, place in before[first:i]}
        if len(kinds) != 1:
            return None
        for j in after[start:k]:
            out[j] = kinds == {True}
    return tuple(out)


def permute(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    field = given[0][1]
    return replace(field, places=tuple(field.places[dim] for dim in args[1]))


def transpose(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    places = list(given[0][1].places)
    a, b = args[1:3] if len(args) > 2 else (0, 1)
    places[a], places[b] = places[b], places[a]
    return replace(given[0][1], places=tuple(places))


def without(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """select and unbind: one dimension less."""
    tensor, field = given[0]
    dim = (args[1] if len(args) > 1 else 0) % tensor.dim()
    return replace(field, places=field.places[:dim] + field.places[dim + 1 :])


def unsqueeze(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    field, dim = given[0][1], args[1] % out.dim()
    return replace(field, places=(*field.places[:dim], True, *field.places[dim:]))


def slice(args: Sequence[Any], kwargs: dict[str, Any], out: Tensor, given: Marks) -> Field:
    """Every n-th unit of a dimension of maps lies n times as far from the next."""
    tensor, field = given[0]
    dim = args[1] % tensor.dim() if len(args) > 1 else 0
    step = args[4] if len(args) > 4 else 1
    if step == 1 or not field.places[dim]:
        return field
    # One that does not begin at the first unit is put beside the others next, and those see another part of the image.
    if field.places != MAPS or dim < 2 or args[2]:
        return ENDED
    jump = (field.jump[0] * step, field.jump[1]) if dim == 2 else (field.jump[0], field.jump[1] * step)
    return replace(field, jump=jump)

"""How much of the image one unit sees: carried along with every tensor of a forward pass, from one aten operation to the next.

The arithmetic is that of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill, 2019): a
kernel k with dilation d on units that lie j pixels apart widens the field by (k - 1) d j, and its stride multiplies j. Where branches
meet, the wider one counts. What mixes positions in another way (global pooling, squeeze-and-excitation, attention, flattening)
ends it: from there on a unit sees the whole image, or what it sees is no square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tlstudio.models import field_layouts as layouts
from tlstudio.models import field_rules as rules
from tlstudio.models.field_rules import ENDED, MAPS, Field, Marks, Rule

aten = torch.ops.aten
_NAME = "_tlstudio_field"


def begin(image: Tensor) -> None:
    """Mark (B, C, H, W) as the image itself: a unit is a pixel."""
    setattr(image, _NAME, Field((1, 1), (1, 1), MAPS))


def of(tensor: Any) -> Field | None:
    """The field of what a module gave (its first tensor, for tuples and dicts), None where it has none."""
    if isinstance(tensor, dict):
        tensor = list(tensor.values())
    if isinstance(tensor, tuple | list):
        return of(tensor[0]) if tensor else None
    field = getattr(tensor, _NAME, None)
    return None if field is ENDED else field


def carry(operation: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> None:
    """Mark what an aten operation gave, from the marks on what it took. Tensors without a mark (weights, constants) count for nothing."""
    given = _marks((*args, *kwargs.values()))
    if not given:
        return
    rule = _RULES.get(operation._overloadpacket)
    for one in out if isinstance(out, tuple | list) else (out,):
        if isinstance(one, Tensor):
            if any(mark is ENDED for _, mark in given):
                field = ENDED
            else:
                field = (rule or rules.pointwise)(args, kwargs, one, given)
            setattr(one, _NAME, field)


def _marks(values: Sequence[Any]) -> Marks:
    out = []
    for value in values:
        if isinstance(value, Tensor):
            mark = getattr(value, _NAME, None)
            if mark is not None:
                out.append((value, mark))
        elif isinstance(value, list | tuple):
            out += _marks(value)
    return out


def _rules() -> dict[Any, Rule]:
    by_rule: list[tuple[Rule, str]] = [
        (rules.convolution, "convolution"),
        (rules.pool, "max_pool2d_with_indices avg_pool2d"),
        (rules.adaptive, "_adaptive_avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d"),
        (rules.enlarged(1), "upsample_nearest2d"),
        (rules.enlarged(2), "upsample_bilinear2d"),
        (rules.enlarged(4), "upsample_bicubic2d"),
        (rules.along(1), "mean sum amax amin var std _softmax"),
        (rules.along(2), "norm linalg_vector_norm"),
        (rules.layer_norm, "native_layer_norm"),
        (rules.product, "mm bmm addmm baddbmm"),
        (layouts.view, "view _unsafe_view reshape _reshape_alias squeeze"),
        (layouts.permute, "permute"),
        (layouts.transpose, "transpose t"),
        (layouts.without, "select unbind"),
        (layouts.unsqueeze, "unsqueeze"),
        (layouts.slice, "slice"),
        (
            rules.end,
            "native_group_norm im2col pixel_shuffle pixel_unshuffle grid_sampler_2d index gather cumsum _fft_r2c _fft_c2r "
            "_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_attention_math _scaled_dot_product_efficient_attention "
            "_scaled_dot_product_flash_attention _native_multi_head_attention",
        ),
    ]
    return {getattr(aten, name): rule for rule, names in by_rule for name in names.split() if hasattr(aten, name)}


_RULES = _rules()

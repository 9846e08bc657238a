"""How the tensors of a row lie in its bytes: one behind the other, each beginning at a multiple of 64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ALIGNMENT = 64  # bytes: a cache line, and a multiple of every dtype's size

_SIZES = {
    **{"bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8},
    **{"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8},
}


def aligned(size: int) -> int:
    """The next multiple of ALIGNMENT."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Part:
    """One tensor of a row. dtype: as torch calls it. start, nbytes: where its values lie in the row's bytes. strides: row-major."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    nbytes: int

    @cached_property
    def itemsize(self) -> int:
        return _SIZES[self.dtype]

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Of a contiguous tensor, in elements."""
        return tuple(math.prod(self.shape[i + 1 :]) for i in range(len(self.shape)))


@dataclass(frozen=True)
class RowForm:
    """The dtypes and shapes of a row's tensors; equal for most rows of a store, so that an index writes each form once."""

    tensors: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def of(cls, tensors: Sequence[torch.Tensor]) -> RowForm:
        """Raises TypeError for a dtype that is not kept."""
        return _form(tuple((one.dtype, one.shape) for one in tensors))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        parts, start = [], 0
        for dtype, shape in self.tensors:
            nbytes = _SIZES[dtype] * math.prod(shape)
            parts.append(Part(dtype, shape, start, nbytes))
            start += aligned(nbytes)
        return tuple(parts)

    @cached_property
    def nbytes(self) -> int:
        """Of the whole row, the gaps behind its tensors included."""
        return sum(aligned(part.nbytes) for part in self.parts)

    @cached_property
    def gaps(self) -> tuple[int, ...]:
        """Bytes behind each tensor; () where there are none."""
        gaps = tuple(-part.nbytes % ALIGNMENT for part in self.parts)
        return gaps if any(gaps) else ()

    def to_json(self) -> list[Any]:
        return [[dtype, list(shape)] for dtype, shape in self.tensors]

    @classmethod
    def from_json(cls, said: list[Any]) -> RowForm:
        """Raises ValueError, TypeError or KeyError for what `to_json` did not write."""
        form = cls(tuple((str(dtype), tuple(int(n) for n in shape)) for dtype, shape in said))
        if any(n < 0 for _, shape in form.tensors for n in shape):
            raise ValueError("a shape is negative")
        _ = form.nbytes  # a dtype that is not known
        return form


@lru_cache(256)
def _form(tensors: tuple[tuple[torch.dtype, torch.Size], ...]) -> RowForm:
    """One object for all rows alike, for the sake of what it remembers."""
    said = tuple((str(dtype).removeprefix("torch."), tuple(shape)) for dtype, shape in tensors)
    for dtype, _ in said:
        if dtype not in _SIZES:
            raise TypeError(f"rows of {dtype} are not kept")
    return RowForm(said)

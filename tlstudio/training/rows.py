"""Kept outputs of one split, by image: in memory as whole tensors, or on disk, read as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tlstudio.data.masks import IGNORE
from tlstudio.errors import StudioError

Row = list[Tensor]
"""What crosses of one image, each without its batch dimension; perhaps followed by the mask of the view."""


class CannotKeep(Exception):
    """The disk did not take what was to be kept there; says why, for the user."""


class NoRoom(CannotKeep):
    """Not even one picture went through the frozen part: memory ran out."""


class Stopped(CannotKeep):
    """The user wants no more of it."""


class OutOfRange(Exception):
    """Values that float16 does not hold."""


def channels_last(tensor: Tensor) -> bool:
    """Whether the channels (B, C, H, W) of one image's pixel lie side by side."""
    return tensor.dim() == 4 and not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last)


def as_kept(tensor: Tensor, dtype: torch.dtype, last: bool) -> Tensor:
    """(B, ...) on the way to be kept, channels last as (B, H, W, C). Raises OutOfRange where finite values would become infinite."""
    if last:
        tensor = tensor.permute(0, 2, 3, 1)
    if not tensor.is_floating_point() or tensor.dtype == dtype:
        return tensor
    out = tensor.to(dtype)
    if dtype == torch.float16 and bool((torch.isinf(out) & ~torch.isinf(tensor)).any()):
        raise OutOfRange
    return out


def as_used(tensor: Tensor, device: torch.device, last: bool) -> Tensor:
    """What `as_kept` gave on the way to what learns: float32 on the device, in the layout that it had."""
    out = tensor.to(device, non_blocking=device.type == "cuda")  # MPS may read memory that is gone
    out = out.float() if out.is_floating_point() else out
    return out.permute(0, 3, 1, 2) if last else out


class InMemory:
    """Rows of N images of one shape each: tensors (N, ...) on a device. pinned: what is taken lies where a card copies it from by itself;
    not all of them, for the system could then no longer move gigabytes of memory."""

    def __init__(self, n: int, device: torch.device, *, pinned: bool = False) -> None:
        self._n, self._device, self._pinned = n, device, pinned
        self._tensors: list[Tensor] | None = None

    def put(self, start: int, rows: Sequence[Tensor]) -> None:
        """Rows start, start + 1, ...: tensors (B, ...)."""
        if self._tensors is None:
            self._tensors = [torch.empty((self._n, *row.shape[1:]), dtype=row.dtype, device=self._device) for row in rows]
        for tensor, row in zip(self._tensors, rows, strict=True):
            tensor[start : start + len(row)] = row

    def take(self, places: Tensor) -> list[Tensor]:
        """Rows at those places, (B, ...) each."""
        assert self._tensors is not None
        return [self._of(tensor, places.to(tensor.device)) for tensor in self._tensors]

    def _of(self, tensor: Tensor, places: Tensor) -> Tensor:
        if not self._pinned:
            return tensor[places]
        out = torch.empty((len(places), *tensor.shape[1:]), dtype=tensor.dtype, pin_memory=True)
        return torch.index_select(tensor, 0, places, out=out)

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in self._tensors or [])


class OnDisk:
    """Rows that lie in a store, by key."""

    def __init__(self, store: Any, keys: Sequence[str]) -> None:
        self._store, self._keys = store, list(keys)

    def take(self, places: Tensor) -> list[Tensor]:
        """As of `InMemory`. Raises StudioError for a row that was damaged since."""
        try:
            rows: list[Tensor] = self._store.stacked([self._keys[i] for i in places.tolist()])
        except KeyError:
            raise StudioError(
                f"What was kept of the frozen part, in {self._store.folder}, is damaged",
                "the disk may be failing, or another program changed the files",
                "Resume the run: what is missing is computed again",
            ) from None
        return rows

    @property
    def nbytes(self) -> int:
        return int(self._store.nbytes(self._keys))


def without_label(masks: Tensor) -> Tensor:
    """Which masks (B, H, W) have no label at all, (B,)."""
    return (masks == IGNORE).flatten(1).all(1)

"""In place of a checkpointer on ranks that write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from tlstudio.errors import StudioError
from tlstudio.training.checkpoint import Checkpointer


class NoCheckpoints(Checkpointer):
    """Takes everything, writes nothing; rank 0 does."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """There are no files and no thread."""

    @property
    def due(self) -> bool:
        return False

    def offer(self, snapshot: Callable[[], dict[str, Any]], best: dict[str, Tensor] | None = None, *, good: bool = False) -> None:
        """Takes no snapshot."""

    def news(self) -> tuple[list[dict[str, Any]], StudioError | None]:
        return [], None

    def drop_best(self) -> None:
        """There is no file."""

    def flush(self) -> None:
        """There is nothing to write."""

    def close(self) -> None:
        """There is no thread to end."""

"""What a tool of the canvas is: it is told where the pointer goes while its button is down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Tool(Protocol):
    """Points are in picture pixels, fractions included; pixel (0, 0) covers 0 to 1. They may lie outside the picture."""

    def press(self, x: float, y: float) -> None: ...

    def move(self, x: float, y: float) -> None: ...

    def release(self, x: float, y: float) -> None: ...

    def cursor(self) -> float:
        """Across, in picture pixels, of the ring that is drawn around the pointer; 0 for a cross mark."""

    def outline(self) -> Sequence[tuple[float, float]]:
        """Points in the picture that are joined by a line while they are set; empty for tools that set none."""

"""Where something that is loaded by an engine stands: empty, busy, ready or failed. Every page is designed for all four."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tlstudio.errors import StudioError
from tlstudio.events import Progress


@dataclass(frozen=True)
class Loading:
    """what: what is loaded (a path, a model's name). document: the result, kept while a newer one is busy."""

    state: str = "empty"
    what: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    progress: Progress | None = None
    error: StudioError | None = None

    @property
    def ready(self) -> bool:
        return self.state == "ready"

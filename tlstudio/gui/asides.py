"""Questions to the trainer that give way as soon as a run starts."""

from __future__ import annotations

from typing import Any

from shiboken6 import isValid

from tlstudio.gui.jobs import EngineWorker, JobHandle


class Asides:
    def __init__(self, trainer: EngineWorker) -> None:
        self._trainer = trainer
        self._asked: list[JobHandle] = []

    def ask(self, job: str, args: dict[str, Any]) -> JobHandle:
        """As `EngineWorker.submit`."""
        handle = self._trainer.submit(job, args)
        self._asked = [other for other in self._asked if isValid(other)] + [handle]
        return handle

    def give_way(self) -> None:
        """Cancel what is not answered yet."""
        for handle in self._asked:
            if isValid(handle):
                handle.cancel()
        self._asked = []

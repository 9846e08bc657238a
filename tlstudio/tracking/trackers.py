"""The trackers that a recipe asks for, as one place to put events: none of them can harm the training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tlstudio.events import Event, Note
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.tracking.tracker import Tracker


class Trackers:
    """Made at a run's start or when it goes on. One that fails is let go with a Note."""

    def __init__(self, recipe: Recipe, run: Run) -> None:
        from tlstudio.tracking import REGISTRY

        self._kinds, self._recipe, self._run = REGISTRY, recipe, run
        self._open: dict[str, Tracker] = {}
        self._waiting = list(dict.fromkeys(recipe.tracking.to))

    def take(self, event: Event) -> Iterator[Note]:
        """Hand an event on; what there is to say about trackers that could not take it."""
        while self._waiting:  # not before there is something to track: the packages take seconds to import
            kind = self._waiting.pop(0)
            try:
                self._open[kind] = self._kinds.make(kind, {}, self._run, self._recipe)
            except Exception as error:  # whatever a package of others does, training goes on
                yield self._lost(kind, error)
        for kind, tracker in list(self._open.items()):
            try:
                tracker.take(event)
            except Exception as error:
                del self._open[kind]
                with contextlib.suppress(Exception):  # its files, and what it runs beside, go with it
                    tracker.close()
                yield self._lost(kind, error)

    def close(self) -> Iterator[Note]:
        """Everything written; to be called however the run ends."""
        for kind, tracker in self._open.items():
            try:
                tracker.close()
            except Exception as error:
                yield self._lost(kind, error)
        self._open = {}

    def _lost(self, kind: str, error: Exception) -> Note:
        title = self._kinds.find(kind).title
        why = str(error).strip().rstrip(".") or type(error).__name__
        return Note(
            level="warn", message=f"{title} gets no more figures of this run: {why}. Training goes on; the run folder has them all."
        )

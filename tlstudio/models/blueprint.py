"""How to construct a model of the catalogue for inspection, as its constructor builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tlstudio.models import catalogue


@dataclass(frozen=True)
class Blueprint:
    """construct(classes) gives the network without weights; classes: the published head's outputs, 0 where it has no head.

    head: path of what a new head replaces, "" where it has to be found; head_width: what enters it, None where not known.
    outputs: classes that it is shown with where nothing says otherwise. entry: its facts.
    """

    name: str
    title: str
    task: str
    input_size: int
    classes: int
    head: str
    head_width: int | None
    construct: Callable[[int], Any]
    outputs: int
    entry: catalogue.Entry


def blueprint(name: str, task: str = "") -> Blueprint:
    """Raises InputError as `catalogue.find`."""
    entry = catalogue.find(name, task)
    return Blueprint(
        *(name, entry.title, entry.task, entry.input_size, entry.classes, entry.head, entry.head_width),
        construct=entry.construct,
        outputs=entry.outputs,
        entry=entry,
    )

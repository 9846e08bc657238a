"""What events and checkpoints cost together: a full fine-tuning against itself, with and without them, taking turns in one process.

Without: no event is written to the run's folder or told, and the checkpointer takes no copy and writes nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import PropertyMock, patch

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[4])]

from table import said
from tlstudio import api
from tlstudio.event_log import EventLog
from tlstudio.events import EpochEnded, Event
from tlstudio.recipe import Recipe
from tlstudio.training.checkpoint import Checkpointer


@contextmanager
def no_record() -> Iterator[None]:
    def nothing(*_: Any, **__: Any) -> None:
        return None

    with (
        patch.object(EventLog, "write", nothing),
        patch.object(Checkpointer, "due", PropertyMock(return_value=False)),
        patch.object(Checkpointer, "offer", nothing),
        patch.object(Checkpointer, "flush", nothing),
        patch.object(Checkpointer, "news", lambda self: ([], None)),
    ):
        yield


def epochs_of(recipe: Recipe, record: bool) -> list[float]:
    """Seconds of the epochs after the first, training and validation."""
    seconds: list[float] = []

    def tell(event: Event) -> None:
        if record:
            event.to_line()  # what an engine does with each
        if isinstance(event, EpochEnded):
            seconds.append(event.seconds)

    with tempfile.TemporaryDirectory() as folder:
        if record:
            api.train(recipe, f"{folder}/run", tell=tell)
        else:
            with no_record():
                api.train(recipe, f"{folder}/run", tell=tell)
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    recipe = Recipe().set({"data.path": asked.photos}).with_strategy("full")
    recipe = recipe.set({"stages.head_epochs": 0, "training.epochs": max(2, asked.epochs), "training.seed": asked.seed})
    said.mark("imported")
    found: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(asked.turns):
        for record in (True, False) if turn % 2 == asked.seed % 2 else (False, True):
            found[record] += epochs_of(recipe, record)
    with_record, without = (statistics.median(found[record]) for record in (True, False))
    said.figure("epoch_seconds", with_record)
    said.figure("epoch_seconds_without", without)
    said.figure("cost", with_record / without - 1)
    said.mark("done")


if __name__ == "__main__":
    main()

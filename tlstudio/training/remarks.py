"""What a user should know of how a run goes, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlstudio.events import CheckpointWritten, Event, Note
from tlstudio.training.checkpoint import Checkpointer
from tlstudio.training.machine_probe import Chosen
from tlstudio.training.mask_measure import MeasuredMasks
from tlstudio.training.place import Place
from tlstudio.training.setup import Result
from tlstudio.training.stages import Stage


def about_computing(chosen: Chosen) -> Iterator[Note]:
    """Of how it computes."""
    if chosen.note:
        yield Note(level="warn", message=chosen.note)
    if chosen.offer:
        yield Note(message=chosen.offer)


def about_stages(place: Place, stages: Sequence[Stage]) -> Iterator[Note]:
    """Of how its stages did."""
    alone = sum(stage.last for stage in stages[:1] if stage.warm)
    if place.best is None or not alone or len(place.curve) <= alone:
        return
    top = max(place.curve[:alone])
    if top > place.best["accuracy"]:
        epoch = place.curve.index(top) + 1
        yield Note(
            message=f"The head alone was at {top:.1%} in epoch {epoch}, above the best of deeper learning "
            f"({place.best['accuracy']:.1%}): for these images Head only may be enough."
        )


def about_early(place: Place, waited: int, stages: Sequence[Stage]) -> Note:
    """Of an end before the last epoch. waited: epochs in a row that were not better than the best."""
    assert place.best is not None
    which = "one epoch was" if waited == 1 else f"{waited} epochs in a row were"
    best, planned = place.best["epoch"], stages[-1].last
    return Note(message=f"Stopped early: {which} not better than epoch {best}, the best. {planned} epochs were planned.")


def one_class(found: Result) -> int | None:
    """The class that the model answers for every picture or pixel, although there are others; None where it tells them apart."""
    if isinstance(found, MeasuredMasks):
        answered, there = found.confusion.sum(0).nonzero()[0], found.confusion.sum(1).nonzero()[0]
        return int(answered[0]) if len(answered) == 1 < len(there) else None
    answers, truths = found.predictions, found.labels
    alike = bool(answers.min() == answers.max()) and bool(truths.min() != truths.max())
    return int(answers[0]) if alike else None


def about_one_class(found: Result, classes: Sequence[str], at: int, rate: float) -> Note:
    """What a user should know of a model that answers class `at` for everything. rate: the head's."""
    of = "pixel" if isinstance(found, MeasuredMasks) else "picture"
    return Note(
        level="warn",
        message=f"The model answers *{classes[at]}* for every {of}. The learning rate may be too high: try {rate / 10:.2g} instead of "
        f"{rate:.2g}, or let the finder suggest one.",
    )


def news(keeper: Checkpointer) -> Iterator[Event]:
    """What the checkpointer wrote, and what it could not: training goes on, the last good files are intact."""
    written, trouble = keeper.news()
    for what in written:
        yield CheckpointWritten(**what)
    if trouble is not None:
        yield Note(level="bad", message=f"No checkpoint could be written. {trouble} Training goes on and tries again.")

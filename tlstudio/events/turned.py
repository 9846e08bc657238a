"""What of a run's events stays when it goes on from an earlier place: after a resume, or when training went back."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.events.event import Event
from tlstudio.events.learning import EpochEnded, FrozenProof, MasksKept, Signals, Steps, Watched
from tlstudio.events.run import CheckpointWritten, RateChanged, RunEnded, RunFailed, RunStarted, WentBack


def as_if_uninterrupted(said: Iterable[Event], *, saved: bool = False) -> list[Event]:
    """The events of a run as if it had never been interrupted: what was done again stands once.

    A run that went back and was killed before its checkpoint knew of that is resumed from where it had been: then it had not gone back.
    saved: it is about to be resumed, and is wanted as its last checkpoint knows it.
    """
    out: list[Event] = []
    before: list[Event] | None = None  # the run until it went back, as long as no checkpoint was written since
    for event in said:
        if isinstance(event, RunStarted):
            out, before = out if before is None else before, None
            out = kept_of(out, *(event.resumed_from or (0, 0)), event.best)  # without a checkpoint it began anew
        elif isinstance(event, WentBack):
            before = out if before is None else before
            out = kept_of(out, event.epochs, event.steps, event.best)
        elif isinstance(event, CheckpointWritten):
            before = None
        out.append(event)
    return out if before is None or not saved else before


def kept_of(said: Iterable[Event], epochs: int, steps: int, best: int | None = None) -> list[Event]:
    """What stays of events when the run goes on after `epochs` whole epochs and `steps` steps of the next.

    best: the epoch whose weights are the best then, 0 for none; None: the last that was.
    """
    kept = [one for event in said if (one := _before(event, epochs, steps)) is not None]
    return kept if best is None else [with_best(event, best) for event in kept]


def with_best(event: Event, best: int) -> Event:
    """An epoch's event for a run whose best is another than was thought when the epoch ended. Of all that were the best, the last is."""
    if not isinstance(event, EpochEnded):
        return event
    was = event.epoch == best or (event.best and event.epoch < best)
    return event if was == event.best else event.replace(best=was)


def _before(event: Event, epochs: int, steps: int) -> Event | None:
    """What of one event stays."""
    if isinstance(event, EpochEnded | Watched | MasksKept):
        return event if event.epoch <= epochs else None
    if isinstance(event, Steps):
        keep = len(event.loss) if event.epoch <= epochs else steps - event.first + 1 if event.epoch == epochs + 1 else 0
        if keep >= len(event.loss):
            return event
        cut = {key: getattr(event, key)[:keep] for key in ("loss", "accuracy", "lr", "backbone_lr")}
        return event.replace(**cut) if keep > 0 else None
    if isinstance(event, FrozenProof):
        return event if event.epoch is not None and event.epoch <= epochs else None
    if isinstance(event, CheckpointWritten):  # its epochs are whole ones
        return event if (event.epoch, event.step) <= (epochs, steps) else None
    if isinstance(event, RateChanged | Signals):
        return event if (event.epoch - 1, event.step) <= (epochs, steps) else None
    if isinstance(event, RunFailed | RunEnded):
        return None
    return event

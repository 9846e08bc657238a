"""What a run told of its layers while it learned."""

from __future__ import annotations

from typing import Any

from tlstudio import events, runs
from tlstudio.api.given import Document
from tlstudio.errors import StudioError

KINDS = ("gradient", "update", "drift", "dead")


def signals(run: str) -> Document:
    """The signals of a run's layers, as if it had never been interrupted, with the newest proof of what is frozen.

    {run, model, cut, layers: paths of all that were told of; now: those that learned in the end; epochs, steps: of each look, after so many
    steps of the epoch; x: the same in epochs, null where the run does not say how many steps those have; gradient, update, drift, dead: a
    list for each look, along layers, null where not known (see `events.Signals`); proof: as `events.FrozenProof`, or null}.
    Raises InputError where there is no such run, StudioError where what it told is damaged.
    """
    opened = runs.Run.open(run)
    recipe = opened.recipe()
    try:
        return {"run": str(opened.path), **_told(opened.history(), recipe.model.name), "cut": recipe.model.cut}
    except (TypeError, ValueError) as error:
        raise StudioError(
            f"What the run {opened.name} told of its layers cannot be read",
            "its events.jsonl is damaged: it holds what no run writes",
            "Its figures stand in summary.json; for the signals, train again",
            details=repr(error),
        ) from None


def _told(told: list[events.Event], model: str) -> Document:
    """model: by the recipe. Raises TypeError and ValueError where an event holds what it never does."""
    looks = [event for event in told if isinstance(event, events.Signals)]
    started = next((event for event in told if isinstance(event, events.RunStarted)), None)
    proofs = [event for event in told if isinstance(event, events.FrozenProof)]
    layers = list(dict.fromkeys(path for look in looks for path in look.layers))
    steps = max(1, started.steps_per_epoch) if started is not None else None

    def along(look: events.Signals, kind: str) -> list[Any]:
        known = dict(zip(look.layers, getattr(look, kind), strict=True))
        return [known.get(path) for path in layers]

    return {
        "model": started.model if started is not None else model,
        "layers": layers,
        "now": list(looks[-1].layers) if looks else [],
        "epochs": [look.epoch for look in looks],
        "steps": [look.step for look in looks],
        "x": [look.epoch - 1 + look.step / steps if steps else None for look in looks],
        **{kind: [along(look, kind) for look in looks] for kind in KINDS},
        "proof": proofs[-1].to_json() if proofs else None,
    }

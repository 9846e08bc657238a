"""What turns a run from its way: other rates, and a loss that is no number any more, at which it goes back to where all was well."""

from __future__ import annotations

from tlstudio.events import RateChanged, WentBack
from tlstudio.runs import Run
from tlstudio.training.place import Place
from tlstudio.training.setup import Setup
from tlstudio.training.steps import Runaway

TIMES = 4  # that a run goes back, before it is given up
LOWER = 0.1  # what the rates are multiplied with each time


def scaled(rates: tuple[float, float], place: Place) -> tuple[float, float]:
    """The rates of head and backbone as they are in force."""
    head, backbone = rates
    return head * place.factor, backbone * place.factor


def changed_rates(place: Place, setup: Setup, factor: float, why: str) -> RateChanged:
    """From the next step on the recipe's rates are multiplied with that; part of the place, so that a resume knows it."""
    place.factor = factor
    place.changes.append({"epoch": place.epoch + 1, "step": place.step, "factor": factor, "why": why})
    lr, backbone_lr = scaled(setup.rates(place.epoch * len(setup.cuts) + place.step, place.losses), place)
    return RateChanged(epoch=place.epoch + 1, step=place.step, factor=factor, lr=lr, backbone_lr=backbone_lr, why=why)


def lowered(factor: float) -> float:
    """What the guard makes of it: a tenth, without the rounding of a binary fraction."""
    return float(f"{factor * LOWER:.9g}")


def gone_back(run: Run, place: Place, setup: Setup, runaway: Runaway) -> WentBack:
    """Put the place back to the last that is known to be good. Raises the Runaway where the recipe does not want that, where it has not
    helped so far, and where there is no such place."""
    if not setup.recipe.training.guard:
        raise runaway
    if place.runaways >= TIMES:
        runaway.why = f"{TIMES} times it went back and on at a tenth of the rates, to no avail"
        runaway.do = "Lower the rates, look at the images and their labels, and start again; the best epoch so far is kept"
        raise runaway
    before = place.best_epoch
    if not place.go_back(run, setup):
        raise runaway
    place.runaways += 1
    to = f"goes back to epoch {place.epoch}" if place.epoch else "begins anew"
    return WentBack(
        epochs=place.epoch,
        steps=place.step,
        best=place.best_epoch,
        sentence=f"{runaway.what}: {runaway.why}. Training {to}, and goes on at a tenth of the rates.{_about_best(before, place)}",
    )


def _about_best(before: int, place: Place) -> str:
    """What became of the best epoch, where it is another now than `before`; with nothing left that goes without saying."""
    if place.best_epoch == before or not place.epoch:
        return ""
    if place.best_epoch:
        return f" The best so far is epoch {place.best_epoch} again."
    return " The weights of the best epoch before that are not kept any more: the best is chosen among those from here on."

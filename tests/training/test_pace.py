"""How far a run is, and what it says before its first step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.events import EpochEnded, Progress
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.pace import Headway, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_while_the_expectation_holds_it_is_the_share_of_the_time_that_is_over() -> None:
    clock = Clock()
    headway = Headway(clock)
    assert headway.at(None) == 0.0
    clock.now = 2.0
    assert headway.at(None) == 0.0  # nobody knows yet, but the time counts
    for now in (2.0, 3.0, 5.0, 8.0):
        clock.now = now
        assert headway.at((9.0 - now, 11.0 - now)) == pytest.approx(now / 10)


def test_an_expectation_that_changes_makes_it_slower_or_faster_but_never_leap_or_go_back() -> None:
    clock = Clock()
    headway = Headway(clock)
    shares = []
    for now, left in ((5.0, 5.0), (5.1, 50.0), (6.0, 50.0), (6.1, 1.0), (6.2, 0.9)):
        clock.now = now
        shares.append(headway.at((left, left)))
    assert shares[0] == pytest.approx(0.5)
    assert shares == sorted(shares)
    assert shares[2] - shares[1] < 0.02  # ten times as much to come: a tenth of the speed
    assert shares[3] - shares[2] < 0.06  # nearly all of it falls away: no leap
    assert shares[4] - shares[3] == pytest.approx((1 - shares[3]) * 0.1)
    clock.now = 100.0
    assert headway.at((0.0, 0.0)) == 0.99  # it is still going on


def test_what_hangs_on_no_unit_is_added_to_what_is_left() -> None:
    clock = Clock()
    pace = Pace(1.0, clock)
    pace.expect(100.0, beside=3.0)
    clock.now = 1.0
    pace.add(10.0)
    assert pace.remaining is not None
    assert pace.remaining[0] == pytest.approx(9.0 + 0.8 * 3.0)


def _recipe(photos: Path, epochs: int = 4) -> Recipe:
    said = {"data.path": str(photos), "data.image_size": 32, "model.name": "mobilenet_v3_small", "model.weights": "random"}
    return Recipe().set({**said, "training.batch_size": 8, "training.epochs": epochs})


def test_a_run_says_at_once_what_it_does_and_goes_on_where_it_was(photos: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(photos)
    run = Run.create(recipe, tmp_path / "run")
    training, said = fit(recipe, run), list[Progress]()
    first = next(training)
    assert isinstance(first, Progress)
    assert (first.phase, first.done) == ("scan", 0)  # before a file was looked at
    for event in training:
        if isinstance(event, Progress):
            said.append(event)
        elif isinstance(event, EpochEnded) and event.epoch == 3:
            break
    training.close()
    phases = list(dict.fromkeys(event.phase for event in said))
    assert [phase for phase in phases if phase != "validate"][-4:] == ["network", "begin", "features", "train"]
    begins = {phase: next(event for event in said if event.phase == phase) for phase in ("network", "begin", "features", "train")}
    assert [event.done for event in begins.values()] == [0, 0, 0, 0]  # each is told before it is done
    assert begins["features"].total > 0
    shares = [event.overall for event in said if event.phase in ("features", "train", "validate") and event.overall is not None]
    assert shares == sorted(shares)
    resumed = [event for event in fit(recipe, run) if isinstance(event, Progress) and event.overall is not None and event.phase != "scan"]
    assert min(event.overall for event in resumed if event.overall is not None) >= 0.5  # two of four epochs at least were saved

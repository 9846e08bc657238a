"""The range test: what it says of curves of known shape, that it leaves no trace, and that it finds a rate that learns."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from tlstudio import api, events, places
from tlstudio.control import Control
from tlstudio.errors import Cancelled, StudioError
from tlstudio.recipe import Recipe
from tlstudio.training.learner import Learner
from tlstudio.training.rate_curve import read
from tlstudio.training.rate_feed import Batch, Feed
from tlstudio.training.rate_finder import _test
from tlstudio.training.setup import Setup

RATES = np.geomspace(1e-6, 10, 100)


def _curve(falls_at: float, rises_at: float, begin: float = 0.7, low: float = 0.2) -> list[float]:
    """A loss that falls over about a decade around one rate and rises from another on."""
    fall = 1 / (1 + (RATES / falls_at) ** 2)
    return list(low + (begin - low) * fall + 0.3 * (RATES / rises_at) ** 2)


def test_a_suggestion_lies_behind_the_steepest_and_well_below_what_is_too_high() -> None:
    found = read(RATES, _curve(1e-3, 1e-1), 1e-5)
    assert found.steepest is not None
    assert found.suggestion is not None
    assert found.too_high is not None
    assert 3e-4 < found.steepest < found.suggestion < 5e-3
    assert found.suggestion <= found.too_high / 3
    assert 0.02 < found.too_high < 0.3
    assert "0.00001" not in found.why.split(".")[-2]
    near = read(RATES, _curve(1e-3, 1e-1), found.suggestion)
    assert "suits as well" in near.why


@pytest.mark.parametrize("times", [0.1, 10.0])
def test_a_suggestion_moves_with_the_curve(times: float) -> None:
    one, other = (read(RATES, _curve(1e-3 * k, 1e-1 * k), 0.01).suggestion for k in (1.0, times))
    assert one is not None
    assert other is not None
    assert other / one == pytest.approx(times, rel=0.2)


def test_noise_alone_is_no_suggestion() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 100)
    flat = read(RATES, list(0.69 + noise), 0.01)
    assert (flat.suggestion, flat.steepest, flat.too_high) == (None, None, None)
    assert flat.why == "The loss stays as it is: no rate stands out. Keep 0.01."
    assert read(RATES, list(np.array(_curve(1e-3, 1e-1)) + noise), 0.01).suggestion == pytest.approx(1.7e-3, rel=0.6)


def test_of_a_curve_that_only_rises_a_safe_rate_is_said() -> None:
    rising = [0.1 + 0.1 * (rate / 0.05) ** 2 for rate in RATES[:80]] + [math.nan]
    safe = read(RATES[:81], rising, 0.5)
    assert safe.too_high is not None
    assert safe.suggestion == pytest.approx(safe.too_high / 10, rel=0.05)
    assert math.isnan(safe.smoothed[-1])
    assert read(RATES[:81], rising, 1e-3).suggestion is None  # what there is is far below
    assert read(RATES[:3], [0.7, math.inf, math.nan], 0.01).suggestion is None


def test_of_images_that_are_known_in_the_end_nothing_more_is_promised() -> None:
    falls = [max(0.0, loss - 0.2) for loss in _curve(1e-3, 1e9)]
    found = read(RATES[:80], falls[:80], 0.01)
    assert found.suggestion is not None
    assert found.too_high is None
    assert "is near 0 from" in found.why
    assert "nothing is left to learn" in found.why


class _Easy:
    """A learner whose loss falls to `low` as soon as the rate is high enough."""

    device, training_modules = torch.device("cpu"), list

    def __init__(self, begins: float = 0.7, low: float = 0.0) -> None:
        self.recipe, self.rate, self.begins, self.low = Recipe(), 0.0, begins, low

    def set_rates(self, rates: tuple[float, float]) -> None:
        self.rate = rates[0]

    def step(self, *_: object, **__: object) -> tuple[torch.Tensor, None]:
        return torch.tensor(self.low + (self.begins - self.low) / (1 + (self.rate / 1e-4) ** 2)), None

    def descend(self, *_: object, **__: object) -> tuple[float, None]:
        return self.begins, None

    def train_mode(self) -> None: ...

    def rehearsing(self) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()


def _tested(setup: _Easy) -> list[float]:
    batch = Batch(None, torch.zeros(1), False)
    feed = Feed(torch.nn.Identity(), lambda size: iter([batch, batch]), 2, lambda: None)
    return _test(cast(Setup, setup), feed, 1, 100, math.inf, lambda event: None, Control())[0]


def test_a_test_ends_where_nothing_is_left_to_learn() -> None:
    rates = _tested(_Easy())
    assert 2e-3 < rates[-1] < 2e-2  # the loss is near 0 from 0.0006 on
    assert read(rates, [0.7 / (1 + (rate / 1e-4) ** 2) for rate in rates], 0.01).suggestion == pytest.approx(2e-4, rel=0.3)
    assert _tested(_Easy(low=0.1))[-1] == pytest.approx(10.0)  # there is something left
    assert _tested(_Easy(begins=0.01))[-1] == pytest.approx(10.0)  # known from the beginning: where it is forgotten is of use


def _recipe(photos: Path, strategy: str, **changes: object) -> Recipe:
    said = {"data.path": str(photos), "data.image_size": 32, "model.name": "mobilenet_v3_small", "training.batch_size": 8}
    return Recipe().with_strategy(strategy).set({**said, "model.weights": "random", "stages.head_epochs": 2, **changes})


def _files(root: Path) -> set[str]:
    """What is kept for later, but for decoded pictures and scans, which hold nothing of a run."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {path for path in found if not path.startswith(("cache/scans", "cache/pictures"))}


@pytest.mark.parametrize(("strategy", "group"), [("head", "head"), ("full", "both")])
def test_it_leaves_no_trace(photos: Path, home: Path, strategy: str, group: str) -> None:
    recipe = _recipe(photos, strategy)
    before, chance = _files(home), torch.get_rng_state()
    said: list[events.Event] = []
    found = api.find_rate(recipe, steps=24, tell=said.append)
    assert _files(home) - before == set()
    assert not places.runs().exists()
    assert torch.equal(torch.get_rng_state(), chance)
    assert found["group"] == group
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) == found["steps"]
    assert found["rates"] == sorted(found["rates"])
    assert found["why"]
    assert found["backbone_share"] == (None if group == "head" else pytest.approx(0.1))
    assert [event.phase for event in said if isinstance(event, events.Progress)][-1] == "rates"
    if strategy == "head":
        assert api.find_rate(recipe, steps=24)["losses"] == found["losses"]  # and the same comes out again


def test_it_can_be_cancelled(photos: Path) -> None:
    control = Control()

    def tell(event: events.Event) -> None:
        if isinstance(event, events.Progress) and event.phase == "rates":
            control.cancel()

    with pytest.raises(Cancelled):
        api.find_rate(_recipe(photos, "head"), steps=30, tell=tell, control=control)


def _with_room_for(images: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that takes so many images at once."""
    forward = Learner._forward

    def tight(self: Learner, module: Any, inputs: Any, labels: torch.Tensor, *more: Any) -> Any:
        if len(labels) > images:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, module, inputs, labels, *more)

    monkeypatch.setattr(Learner, "_forward", tight)


def test_a_batch_that_does_not_fit_goes_through_in_pieces_and_the_curve_is_the_same(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = api.find_rate(_recipe(photos, "head"), steps=24)
    _with_room_for(3, monkeypatch)
    tight = api.find_rate(_recipe(photos, "head"), steps=24)
    assert tight["losses"] == pytest.approx(roomy["losses"], rel=1e-3)
    assert tight["batch_size"] == roomy["batch_size"] == 8
    said = "The computer has not enough memory for 8 images at once: measured with 2 at a time, whose gradients are added up, as training"
    assert said in tight["why"]
    assert "memory" not in roomy["why"]


def test_pieces_of_a_stage_are_those_of_the_next_and_no_image_at_all_is_said(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_room_for(5, monkeypatch)
    found = api.find_rate(_recipe(photos, "full"), steps=24)
    assert "8 images at once: measured with 4 at a time" in found["why"]
    assert all(math.isfinite(loss) for loss in found["losses"][:-1])
    _with_room_for(0, monkeypatch)
    with pytest.raises(StudioError, match=r"ran out of memory with a single image.*smaller data\.image_size"):
        api.find_rate(_recipe(photos, "full"), steps=24)

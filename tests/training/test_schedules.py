from __future__ import annotations

import pytest
import torch

from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.training import schedules

EPOCHS, STEPS = 12, 5


def factors(kind: str, *, warmup: float = 0.0, losses: tuple[float, ...] = (), epochs: int = EPOCHS, **options: object) -> list[float]:
    recipe = Recipe().set({"schedule.kind": kind, "schedule.options": options, "schedule.warmup": warmup, "training.epochs": epochs})
    factor = schedules.factor_of(recipe, STEPS)
    return [factor(step, losses[: step // STEPS]) for step in range(epochs * STEPS)]


def torchs(make: object, epochs: int = EPOCHS) -> list[float]:
    """What torch's own scheduler, stepped once an epoch, does to a rate of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)  # type: ignore[operator]
    out = []
    for _ in range(epochs):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


@pytest.mark.parametrize("kind", schedules.REGISTRY.kinds())
def test_every_schedule_stays_between_nothing_and_the_full_rate(kind: str) -> None:
    values = factors(kind)
    assert len(values) == EPOCHS * STEPS
    assert all(0.0 <= v <= 1.0 for v in values)
    assert max(values) > 0.95
    assert factors(kind, epochs=1)  # a single epoch is no special case


def test_those_that_go_by_epochs_are_torchs_own() -> None:
    lr = torch.optim.lr_scheduler
    assert factors("step", every=4)[::STEPS] == pytest.approx(torchs(lambda o: lr.StepLR(o, 4, 0.1)))
    assert factors("multi_step", at=[3, 9], factor=0.5)[::STEPS] == pytest.approx(torchs(lambda o: lr.MultiStepLR(o, [3, 9], 0.5)))
    assert factors("exponential", factor=0.8)[::STEPS] == pytest.approx(torchs(lambda o: lr.ExponentialLR(o, 0.8)))


def test_one_cycle_is_torchs_own() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    total = EPOCHS * STEPS
    # torch's top lies one step earlier and its shares refer to the first rate
    share = (0.3 * (total - 1) + 1) / total
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, total_steps=total, pct_start=share, div_factor=25, final_div_factor=400, cycle_momentum=False
    )
    expected = []
    for _ in range(total):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(expected) < total:
            scheduler.step()
    assert factors("one_cycle") == pytest.approx(expected, abs=1e-6)


def test_a_plateau_falls_as_torchs_own_and_needs_only_the_losses() -> None:
    losses = (1.0, 0.8, 0.81, 0.82, 0.79, 0.79, 0.79, 0.79, 0.79, 0.5, 0.6, 0.6)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=2)
    expected = []
    for loss in losses:
        expected.append(optimizer.param_groups[0]["lr"])
        scheduler.step(loss)
    assert factors("plateau", losses=losses, patience=2)[::STEPS] == pytest.approx(expected)
    assert min(expected) < 0.2  # it fell


def test_warm_up_rises_in_a_line_in_front_of_any() -> None:
    plain, warmed = factors("cosine"), factors("cosine", warmup=2.0)
    assert warmed[:10] == pytest.approx([plain[i] * (i + 1) / 10 for i in range(10)])
    assert warmed[10:] == plain[10:]


def test_the_preview_shows_both_rates() -> None:
    recipe = Recipe().set({"schedule.kind": "plateau", "training.epochs": 4, "optimizer.lr": 0.1, "optimizer.backbone_lr": 0.01})
    assert schedules.rates(recipe, 2) == {"lr": [0.1] * 8, "backbone_lr": [0.01] * 8}


def test_wrong_options_are_told() -> None:
    with pytest.raises(InputError, match="at least one epoch"):
        factors("multi_step", at=[])
    with pytest.raises(InputError, match="plateau"):
        factors("plateau", patiense=3)

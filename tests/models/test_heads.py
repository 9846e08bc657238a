from __future__ import annotations

import pytest
import torch
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import heads
from tlstudio.registry import Kind

KINDS = [kind.kind for kind in heads.kinds()]


def test_linear_comes_first_and_dropout_is_offered() -> None:
    assert KINDS == ["linear", "dropout_linear"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_head_learns_a_fixed_batch(kind: str) -> None:
    torch.manual_seed(0)
    head = heads.make(kind, {}, 32, 3)
    x, truth = torch.randn(12, 32), torch.arange(12) % 3
    assert head(x).shape == (12, 3)
    steps = torch.optim.SGD(head.parameters(), lr=0.5)
    before = nn.functional.cross_entropy(head.eval()(x), truth).item()
    head.train()
    for _ in range(20):
        steps.zero_grad()
        nn.functional.cross_entropy(head(x), truth).backward()
        steps.step()
    assert nn.functional.cross_entropy(head.eval()(x), truth).item() < 0.5 * before


@pytest.mark.parametrize("kind", heads.kinds(), ids=KINDS)
def test_every_head_and_option_says_what_it_is(kind: Kind) -> None:
    assert kind.title
    assert kind.help.endswith(".")
    assert heads.validate(kind.kind, {}) == kind.Options().model_dump()
    for field in kind.Options.model_fields.values():
        assert field.title
        assert field.description


def test_options_are_completed_and_used() -> None:
    assert heads.validate("dropout_linear", {}) == {"dropout": 0.2}
    head = heads.make("dropout_linear", {"dropout": 0.7}, 8, 2)
    assert [one.p for one in head.modules() if isinstance(one, nn.Dropout)] == [0.7]


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"no head 'linaer'.*nearest is 'linear'"):
        heads.validate("linaer", {})
    with pytest.raises(InputError, match=r"no option 'droput'.*nearest is 'dropout'"):
        heads.validate("dropout_linear", {"droput": 0.1})
    with pytest.raises(InputError, match=r"no option 'dropout'.*Leave it out"):
        heads.validate("linear", {"dropout": 0.1})
    with pytest.raises(InputError, match=r"(?i)head\.options\.dropout.*less than or equal to 0\.9.*given: 1"):
        heads.validate("dropout_linear", {"dropout": 1})
    with pytest.raises(InputError, match=r"(?i)head\.options\.dropout"):
        heads.make("dropout_linear", {"dropout": "much"}, 8, 2)

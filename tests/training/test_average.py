from __future__ import annotations

import pytest
import torch

from tlstudio.training.average import Average


def test_the_average_by_hand() -> None:
    weight, counter = torch.tensor([1.0]), torch.tensor(0)
    average = Average({"weight": weight, "counter": counter}, decay=0.5)
    expected = 1.0
    for step, value in enumerate([3.0, 5.0, -1.0, 2.0, 2.0, 8.0, 0.0, 1.0, 1.0, 7.0]):
        weight.fill_(value)
        counter.fill_(step)
        average.update(step)
        keep = min(0.5, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * value
    assert float(average.state["weight"]) == pytest.approx(expected)
    assert int(average.state["counter"]) == 9


def test_the_average_is_in_place_only_inside() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    average = Average({"weight": weight}, decay=0.9)
    with torch.no_grad():
        weight.fill_(2.0)
    average.update(0)
    with average.in_place():
        assert float(weight.detach()) == pytest.approx(0.1 * 1.0 + 0.9 * 2.0)
    assert float(weight.detach()) == 2.0
    with pytest.raises(RuntimeError, match="stopped"), average.in_place():
        raise RuntimeError("stopped")
    assert float(weight.detach()) == 2.0


def test_it_goes_on_where_it_was() -> None:
    weight = torch.tensor([1.0, 2.0])
    first = Average({"weight": weight}, decay=0.99)
    weight += 1
    first.update(5)
    second = Average({"weight": weight}, decay=0.99)
    second.load(first.state)
    weight += 1
    first.update(6)
    second.update(6)
    assert torch.equal(first.state["weight"], second.state["weight"])

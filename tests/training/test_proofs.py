"""The proof of what is frozen after each epoch: red as soon as anything moved, and for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tlstudio.events import FrozenProof, Signals
from tlstudio.models.freezing import checksums, quick_sum, quick_sums
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses, proofs
from tlstudio.training.fit import fit
from tlstudio.training.learner import Learner
from tlstudio.training.proofs import INTERVAL, RATIO, Proofs

BUFFER = "features.0.1.running_mean"


@pytest.fixture(scope="module")
def learner() -> Learner:
    recipe = Recipe().set({"model.name": "mobilenet_v3_small", "head.kind": "linear"}).with_strategy("head")
    network = build(recipe.model.name, classes=3, weights="random", seed=1, head=recipe.head)
    return Learner(recipe, network, torch.device("cpu"), losses.make(recipe.loss, ["a", "b", "c"], [1, 1, 1]))


def test_a_frozen_buffer_that_a_hook_moves_is_named_in_the_epoch_it_happens_and_from_then_on(learner: Learner) -> None:
    made = Proofs(learner)
    first = made.after(1, best=True, last=False)
    assert first is not None
    assert (first.ok, first.epoch, first.moved, first.tensors) == (True, 1, [], len(learner.before))
    assert first.before == first.after
    assert first.values == sum(tensor.numel() for name, tensor in learner.module.state_dict().items() if name in learner.before)
    norm = learner.module.get_submodule("features.0.1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    kept = norm.running_mean.clone()

    def drifts(*_: object) -> None:
        norm.running_mean = norm.running_mean + 1e-6  # another tensor in its place

    hook = norm.register_forward_hook(drifts)
    learner.step(learner.module, torch.randn(2, 3, 32, 32), torch.tensor([0, 1]), 0)
    hook.remove()
    second = made.after(2, best=True, last=False)
    assert second is not None
    assert (second.ok, second.epoch, second.moved) == (False, 2, [BUFFER])
    assert second.after != second.before == first.before
    norm.running_mean = kept  # back as it was: that it had moved stays said
    third = made.after(3, best=False, last=True)
    assert third is not None
    assert (third.ok, third.moved, third.after) == (False, [BUFFER], third.before)
    resumed = Proofs(learner, moved=made.moved).after(4, best=True, last=False)
    assert resumed is not None
    assert (resumed.ok, resumed.moved) == (False, [BUFFER])


def test_it_looks_at_most_once_a_second_and_rarely_where_a_look_is_dear_but_always_at_best_and_last(learner: Learner) -> None:
    now, dear = [10.0], [0.0]

    def clock() -> float:
        now[0] += dear[0]
        return now[0]

    made = Proofs(learner, clock=clock)
    assert made.after(1, best=False, last=False) is not None
    now[0] += INTERVAL / 2
    assert made.after(2, best=False, last=False) is None
    assert made.after(3, best=True, last=False) is not None
    now[0] += INTERVAL / 2
    assert made.after(4, best=False, last=True) is not None
    now[0] += INTERVAL + 0.01
    dear[0] = 0.5
    assert made.after(5, best=False, last=False) is not None
    dear[0] = 0.0
    now[0] += RATIO * 0.5 - 1.0
    assert made.after(6, best=False, last=False) is None
    now[0] += 2.0
    assert made.after(7, best=False, last=False) is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.uint8])
def test_a_quick_sum_sees_one_bit_and_two_numbers_that_change_places_whatever_the_layout(dtype: torch.dtype) -> None:
    tensor = (torch.rand(16, 32, 3, 7) * 100).to(dtype)
    tensor[1, 2, 1, 3], tensor[9, 2, 0, 5] = 1, 2
    sum_ = quick_sum(tensor)
    assert quick_sum(tensor.contiguous(memory_format=torch.channels_last)) == sum_
    assert quick_sum(torch.cat([tensor.flatten()[:1], tensor.flatten()])[1:].view_as(tensor)) == sum_  # not at an even address
    bit = tensor.clone()
    bit.view(torch.uint8).view(-1)[1234] ^= 1
    swapped = tensor.clone()
    swapped[1, 2, 1, 3], swapped[9, 2, 0, 5] = 2, 1
    moved = torch.roll(tensor.view(-1), 64).view_as(tensor)
    assert len({sum_, quick_sum(bit), quick_sum(swapped), quick_sum(moved), quick_sum(tensor[..., :6])}) == 5


def test_quick_sums_are_those_of_each_tensor(learner: Learner) -> None:
    names = set(checksums(learner.module, learner.frozen, "eval"))
    state = learner.module.state_dict()
    assert quick_sums(learner.module, names) == {name: quick_sum(state[name]) for name in names}
    assert quick_sums(learner.module, set()) == {}


def test_a_run_tells_it_in_the_epoch_it_happens_and_in_the_end_though_it_moved_back(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "INTERVAL", 0.0)
    monkeypatch.setattr(proofs, "RATIO", 0.0)
    real = Proofs.after

    def after(self: Proofs, epoch: int, *, best: bool, last: bool) -> FrozenProof | None:
        self._module.get_buffer("bn1.running_var").add_({2: 0.5, 3: -0.5}.get(epoch, 0.0))
        return real(self, epoch, best=best, last=last)

    monkeypatch.setattr(Proofs, "after", after)
    recipe = Recipe().set({"data.path": str(photos), "data.image_size": 32, "training.epochs": 3, "training.batch_size": 8})
    said = list(fit(recipe, Run.create(recipe, tmp_path / "run")))
    told = [(one.epoch, one.ok, one.moved) for one in said if isinstance(one, FrozenProof)]
    names = ["bn1.running_var"]
    assert told == [(1, True, []), (2, False, names), (3, False, names), (None, False, names)]
    looks = [one for one in said if isinstance(one, Signals)]
    assert looks[0].layers == ["classifier"]
    assert looks[0].drift[0] is not None

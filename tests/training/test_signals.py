"""What is told of the layers while they learn: true numbers, at little cost, and nothing of the training is changed by it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.training import losses
from tlstudio.training.dead_units import DeadUnits
from tlstudio.training.learner import Learner
from tlstudio.training.parts import CutApart, HeadApart
from tlstudio.training.prefix import Cut, cut
from tlstudio.training.signals import INTERVAL, RATIO, Watch, start_of

CPU = torch.device("cpu")


def learner_of(strategy: str = "last-block", **changes: Any) -> Learner:
    recipe = Recipe().set({"model.name": "mobilenet_v3_small", "head.kind": "linear"}).with_strategy(strategy)
    recipe = recipe.set({key.replace("__", "."): value for key, value in changes.items()})
    network = build(recipe.model.name, classes=3, weights="random", seed=1, head=recipe.head)
    return Learner(recipe, network, CPU, losses.make(recipe.loss, ["a", "b", "c"], [1, 1, 1]))


def batch() -> tuple[Tensor, Tensor]:
    return torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(3)), torch.arange(6) % 3


def steps(learner: Learner, n: int, watch: Watch | None = None, module: nn.Module | None = None, inputs: Any = None) -> list[Tensor]:
    """The losses of n steps, each looked at where there is a watch."""
    x, labels = batch()
    out = []
    learner.train_mode()
    for number in range(n):
        torch.manual_seed(number)
        if watch is not None:
            with watch.around():
                out.append(learner.step(module or learner.module, x if inputs is None else inputs, labels, number)[0].detach())
        else:
            out.append(learner.step(module or learner.module, x if inputs is None else inputs, labels, number)[0].detach())
    return out


def norm(tensors: list[Tensor]) -> float:
    return float(torch.cat([tensor.flatten() for tensor in tensors]).norm())


def own(module: nn.Module, path: str) -> list[Tensor]:
    return [one.detach().clone() for one in module.get_submodule(path).parameters(recurse=False)]


def test_each_learning_layer_is_told_with_the_numbers_one_gets_by_hand() -> None:
    learner = learner_of()
    module, start = learner.module, start_of(learner.module, set(learner.moving))
    watch = Watch(learner, before=start.since(None, False))
    learns = [name for name, child in module.named_modules() if any(p.requires_grad for p in child.parameters(recurse=False))]
    assert watch.layers == learns
    assert any(isinstance(module.get_submodule(name), nn.BatchNorm2d) for name in learns)
    first = {name: own(module, name) for name in learns}
    steps(learner, 2, watch)
    before = {name: own(module, name) for name in learns}
    steps(learner, 1, watch)
    said = watch.read(1, 3)
    assert (said.epoch, said.step, said.layers) == (1, 3, learns)
    for i, name in enumerate(learns):
        now = own(module, name)
        gradients = [one.grad for one in module.get_submodule(name).parameters(recurse=False) if one.grad is not None]
        change = [a - b for a, b in zip(now, before[name], strict=True)]
        away = [a - b for a, b in zip(now, first[name], strict=True)]
        assert said.gradient[i] == pytest.approx(norm(gradients), rel=2e-3)
        assert said.update[i] == pytest.approx(norm(change) / norm(before[name]), rel=2e-3)
        assert said.drift[i] == pytest.approx(norm(away) / norm(first[name]), rel=2e-3)
    assert max(filter(None, said.update)) > 1e-4


@pytest.mark.parametrize("changes", [{}, {"strategy": "full", "training__ema": 0.9, "optimizer__clip_norm": 1.0}])
def test_training_is_the_same_to_the_bit_whether_it_is_watched_or_not(changes: dict[str, Any]) -> None:
    watched, alone = learner_of(**changes), learner_of(**changes)
    watch = Watch(watched, before=start_of(watched.module, set(watched.moving)).tensors)
    assert [float(loss) for loss in steps(watched, 3, watch)] == [float(loss) for loss in steps(alone, 3)]
    for name, tensor in alone.module.state_dict().items():
        assert torch.equal(tensor, watched.module.state_dict()[name]), name
    for a, b in zip(watched.learning, alone.learning, strict=True):
        assert a.grad is not None
        assert b.grad is not None
        assert torch.equal(a.grad, b.grad)
    assert not watched.optimizer._optimizer_step_pre_hooks
    assert not watched.optimizer._optimizer_step_post_hooks


def test_what_cannot_be_known_is_not_told() -> None:
    learner = learner_of("head")
    start = start_of(learner.module, set(learner.moving))
    assert start.since({"start": start.digest}, True) is start.tensors
    assert start.since({"start": "of other weights"}, True) is None
    assert start.since(None, True) is None
    watch = Watch(learner, before=None)
    steps(learner, 1, watch)
    said = watch.read(1, 1)
    assert said.layers == [learner.network.head_path]
    assert said.drift == [None]
    assert said.dead == [None]
    assert None not in said.gradient + said.update
    with watch.around():
        pass  # a step in which no weight moved
    assert watch.read(1, 2).gradient == [None]


def test_layers_keep_their_names_behind_a_cut_and_dead_units_are_seen_there_too() -> None:
    whole, behind = learner_of(), learner_of()
    with torch.no_grad():
        for learner in (whole, behind):
            norms = learner.module.features[-1][1]  # type: ignore[index]
            norms.weight[:144] = 0.0  # a quarter of 576 channels; Hardswish cuts -5 off
            norms.bias[:144] = -5.0
    parted = cut(behind.network, (32, 32), device=CPU)
    assert isinstance(parted, Cut)
    parts = CutApart(parted)
    behind.eval_mode()
    crossing = parts.inputs([tensor.clone() for tensor in parts.front(batch()[0])])
    said = []
    behind.train_mode()
    parts.learn()
    for learner, module, inputs in ((whole, None, None), (behind, parts.module, crossing)):
        watch = Watch(learner, before=start_of(learner.module, set(learner.moving)).tensors)
        steps(learner, 1, watch, module, inputs)
        said.append(watch.read(1, 1))
    assert said[0].layers == said[1].layers
    for key in ("gradient", "update", "drift", "dead"):
        for a, b in zip(getattr(said[0], key), getattr(said[1], key), strict=True):
            assert a == (b if b is None else pytest.approx(b, rel=2e-2)), key
    assert said[1].dead[said[1].layers.index("features.12.1")] == 0.25


def test_the_head_alone_has_the_name_it_has_in_the_network() -> None:
    learner = learner_of("head")
    parts = HeadApart(learner.network)
    learner.eval_mode()
    features = parts.front(batch()[0])[0].clone()
    watch = Watch(learner, before=None)
    steps(learner, 1, watch, parts.module, features)
    assert watch.read(1, 1).layers == [learner.network.head_path]


def test_dead_units_are_those_of_the_layer_in_front_of_what_cuts_off() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4), nn.SiLU(), nn.Linear(4, 4, bias=False), nn.ReLU(inplace=True))
    with torch.no_grad():
        net[0].bias.fill_(10.0)  # type: ignore[union-attr]
        net[0].bias[:2] = -10.0  # type: ignore[index]
        net[4].weight.zero_()
    dead = DeadUnits(net, {id(one): i for i in (0, 2, 4) for one in net[i].parameters()})
    with dead:
        net(torch.rand(3, 4))
        net(torch.rand(3, 4))
    assert {layer: alive.tolist() for layer, alive in dead.seen.items()} == {0: [False] * 2 + [True] * 6, 4: [False] * 4}


def test_a_layer_that_is_added_to_before_the_cut_off_is_not_blamed() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(2, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            out = self.one(x)
            out += x
            return torch.relu(out)

    net = Residual()
    dead = DeadUnits(net, {id(one): 0 for one in net.parameters()})
    with dead:
        net(torch.rand(1, 2, 3, 3))
    assert dead.seen == {}


def test_the_more_a_look_costs_the_rarer_it_is() -> None:
    learner = learner_of("head")
    now = [100.0]
    watch = Watch(learner, before=None, clock=lambda: now[0])
    assert watch.due(0)  # the first step of a stage
    with watch.around():
        steps(learner, 1)
        now[0] += 5.0  # the step's own time is nobody's cost
    watch.read(1, 1)
    assert not watch.due(1)
    now[0] += INTERVAL + 0.01
    assert watch.due(2)
    with watch.around():
        steps(learner, 1)
    spent = now[0]
    with watch._paid():
        now[0] += 0.2
    watch.read(1, 2)
    now[0] = spent + 0.2 * RATIO - 0.1
    assert not watch.due(3)
    now[0] = spent + 0.2 * RATIO + 0.3
    assert watch.due(4)

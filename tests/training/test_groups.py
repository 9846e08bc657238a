from __future__ import annotations

from typing import Any

import pytest
import torch

from tlstudio.errors import InputError
from tlstudio.models.network import Network, build
from tlstudio.recipe import Optimizer
from tlstudio.training import optimizers
from tlstudio.training.groups import groups_of, set_rates


@pytest.fixture(scope="module")
def network() -> Network:
    return build("resnet18", classes=3, weights="random")


def rate_of(network: Network, optimizer: Optimizer) -> dict[str, float]:
    """The rate of each parameter, by path."""
    names = {id(parameter): name for name, parameter in network.module.named_parameters()}
    rates: dict[str, float] = {}
    for group in groups_of(network, optimizer):
        for parameter in group["params"]:
            assert names[id(parameter)] not in rates
            rates[names[id(parameter)]] = group["lr"]
    return rates


def test_head_and_backbone_have_their_own_rates_and_the_head_stands_first(network: Network) -> None:
    groups = groups_of(network, Optimizer(lr=0.1, backbone_lr=0.01))
    assert [(group["part"], group["lr"]) for group in groups] == [("head", 0.1), ("backbone", 0.01)]
    assert len(groups[0]["params"]) == 2
    assert sum(len(group["params"]) for group in groups) == len(list(network.module.parameters()))


def test_each_block_learns_at_a_share_of_the_next_ones_rate(network: Network) -> None:
    rates = rate_of(network, Optimizer(lr=0.1, backbone_lr=0.01, layer_decay=0.5))
    assert rates["fc.weight"] == 0.1
    assert rates["layer4.1.conv2.weight"] == pytest.approx(0.01)
    assert rates["layer3.0.conv1.weight"] == pytest.approx(0.005)
    assert rates["layer1.0.conv1.weight"] == pytest.approx(0.00125)
    assert rates["conv1.weight"] <= rates["layer1.0.conv1.weight"]


def test_the_nearest_multiplier_above_a_weight_counts(network: Network) -> None:
    rates = rate_of(network, Optimizer(lr=0.1, backbone_lr=0.01, multipliers={"layer4": 2.0, "layer4.1.conv2": 0.1, "fc": 3.0}))
    assert rates["layer4.0.conv1.weight"] == pytest.approx(0.02)
    assert rates["layer4.1.conv2.weight"] == pytest.approx(0.001)
    assert rates["fc.bias"] == pytest.approx(0.3)
    assert rates["layer3.0.conv1.weight"] == pytest.approx(0.01)


def test_a_multiplier_of_a_layer_that_is_not_there_is_told(network: Network) -> None:
    with pytest.raises(InputError, match=r"layer9") as told:
        groups_of(network, Optimizer(multipliers={"layer9": 2.0}))
    assert "layer" in told.value.do


def test_norms_and_biases_can_be_left_out_of_weight_decay(network: Network) -> None:
    exempt = [p for group in groups_of(network, Optimizer(decay_norms=False)) if group.get("weight_decay") == 0.0 for p in group["params"]]
    assert {id(p) for p in exempt} == {id(p) for p in network.module.parameters() if p.dim() <= 1}
    assert not any("weight_decay" in group for group in groups_of(network, Optimizer()))


def test_what_is_frozen_is_in_no_group_and_schedules_keep_the_multipliers(network: Network) -> None:
    import torch

    network.module.requires_grad_(False)
    network.module.layer4.requires_grad_(True)
    network.head.requires_grad_(True)
    try:
        groups = groups_of(network, Optimizer(multipliers={"layer4.0": 0.5}))
        assert {group["part"] for group in groups} == {"head", "backbone"}
        optimizer = torch.optim.SGD(groups, lr=1.0)
        set_rates(optimizer, (0.2, 0.04))
        assert sorted({group["lr"] for group in optimizer.param_groups}) == pytest.approx([0.02, 0.04, 0.2])
    finally:
        network.module.requires_grad_(True)


@pytest.mark.parametrize("kind", ["adagrad", "adamw", "sgd"])
def test_where_the_fused_form_cannot_be_had_torch_takes_the_next_best(kind: str) -> None:
    def said_of(device: str) -> Any:
        groups = [{"params": [torch.nn.Parameter(torch.zeros(2, device=device))], "lr": 0.1}]
        return optimizers.REGISTRY.make(kind, {}, groups, 0.0).defaults["fused"]

    assert said_of("cpu") is True
    assert said_of("meta") is None  # False would also forbid the form that moves many weights at once

"""Parameter groups: which weights learn at which rate, and which of them decay."""

from __future__ import annotations

from typing import Any

import torch

from tlstudio.models.absent import absent, known_paths
from tlstudio.models.network import Network
from tlstudio.models.rates import depth_of, multiplier, unknown
from tlstudio.models.structure import blocks
from tlstudio.recipe import Optimizer


def groups_of(network: Network, optimizer: Optimizer) -> list[dict[str, Any]]:
    """torch's parameter groups of what learns (requires_grad): what is new first (the head), then from the first layer to the last.

    Each has `part` (head or backbone), `multiplier` and `lr` = rate of its part x multiplier; where norms and biases are exempt from
    weight decay, a weight_decay of 0 for those (parameters of at most one dimension, as in timm).
    Raises InputError naming the nearest for a multiplier of a layer that the network has not.
    """
    module = network.module
    _check(network, optimizer)
    before = [block["frozen"] for block in blocks(module, network.head_path, network.aux_paths)] if optimizer.layer_decay < 1.0 else []
    in_head = {id(parameter) for path in network.new_paths for parameter in module.get_submodule(path).parameters()}
    groups: dict[tuple[bool, float, bool], dict[str, Any]] = {}
    for path, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        head = id(parameter) in in_head
        factor = multiplier(path, optimizer, 0 if head else depth_of(path, before))
        exempt = not optimizer.decay_norms and parameter.dim() <= 1
        group = groups.setdefault((head, factor, exempt), _group(optimizer, head, factor, exempt))
        group["params"].append(parameter)
    return sorted(groups.values(), key=lambda group: group["part"] != "head")


def set_rates(optimizer: torch.optim.Optimizer, rates: tuple[float, float]) -> None:
    """Give every group the rate of its part (head, backbone), times its multiplier."""
    for group in optimizer.param_groups:
        group["lr"] = rates[0 if group["part"] == "head" else 1] * group["multiplier"]


def _group(optimizer: Optimizer, head: bool, factor: float, exempt: bool) -> dict[str, Any]:
    lr = (optimizer.lr if head else optimizer.backbone_lr) * factor
    part = "head" if head else "backbone"
    return {"part": part, "multiplier": factor, "lr": lr, "params": [], **({"weight_decay": 0.0} if exempt else {})}


def _check(network: Network, optimizer: Optimizer) -> None:
    if optimizer.multipliers:
        for path in unknown(optimizer.multipliers, known_paths(network)):
            raise absent(network, path, "optimizer.multipliers")

from __future__ import annotations

import random
import time

import pytest
import torch

from tlstudio.models import cost, freezing, network, tree


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet_v3_small"])
@pytest.mark.parametrize("policy", ["eval", "adapt", "train"])
def test_it_agrees_with_requires_grad(name: str, policy: freezing.Policy) -> None:
    net = network.build(name, classes=3, weights="random")
    document = tree.layers(name, classes=3)
    paths = [row["path"] for row in document["rows"] if row["path"]]
    for seed in range(6):
        ticks = random.Random(seed).sample(paths, 9)
        freezing.freeze(net.module, ticks, policy)
        said = cost.learning(document["rows"], ticks, policy)
        learning = sum(p.numel() for p in net.module.parameters() if p.requires_grad)
        assert said == {"params": document["totals"]["params"], "learning": learning, "share": learning / said["params"]}


def test_the_root_freezes_everything_and_no_path_nothing() -> None:
    rows = tree.layers("resnet18")["rows"]
    assert cost.learning(rows, [""]) == {"params": 11_689_512, "learning": 0, "share": 0.0}
    assert cost.learning(rows, [])["share"] == 1.0
    assert cost.learning([], []) == {"params": 0, "learning": 0, "share": 0.0}


def test_a_shared_parameter_counts_once_and_either_path_freezes_it() -> None:
    module = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 2, bias=False), "b": torch.nn.Linear(2, 2, bias=False)})
    module["b"].weight = module["a"].weight
    rows = tree.rows(module)
    assert cost.learning(rows, [])["params"] == 4
    assert [cost.learning(rows, [path])["learning"] for path in ("a", "b", "b.weight")] == [0, 0, 0]


def test_it_keeps_up_with_every_tick() -> None:
    rows = tree.layers("efficientnet_b0")["rows"] * 4
    assert len(rows) > 2000
    best = min(_seconds(rows) for _ in range(5))
    assert best < 0.06


def _seconds(rows: list[dict[str, object]]) -> float:
    start = time.thread_time()
    cost.learning(rows, ["features.0", "features.5.1", "classifier.1.bias"])
    return time.thread_time() - start

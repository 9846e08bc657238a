"""A step that does not fit into memory is made again as if nothing had happened."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import torch

from tlstudio.errors import StudioError
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.training import losses
from tlstudio.training.learner import Learner
from tlstudio.training.out_of_memory import Fitting, fewer, in_halves, in_words, is_out_of_memory, said_in_words
from tlstudio.training.parts import HeadApart
from tlstudio.training.pieces import in_pieces

CPU = torch.device("cpu")


def _learner(**changes: Any) -> Learner:
    said = {key.replace("__", "."): value for key, value in changes.items()}
    recipe = Recipe().set({"model.name": "mobilenet_v3_small", "training.batch_size": 6}).with_strategy("full").set(said)
    network = build(recipe.model.name, classes=3, weights="random", seed=1, head=recipe.head)
    return Learner(recipe, network, CPU, losses.make(recipe.loss, ["a", "b", "c"], [1, 1, 1]))


def _drained(making: Generator[int, None, Any]) -> tuple[list[int], Any]:
    told = []
    while True:
        try:
            told.append(next(making))
        except StopIteration as made:
            return told, made.value


def test_a_step_made_again_leaves_no_trace_of_the_failed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = torch.Generator().manual_seed(3)
    inputs, labels = torch.randn(6, 3, 32, 32, generator=chance), torch.arange(6) % 3
    tight, pieces = _learner(), _learner()
    pieces.limit(3)
    backward = tight.precision.backward

    def full(loss: torch.Tensor) -> None:
        if tight.at_once(6) > 3:
            backward(loss)  # some gradients are there already, and the averages of BatchNorm have moved
            raise torch.OutOfMemoryError("CUDA out of memory")
        backward(loss)

    monkeypatch.setattr(tight.precision, "backward", full)
    for learner in (tight, pieces):
        learner.train_mode()

        def step(learner: Learner = learner) -> tuple[torch.Tensor, torch.Tensor]:
            torch.manual_seed(0)
            return learner.step(learner.module, inputs, labels, 0)

        told, _ = _drained(Fitting(learner).made(6, step))
        assert told == ([3] if learner is tight else [])
    assert all(torch.equal(tensor, pieces.moving[name]) for name, tensor in tight.moving.items())
    said = in_words(tight, 6, 6, 3)
    assert "goes on with 3 and twice the accumulation; results may differ slightly, because BatchNorm now sees 3 at a time" in said


def test_what_the_optimizer_has_no_room_for_is_not_tried_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = _learner(frozen__strategy="head")

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(learner.optimizer, "step", full)
    inputs, labels = torch.zeros(4, 3, 32, 32), torch.arange(4) % 3
    with pytest.raises(StudioError, match="while the weights were moved"):
        _drained(Fitting(learner).made(4, lambda: learner.step(learner.module, inputs, labels, 0)))
    with pytest.raises(RuntimeError, match="something else"):
        _drained(Fitting(learner).made(4, lambda: (_ for _ in ()).throw(RuntimeError("something else"))))


def test_no_piece_is_a_single_image_unless_all_are() -> None:
    assert in_pieces(9, 4) == [(0, 4), (4, 9)]
    assert in_pieces(8, 4) == [(0, 4), (4, 8)]
    assert in_pieces(3, 1) == [(0, 1), (1, 2), (2, 3)]
    assert in_pieces(1, 4) == [(0, 1)]


def test_what_does_not_fit_is_judged_in_halves() -> None:
    def forward(inputs: torch.Tensor) -> torch.Tensor:
        if len(inputs) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inputs * 2

    inputs = torch.arange(7.0)
    assert torch.equal(in_halves(forward, inputs), inputs * 2)
    with pytest.raises(RuntimeError, match="another"):
        in_halves(lambda _: (_ for _ in ()).throw(RuntimeError("another")), inputs)


def test_what_can_be_done_with_fewer_images_is_and_the_rest_is_said_in_words() -> None:
    tried: list[int] = []

    def work(n: int) -> int:
        tried.append(n)
        if n > 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return n

    assert fewer(32, work, CPU) == 2
    assert tried == [32, 16, 8, 4, 2]
    with pytest.raises(StudioError, match=r"The computer ran out of memory.*Choose a smaller"), said_in_words(CPU):
        fewer(1, lambda n: work(32), CPU)
    assert is_out_of_memory(RuntimeError("could not create a primitive"))
    assert not is_out_of_memory(RuntimeError("could not create a primitive descriptor for a convolution forward propagation primitive"))
    with pytest.raises(ValueError, match="another"), said_in_words(CPU):
        raise ValueError("another")


def test_what_is_kept_of_the_frozen_part_is_computed_in_halves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("mobilenet_v3_small", classes=3, weights="random", seed=1)
    network.module.eval()
    inputs = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    whole, features = HeadApart(network).front(inputs), network.features

    def full(x: torch.Tensor) -> Any:
        if len(x) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return features(x)

    monkeypatch.setattr(network, "features", full)
    apart = HeadApart(network)
    halves = apart.front(inputs)
    assert [one.shape for one in halves] == [one.shape for one in whole]
    torch.testing.assert_close(halves, whole)
    assert isinstance(apart.inputs(halves), torch.Tensor)

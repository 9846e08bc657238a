"""Steps of a learner on made-up inputs: pieces of a batch, memory, rehearsals, compiling, what is asked of the device."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.training import losses
from tlstudio.training.compiling import compiled
from tlstudio.training.learner import Learner
from tlstudio.training.machine_probe import Chosen, usual
from tlstudio.training.out_of_memory import Fitting
from tlstudio.training.pieces import not_in_pieces
from tlstudio.training.steps import StepLog

CPU = torch.device("cpu")


def learner_of(chosen: Chosen | None = None, **changes: Any) -> Learner:
    masks = changes.get("data__task") == "segmentation"
    recipe = Recipe().set({"model.name": "efficientnet_lite0" if masks else "mobilenet_v3_small"}).with_strategy("last-block")
    recipe = recipe.set({key.replace("__", "."): value for key, value in changes.items()})
    task = recipe.data.task
    network = build(recipe.model.name, classes=3, weights="random", seed=1, task=task, head=recipe.head)
    return Learner(recipe, network, CPU, losses.make(recipe.loss, ["a", "b", "c"], [1, 1, 1]), chosen)


def batch(n: int = 6, side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(n, 3, side, side, generator=generator), torch.arange(n) % 3


def after(learner: Learner, steps: int = 2, **more: Any) -> tuple[dict[str, torch.Tensor], float, torch.Tensor]:
    """The moving tensors, last loss and logits after a few steps."""
    inputs, labels = batch()
    learner.train_mode()
    for number in range(steps):
        torch.manual_seed(number)
        loss, logits = learner.step(learner.module, inputs, labels, number, **more)
    return {name: tensor.clone() for name, tensor in learner.moving.items()}, float(loss.detach()), logits.detach()


FROZEN_NORMS = {"frozen__strategy": "custom", "frozen__paths": ("features",), "head__kind": "linear"}


def test_pieces_of_a_batch_learn_what_the_whole_batch_learns() -> None:
    whole, parts = learner_of(**FROZEN_NORMS), learner_of(**FROZEN_NORMS, training__micro_batch=4)
    for one in (whole, parts):
        one.keep_features = False
        one._modes = [(child, training and not isinstance(child, torch.nn.Dropout)) for child, training in one._modes]
    assert not_in_pieces(parts) == ""
    parts.choose(replace(usual(parts), micro_batch=4))  # 6 images: pieces of 4 and 2
    assert parts.chosen.micro_batch == 4
    (a, loss, logits), (b, loss_of_parts, logits_of_parts) = after(whole), after(parts)
    assert logits_of_parts.shape == (6, 3)
    torch.testing.assert_close(logits, logits_of_parts)
    assert loss == pytest.approx(loss_of_parts, rel=1e-5)
    for name, tensor in a.items():
        torch.testing.assert_close(tensor, b[name], atol=1e-5, rtol=1e-4, msg=name)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"frozen__strategy": "full"}, "BatchNorm"),
        ({"frozen__strategy": "head", "head__kind": "dropout_linear"}, "random layers"),
        ({"data__task": "segmentation", "head__kind": "lraspp"}, "losses of masks"),
    ],
)
def test_where_pieces_would_learn_something_else_the_batch_goes_whole_and_that_is_said(changes: dict[str, Any], why: str) -> None:
    learner = learner_of(**changes, training__micro_batch=2)
    assert learner.chosen.micro_batch == 0
    assert why in learner.chosen.note


def test_a_rehearsal_leaves_no_trace() -> None:
    learner = learner_of(frozen__strategy="full")
    before = {name: tensor.clone() for name, tensor in learner.module.state_dict().items()}
    state = torch.get_rng_state()
    with learner.rehearsing():
        learner.descend(learner.module, *batch(), empty=False)
        assert not torch.equal(before["features.0.1.running_mean"], learner.module.state_dict()["features.0.1.running_mean"])
        assert learner.learning[0].grad is not None
    for name, tensor in learner.module.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(parameter.grad is None for parameter in learner.learning)
    assert torch.equal(state, torch.get_rng_state())


def test_moving_tensors_stay_views_of_the_weights_however_these_lie_in_memory() -> None:
    learner = learner_of(frozen__strategy="full", training__ema=0.5)
    usual_one = learner.chosen
    learner.choose(replace(usual_one, channels_last=not usual_one.channels_last))
    moved, *_ = after(learner)
    for name, tensor in learner.module.state_dict().items():
        assert torch.equal(moved[name], tensor), name
        assert learner.moving[name].data_ptr() == tensor.data_ptr()
    with learner.as_judged():
        assert any(not torch.equal(moved[name], tensor) for name, tensor in learner.module.state_dict().items())
    other = learner_of(frozen__strategy="full", training__ema=0.5)
    torch.testing.assert_close(after(other)[0], moved, atol=1e-3, rtol=1e-2)


def test_where_all_is_ignored_no_weight_moves_and_nobody_needs_to_look() -> None:
    learner = learner_of(data__task="segmentation", head__kind="lraspp", optimizer__weight_decay=0.5)
    before = {name: tensor.clone() for name, tensor in learner.module.named_parameters()}
    inputs, _ = batch(2, 64)
    labels = torch.full((2, 64, 64), 255)
    learner.train_mode()
    for empty in (None, True):
        loss, _ = learner.step(learner.module, inputs, labels, 0, empty)
        assert float(loss.detach()) == 0
        assert all(torch.equal(tensor, before[name]) for name, tensor in learner.module.named_parameters())
    learner.step(learner.module, inputs, labels, 0, False)  # believed
    assert any(not torch.equal(tensor, before[name]) for name, tensor in learner.module.named_parameters())


def test_what_an_optimizer_remembers_from_before_its_fused_form_is_gone_on_with() -> None:
    learner = learner_of()
    after(learner)
    state = learner.optimizer.state_dict()
    for group in state["param_groups"]:
        assert group.pop("fused")
    other = learner_of()
    other.load_optimizer(state)
    assert all(group["fused"] for group in other.optimizer.param_groups)
    assert other.optimizer.state_dict()["state"].keys() == state["state"].keys()


def test_a_network_that_cannot_be_compiled_trains_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> object:
        raise RuntimeError("there is no compiler\nlong trace")

    inputs, labels = batch(2)
    learner = learner_of(training__compile=True)
    assert compiled(learner_of(), learner.module, inputs, labels) is None  # nobody asked
    monkeypatch.setattr(torch, "compile", missing)
    note = compiled(learner, learner.module, inputs, labels)
    assert note is not None
    assert note.message == "The network could not be compiled. There is no compiler. Training goes on as it is."
    after(learner, 1)


def test_steps_run_the_compiled_form_which_shares_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def compile(module: torch.nn.Module, **_: object) -> Any:
        def faster(x: torch.Tensor) -> Any:
            calls.append(len(x))
            return module(x)

        return faster

    monkeypatch.setattr(torch, "compile", compile)
    learner, plain = learner_of(training__compile=True), learner_of()
    note = compiled(learner, learner.module, *batch(2))
    assert note is not None
    assert note.message.startswith("Compiled in ")
    calls.clear()
    a, b = after(learner)[0], after(plain)[0]
    assert calls == [6, 6]
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_step_never_waits_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """On `meta` there are no numbers: whatever asks for one, as a wait for a card would, fails there."""
    monkeypatch.setattr("tlstudio.training.learner.checksums", lambda *_: {})
    recipe = Recipe().set({"model.name": "mobilenet_v3_small", "optimizer.clip_norm": 1.0, "training.ema": 0.9}).with_strategy("head")
    network = build(recipe.model.name, classes=3, weights="random", head=recipe.head)
    options = {"class_weights": "balanced", "label_smoothing": 0.1}
    criterion = losses.make(recipe.loss.model_copy(update={"options": options}), ["a", "b", "c"], [1, 2, 3])
    learner = Learner(recipe, network, torch.device("meta"), criterion)
    learner.train_mode()
    inputs, labels = (tensor.to("meta") for tensor in batch())
    log = StepLog(1, 0, StepLog.zero())
    learner.set_rates((0.1, 0.01))
    with pytest.raises(StopIteration) as made:
        next(Fitting(learner).made(6, lambda: learner.step(learner.module, inputs, labels, 0, empty=False)))
    log.add(*made.value.value, labels, (0.1, 0.01))
    with pytest.raises((NotImplementedError, RuntimeError)):
        list(log.read())  # that, a few times a second, does wait

"""A network that learns: what of it is frozen, the optimizer, and one training step. Knows no images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlstudio.data.masks import IGNORE
from tlstudio.errors import InputError
from tlstudio.models.freezing import checksums, freeze, frozen_paths, hold
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.training import optimizers
from tlstudio.training.average import Average
from tlstudio.training.features import Features, resized
from tlstudio.training.groups import groups_of, set_rates
from tlstudio.training.losses import Criterion
from tlstudio.training.prepare import memory_format_of


class Learner:
    """Made once for a run.

    moving: the tensors of the state dict that training may change; still: those it must not. Both are views, not copies.
    before: checksums of what is frozen. average: of what moves, where the recipe asks for it.
    keep_features: nothing random and nothing that learns comes before the head, so that its inputs are computed once.
    Raises InputError where nothing would learn, and for rates of layers that are not there.
    """

    def __init__(self, recipe: Recipe, network: Network, device: torch.device, criterion: Criterion) -> None:
        self.recipe, self.network, self.device, self.criterion = recipe, network, device, criterion
        self.module: nn.Module = network.module.to(device).to(memory_format=memory_format_of(device))
        self.frozen = frozen_paths(network, recipe.frozen)
        freeze(self.module, self.frozen, recipe.frozen.batchnorm)
        self.learning = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        if not self.learning:
            raise InputError("Nothing learns: every layer is frozen", "", "Untick at least the head in the layer tree")
        self.module.train()
        hold(self.module, self.frozen, recipe.frozen.batchnorm)
        self._modes = [(child, child.training) for child in self.module.modules()]
        self.before = self.checksums()
        state: dict[str, Tensor] = self.module.state_dict()
        self.moving = {name: tensor for name, tensor in state.items() if name not in self.before}
        self.still = {name: tensor for name, tensor in state.items() if name in self.before}
        in_head = {id(parameter) for parameter in network.head.parameters()}
        still = recipe.frozen.batchnorm == "eval" or not any(isinstance(child, _BatchNorm) for child in self.module.modules())
        self.keep_features = all(id(parameter) in in_head for parameter in self.learning) and still and not recipe.augment.enabled
        self.optimizer: torch.optim.Optimizer = optimizers.REGISTRY.make(
            recipe.optimizer.kind, recipe.optimizer.options, groups_of(network, recipe.optimizer), recipe.optimizer.weight_decay
        )
        self.average = Average(self.moving, recipe.training.ema) if recipe.training.ema else None
        self._trained: dict[str, Tensor] | None = None

    def checksums(self) -> dict[str, str]:
        return checksums(self.module, self.frozen, self.recipe.frozen.batchnorm)

    def train_mode(self) -> None:
        """Training mode for what learns, eval for what is frozen."""
        for child, training in self._modes:
            child.training = training

    def set_rates(self, rates: tuple[float, float]) -> None:
        """Give every parameter group the rate of its part (head, backbone), times its multiplier."""
        set_rates(self.optimizer, rates)

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Go on with what the optimizer remembers of an earlier session. The groups' own facts stay: older checkpoints hold fewer."""
        own = [{key: value for key, value in group.items() if key != "params"} for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state)
        for group, facts in zip(self.optimizer.param_groups, own, strict=True):
            group.update(facts)

    def step(self, module: nn.Module, inputs: Features, labels: Tensor, number: int) -> tuple[Tensor, Tensor]:
        """One training step, the `number`th of the run (0, 1, ...): the loss () it was made with, and the logits (B, C, ...).

        module: the whole network, or its head where features are kept. labels: (B,), or (B, H, W) of masks. Auxiliary heads add their
        loss with the recipe's weight. Where every pixel is to be ignored no weight moves, only the averages of BatchNorm do.
        """
        logits, aux = self.network.outputs(module(inputs))
        if labels.dim() > 1:
            logits, aux = resized(logits, labels.shape[-2:]), [resized(extra, labels.shape[-2:]) for extra in aux]
        loss = self.criterion(logits, labels)
        if labels.dim() > 1 and bool((labels == IGNORE).all()):
            return loss, logits
        for extra in aux:
            loss = loss + self.recipe.model.aux * self.criterion(extra, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.recipe.optimizer.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.learning, self.recipe.optimizer.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update(number)
        return loss, logits

    @contextmanager
    def as_judged(self) -> Iterator[None]:
        """Inside, the network has the weights that are judged and kept: the moving average, where the recipe asks for it."""
        if self.average is None:
            yield
            return
        with self.average.in_place() as self._trained:
            try:
                yield
            finally:
                self._trained = None

    @property
    def trained(self) -> dict[str, Tensor]:
        """The moving tensors as training moves them, also inside `as_judged`."""
        return self.moving if self._trained is None else self._trained

    def put_back(self, tensors: dict[str, Tensor]) -> None:
        """Give the moving tensors these values."""
        with torch.no_grad():
            for name, tensor in tensors.items():
                self.moving[name].copy_(tensor)

    def params(self) -> tuple[int, int]:
        """Parameters in all, and those that learn."""
        return sum(p.numel() for p in self.module.parameters()), sum(p.numel() for p in self.learning)

    def try_one_image(self, shape: tuple[int, int]) -> None:
        """Raises InputError where a batch of one gives a BatchNorm that learns a single value a channel, which has no variance.

        shape: (H, W) of the image.
        """
        self.train_mode()
        kept = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        try:
            with torch.no_grad():
                self.module(torch.zeros(1, 3, *shape, device=self.device))
        except ValueError as error:
            raise InputError(
                f"One image of {shape[1]} x {shape[0]} pixels a step is too little to learn from",
                "the model's BatchNorm layers need more than one value a channel",
                "Raise training.batch_size to 2 or more, or data.image_size",
                details=str(error),
            ) from None
        finally:
            for buffer, before in kept:
                buffer.copy_(before)

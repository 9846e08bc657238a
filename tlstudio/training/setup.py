"""What a run is made of, from its recipe: images, network, what learns and what does not, the optimizer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.errors import InputError
from tlstudio.events import Event, RunStarted
from tlstudio.models.freezing import checksums, freeze, frozen_paths, hold
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import optimizers, schedules
from tlstudio.training.prepare import Images, device_of, images_of, memory_format_of, streamed
from tlstudio.training.receipt import device_name
from tlstudio.training.source import cut


class Setup:
    """Everything a run needs, made once.

    moving: the tensors of the state dict that training may change; still: those it must not. Both are views, not copies.
    before: checksums of what is frozen. cuts: where an epoch is cut into batches.
    keep_features: nothing random and nothing that learns comes before the head, so that its inputs are computed once.
    """

    def __init__(self, recipe: Recipe, images: Images, network: Network, device: torch.device) -> None:
        self.recipe, self.images, self.network, self.device = recipe, images, network, device
        self.module = network.module.to(device).to(memory_format=memory_format_of(device))
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
        self._in_head = {id(parameter) for parameter in network.head.parameters()}
        self.keep_features = (
            all(id(parameter) in self._in_head for parameter in self.learning)
            and recipe.frozen.batchnorm == "eval"
            and not recipe.augment.enabled
        )
        self.cuts = cut(self.n("train"), recipe.training.batch_size)
        self.factor: Callable[[int], float] = schedules.REGISTRY.make(
            recipe.schedule.kind, recipe.schedule.options, recipe.training.epochs, len(self.cuts)
        )
        self.optimizer: torch.optim.Optimizer = self._optimizer()
        if not self.keep_features and any(end - start == 1 for start, end in self.cuts):
            self._try_one_image()

    def n(self, split: str) -> int:
        """Images in a split."""
        return len(self.images.sets[split])

    def checksums(self) -> dict[str, str]:
        return checksums(self.module, self.frozen, self.recipe.frozen.batchnorm)

    def train_mode(self) -> None:
        """Training mode for what learns, eval for what is frozen."""
        for child, training in self._modes:
            child.training = training

    def rates(self, step: int) -> tuple[float, float]:
        """The rates of head and backbone in training step 0, 1, ... of the run."""
        factor = self.factor(step)
        return self.recipe.optimizer.lr * factor, self.recipe.optimizer.backbone_lr * factor

    def set_rates(self, rates: tuple[float, float]) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rates[0] if group["part"] == "head" else rates[1]

    def put_back(self, tensors: dict[str, Tensor]) -> None:
        """Give the moving tensors these values."""
        with torch.no_grad():
            for name, tensor in tensors.items():
                self.moving[name].copy_(tensor)

    def params(self) -> tuple[int, int]:
        """Parameters in all, and those that learn."""
        return sum(p.numel() for p in self.module.parameters()), sum(p.numel() for p in self.learning)

    def started(self, run: Run, resumed_from: tuple[int, int] | None) -> RunStarted:
        params, learning = self.params()
        return RunStarted(
            run=str(run.path),
            name=self.recipe.name,
            task=self.recipe.data.task,
            model=self.recipe.model.name,
            strategy=self.recipe.frozen.strategy,
            epochs=self.recipe.training.epochs,
            steps_per_epoch=len(self.cuts),
            n_train=self.n("train"),
            n_val=self.n("val"),
            n_test=self.n("test"),
            classes=self.images.classes,
            device=device_name(self.device),
            params=params,
            params_learning=learning,
            cached=self.keep_features,
            resumed_from=resumed_from,
        )

    def _try_one_image(self) -> None:
        """Raises InputError where a batch of one gives a BatchNorm a single value a channel, which has no variance to learn from."""
        self.train_mode()
        kept = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        side = self.images.pipeline.size
        try:
            with torch.no_grad():
                self.module(torch.zeros(1, 3, side, side, device=self.device))
        except ValueError as error:
            raise InputError(
                f"One image of {side} x {side} pixels a step is too little to learn from",
                "the model's BatchNorm layers need more than one value a channel",
                "Raise training.batch_size to 2 or more, or data.image_size",
                details=str(error),
            ) from None
        finally:
            for buffer, before in kept:
                buffer.copy_(before)

    def _optimizer(self) -> torch.optim.Optimizer:
        optimizer = self.recipe.optimizer
        groups: list[dict[str, Any]] = [
            {"part": "head", "lr": optimizer.lr, "params": [p for p in self.learning if id(p) in self._in_head]},
            {"part": "backbone", "lr": optimizer.backbone_lr, "params": [p for p in self.learning if id(p) not in self._in_head]},
        ]
        groups = [group for group in groups if group["params"]]
        made: torch.optim.Optimizer = optimizers.REGISTRY.make(optimizer.kind, optimizer.options, groups, optimizer.weight_decay)
        return made


def set_up(recipe: Recipe, control: Control) -> Generator[Event, None, Setup]:
    """Scan, split, build; scans and downloads tell their progress. Raises InputError and StudioError with sentences for the user."""
    images = yield from streamed(lambda tell: images_of(recipe, tell, control), control)
    device = device_of(recipe)
    network = yield from streamed(
        lambda tell: build(
            recipe.model.name,
            classes=len(images.classes),
            head=recipe.head,
            weights=recipe.model.weights,
            seed=recipe.training.seed,
            tell=tell,
            control=control,
        ),
        control,
    )
    return Setup(recipe, images, network, device)

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
from tlstudio.training.features import Features, mapped, resized
from tlstudio.training.groups import groups_of, set_rates
from tlstudio.training.losses import Criterion
from tlstudio.training.machine_probe import Chosen, usual
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.out_of_memory import moving_weights
from tlstudio.training.pieces import in_pieces
from tlstudio.training.precision import Precision


class Learner:
    """Made once for a run.

    moving: the tensors of the state dict that training may change; still: those it must not. Both are views, not copies.
    before: checksums of what is frozen. average: of what moves, where the recipe asks for it.
    head_alone: nothing random and nothing that learns comes before the head; keep_features: and images come without augmentation, so that
    the head's inputs are the same in every epoch.
    chosen: how it computes, as on most machines where it is not given; see `choose`. windows: through which it judges large scenes.
    Raises InputError where nothing would learn, and for rates of layers that are not there.
    """

    def __init__(self, recipe: Recipe, network: Network, device: torch.device, criterion: Criterion, chosen: Chosen | None = None) -> None:
        self.recipe, self.network, self.device, self.criterion = recipe, network, device, criterion
        self.module: nn.Module = network.module.to(device)
        self.frozen = frozen_paths(network, recipe.frozen)
        freeze(self.module, self.frozen, recipe.frozen.batchnorm)
        self.learning = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        if not self.learning:
            do = "Untick at least the head in the layer tree, or change frozen.paths"
            raise InputError("Nothing learns: every layer is frozen", "", do)
        self.module.train()
        hold(self.module, self.frozen, recipe.frozen.batchnorm)
        self._modes = [(child, child.training) for child in self.module.modules()]
        self._stand_in: tuple[nn.Module, nn.Module] | None = None
        self.moving: dict[str, Tensor] = {}
        self.still: dict[str, Tensor] = {}
        self.choose(chosen or usual(self))
        self.before = self.checksums()
        state: dict[str, Tensor] = self.module.state_dict()
        self.moving = {name: tensor for name, tensor in state.items() if name not in self.before}
        self.still = {name: tensor for name, tensor in state.items() if name in self.before}
        in_head = {id(parameter) for parameter in network.head.parameters()}
        still = recipe.frozen.batchnorm == "eval" or not any(isinstance(child, _BatchNorm) for child in self.module.modules())
        self.head_alone = all(id(parameter) in in_head for parameter in self.learning) and still
        self.keep_features = self.head_alone and not recipe.augment.enabled
        self.optimizer: torch.optim.Optimizer = optimizers.REGISTRY.make(
            recipe.optimizer.kind, recipe.optimizer.options, groups_of(network, recipe.optimizer), recipe.optimizer.weight_decay
        )
        self.average = Average(self.moving, recipe.training.ema) if recipe.training.ema else None
        self._trained: dict[str, Tensor] | None = None
        self._most, self.windows = 0, Windows()

    def choose(self, chosen: Chosen) -> None:
        """Compute like that from now on. Threads are not its business, see `Chosen.in_force`. Not within an epoch: tensors may move."""
        self.chosen = chosen
        self.precision = Precision(self.device, chosen.precision)
        self.module.to(memory_format=self.memory_format)
        state: dict[str, Tensor] = self.module.state_dict()
        for name, view in {**self.moving, **self.still}.items():
            view.data = state[name]  # whoever holds the view goes on seeing the weights

    @property
    def memory_format(self) -> torch.memory_format:
        """How images should lie in memory that go through the network."""
        return torch.channels_last if self.chosen.channels_last else torch.contiguous_format

    @property
    def layout(self) -> torch.memory_format:
        """How images and weights lie in memory."""
        return torch.channels_last if self.chosen.channels_last else torch.contiguous_format

    def checksums(self) -> dict[str, str]:
        return checksums(self.module, self.frozen, self.recipe.frozen.batchnorm)

    def train_mode(self) -> None:
        """Training mode for what learns, eval for what is frozen."""
        for child, training in self._modes:
            child.__dict__["training"] = training  # Module's own way looks for parameters first, ten times as long

    def eval_mode(self) -> None:
        """Eval mode for everything."""
        for child, _ in self._modes:
            child.__dict__["training"] = False

    def set_rates(self, rates: tuple[float, float]) -> None:
        """Give every parameter group the rate of its part (head, backbone), times its multiplier."""
        set_rates(self.optimizer, rates)

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Go on with what the optimizer remembers of an earlier session. The groups' own facts stay: older checkpoints hold fewer, and
        another device has other ways."""
        own = [{key: value for key, value in group.items() if key != "params"} for group in self.optimizer.param_groups]
        groups = [saved | facts for saved, facts in zip(state["param_groups"], own, strict=True)]
        self.optimizer.load_state_dict({**state, "param_groups": groups})

    def extra(self) -> dict[str, Any]:
        """What else a checkpoint has to keep: the scale of gradients, where they are of 16 bits."""
        return {"precision": self.precision.state()}

    def load_extra(self, state: dict[str, Any]) -> None:
        """Go on with the `extra` of an earlier session."""
        self.precision.load(state.get("precision", {}))

    def step(self, module: nn.Module, inputs: Features, labels: Tensor, number: int, empty: bool | None = None) -> tuple[Tensor, Tensor]:
        """One training step, the `number`th of the run (0, 1, ...): the loss () it was made with, and the logits (B, C, ...) float32.

        module: the whole network, its head where features are kept, or what is behind the kept part. labels: (B,), or (B, H, W) of masks.
        Auxiliary heads add their loss with the recipe's weight. Where every pixel is to be ignored (`empty`; None looks, for which a
        graphics card has to be waited for) no weight moves, only the averages of BatchNorm do.
        """
        if empty is None:
            empty = labels.dim() > 1 and bool((labels == IGNORE).all())
        self.optimizer.zero_grad(set_to_none=True)
        loss, logits = self.descend(module, inputs, labels, empty=empty)
        if empty:
            return loss, logits
        with moving_weights(self.device):
            self.precision.step(self.optimizer, self.learning, self.recipe.optimizer.clip_norm)
        if self.average is not None:
            self.average.update(number)
        return loss, logits

    def descend(self, module: nn.Module, inputs: Features, labels: Tensor, *, empty: bool) -> tuple[Tensor, Tensor]:
        """Add the batch's gradients to those that are there, none where it is empty; in pieces, where that was chosen. Loss and logits
        as `step` gives them."""
        n = len(labels)
        size = self.at_once(n)
        if size >= n:
            return self._forward(module, inputs, labels, 1.0, empty)
        losses, parts = [], []
        for a, b in in_pieces(n, size):
            piece = labels[a:b]
            cut = mapped(lambda tensor, a=a, b=b: tensor[a:b], inputs)  # type: ignore[misc]
            loss, logits = self._forward(module, cut, piece, len(piece) / n, empty)
            losses.append(loss.detach() * (len(piece) / n))
            parts.append(logits.detach())
        return torch.stack(losses).sum(), torch.cat(parts)

    def at_once(self, n: int) -> int:
        """Images of a step of n that go through the network together: as many as were chosen, and no more than the recipe's batch where a
        step is made of several."""
        training = self.recipe.training
        wanted = self.chosen.micro_batch or (training.batch_size if training.accumulate > 1 else n)
        return min(n, wanted, self._most or n)

    def limit(self, images: int) -> None:
        """From now on let at most so many images through at once, because more do not fit into memory, even where that changes the result
        (see `pieces`). 0: no such limit."""
        self._most = images

    def _forward(self, module: nn.Module, inputs: Features, labels: Tensor, share: float, empty: bool) -> tuple[Tensor, Tensor]:
        """One pass forward and back. share: of the step's images."""
        if not self.chosen.channels_last and isinstance(inputs, Tensor):
            inputs = inputs.contiguous()
        module = self.running(module)
        with self.precision.autocast():
            logits, aux = self.network.outputs(module(inputs))
        logits, aux = logits.float(), [extra.float() for extra in aux]
        if labels.dim() > 1:
            logits, aux = resized(logits, labels.shape[-2:]), [resized(extra, labels.shape[-2:]) for extra in aux]
        loss = self.criterion(logits, labels)
        if empty:
            return loss, logits
        total = loss
        for extra in aux:
            total = total + self.recipe.model.aux * self.criterion(extra, labels)
        self.precision.backward(total if share == 1.0 else total * share)
        return total, logits

    @contextmanager
    def rehearsing(self) -> Iterator[None]:
        """Inside, passes in training mode leave no trace: averages of BatchNorm, chance and gradients are afterwards as they were."""
        self.train_mode()
        kept = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        with torch.random.fork_rng([torch.cuda.current_device()] if self.device.type == "cuda" else []):
            try:
                yield
            finally:
                self.optimizer.zero_grad(set_to_none=True)
                with torch.no_grad():
                    for buffer, before in kept:
                        buffer.copy_(before)

    def stand_in(self, module: nn.Module, faster: nn.Module | None) -> None:
        """Have `faster`, of the same weights, run in the steps in place of module; None for the module itself."""
        self._stand_in = None if faster is None else (module, faster)

    def running(self, module: nn.Module) -> nn.Module:
        """What runs in the steps in place of module: itself, where nothing stands in for it."""
        return self._stand_in[1] if self._stand_in is not None and self._stand_in[0] is module else module

    def training_modules(self) -> list[nn.Module]:
        """What is in training mode while it learns."""
        return [child for child, training in self._modes if training]

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

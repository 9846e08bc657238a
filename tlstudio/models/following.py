"""Which layer takes just what another one gives: seen while the network runs."""

from __future__ import annotations

import copy
import functools
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tlstudio.models.network import Network

_MARK = "_given_by"
"""On a tensor: the layer that it comes from, and how often it had been written to by then."""

Asked = Callable[[nn.Module], bool]
Run = Callable[..., None]


@dataclass(frozen=True)
class Followers:
    """pairs: of layers of which the second takes what the first gives, before anybody wrote over it, and no other layer that was asked for
    takes it; the first ran once. ran: how often each layer did. entered: what enters the head."""

    pairs: list[tuple[nn.Module, nn.Module]]
    ran: Counter[nn.Module]
    entered: list[Tensor]


def followers(network: Network, inputs: Tensor, gives: Asked, takes: Asked) -> Followers:
    """inputs: images (B, 3, H, W). Layers that a user hung something on (hooks, parametrizations) are passed over.

    To be called with tensors that count how often they are written to, so not in inference mode. Other threads may use the network.
    """
    ran: Counter[nn.Module] = Counter()
    found: list[tuple[nn.Module, nn.Module]] = []

    def gave(layer: nn.Module, _copy: nn.Module, _given: object, out: Tensor) -> None:
        ran[layer] += 1
        setattr(out, _MARK, (layer, out._version))

    def took(layer: nn.Module, _copy: nn.Module, given: tuple[Tensor, ...]) -> None:
        ran[layer] += 1
        before, version = getattr(given[0], _MARK, (None, 0)) if given else (None, 0)
        if before is not None and version == given[0]._version:
            found.append((before, layer))

    # The hooks hang on copies: whoever uses the network meanwhile, in another thread, does not meet them.
    entered = pytree.tree_leaves(network.twin(dict(_watched(network.module, gives, takes, gave, took))).features(inputs))
    times = Counter(before for before, _ in found)
    return Followers([pair for pair in found if ran[pair[0]] == times[pair[0]] == 1], ran, entered)


def _watched(module: nn.Module, gives: Asked, takes: Asked, gave: Run, took: Run) -> Iterator[tuple[nn.Module, nn.Module]]:
    """What was asked for, each with a copy that tells of what it gave, or was given."""
    for layer in module.modules():
        if hung_with(layer) or not ((giver := gives(layer)) or takes(layer)):
            continue
        watched = copy.copy(layer)
        watched._forward_hooks, watched._forward_pre_hooks = OrderedDict(), OrderedDict()  # of its own
        if giver:
            watched.register_forward_hook(functools.partial(gave, layer))
        else:
            watched.register_forward_pre_hook(functools.partial(took, layer))
        yield layer, watched


def hung_with(layer: nn.Module) -> bool:
    """Whether somebody wants to see or change what goes through the layer, or where its weights come from."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks or "parametrizations" in layer._modules)

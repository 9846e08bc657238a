"""A network in two: what gives the same for the same image in every epoch, and what does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlstudio.control import Tell, silent
from tlstudio.models.network import Network
from tlstudio.training.prefix.boundary import boundary
from tlstudio.training.prefix.check import mismatch, share
from tlstudio.training.prefix.graph import demanded, hot, keys, program
from tlstudio.training.prefix.halves import Crossing, Suffix, back, crossing_of, front
from tlstudio.training.prefix.replay import by_modules
from tlstudio.training.prefix.scenes import Scenes, judged
from tlstudio.training.prefix.tape import FORESEEN, Untraceable

_PICTURES = 4  # one more than the network is looked at with
_LEAST = 0.02  # of the work; less is not worth a pass over all images


@dataclass
class Cut:
    """suffix(*prefix(x)) is network.module(x).

    how: "graph", or "modules" where only whole modules could be kept. prefix: (B, 3, H, W) float on the device to what crosses, each
    (B, ...) contiguous. suffix: see `halves.Suffix`. crossing: what crosses. share: of the multiply-adds of a forward pass that lie in
    the prefix, 0..1. shape: (H, W) of the images. why: only whole modules could be kept, a clause for the user.
    """

    how: str
    prefix: Callable[[Tensor], list[Tensor]]
    suffix: nn.Module
    crossing: tuple[Crossing, ...]
    share: float
    shape: tuple[int, int]
    digest: str = ""
    why: str = ""

    @property
    def bytes_per_image(self) -> int:
        """Of what crosses, as it is computed."""
        return sum(one.numel * one.dtype.itemsize for one in self.crossing)

    def takes(self, shape: tuple[int, int]) -> bool:
        """Whether images of that (H, W) can go through, to be judged."""
        return self.prefix.takes(shape) if isinstance(self.prefix, Scenes) else shape == self.shape


@dataclass(frozen=True)
class NoCut:
    """why: a clause for the user."""

    why: str


def cut(network: Network, shape: tuple[int, int], *, device: torch.device, tell: Tell = silent) -> Cut | NoCut:
    """Cut a network for images of that shape (H, W), as it is frozen and in the modes of training; see `Cut`.

    Its operations are looked at one by one; where their course depends on the images, whole modules are kept instead. Either is taken
    only if it answers and learns as the network does. The network, its averages and torch's random numbers are as before afterwards.
    """
    module = network.module
    # Cards round the products of a convolution to 10 bits (TF32) where they may, each way of computing it elsewhere: that is no mismatch.
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        return _cut(module, shape, device)


def _cut(module: nn.Module, shape: tuple[int, int], device: torch.device) -> Cut | NoCut:
    if all(parameter.requires_grad for parameter in module.parameters()):
        return NoCut("every layer learns")
    pictures = torch.randn(_PICTURES, 3, *shape, generator=torch.Generator().manual_seed(0)).to(device)
    pictures = pictures.contiguous(memory_format=_layout(module))
    why = ""
    for how, way in (("graph", by_graph), ("modules", by_modules)):
        try:
            prefix, suffix, crossing = way(module, pictures[:3])
            wrong = mismatch(module, prefix, suffix, pictures)
        except Untraceable as error:
            why = why or str(error)
            continue
        except FORESEEN as error:
            why = why or f"torch cannot follow it: {type(error).__name__}"
            continue
        if wrong:
            why = why or f"computed in two parts, {wrong}"
            continue
        digest = hashlib.blake2b(f"{prefix.code() if isinstance(prefix, Scenes) else how} {crossing}".encode(), digest_size=16).hexdigest()
        if isinstance(prefix, Scenes):
            prefix.lighten(pictures)
        saved = share(prefix, suffix, pictures[:1])
        if saved < _LEAST:
            return NoCut("nearly everything comes behind the first layer that learns")
        return Cut(how, prefix, suffix, crossing, saved, shape, digest, why)
    return NoCut(why)


def _layout(module: nn.Module) -> torch.memory_format:
    """How the network's weights lie in memory, and so its images."""
    maps = [parameter for parameter in module.parameters() if parameter.dim() == 4 and not parameter.is_contiguous()]
    return torch.channels_last if any(one.is_contiguous(memory_format=torch.channels_last) for one in maps) else torch.contiguous_format


def by_graph(module: nn.Module, x: Tensor) -> tuple[Scenes, Suffix, tuple[Crossing, ...]]:
    """Cut between single operations. x: (3, 3, H, W). Raises Untraceable."""
    learning = program(module, x)
    running = hot(learning)
    with judged(module):
        judging = program(module, x)
    names = keys(learning)
    cold = {names[node]: node for node in learning.nodes if node not in running and node is not learning.answer}
    same = {node: cold[name] for node, name in keys(judging).items() if name in cold and node is not judging.answer}
    behind = {node for node in judging.nodes if node not in same and node is not judging.answer}
    wanted = dict.fromkeys([*demanded(learning, running), *(same[node] for node in demanded(judging, behind))])
    crossing = boundary(learning, list(wanted), set(cold.values()))
    kinds = tuple(crossing_of(learning, node) for node in crossing)
    counterpart = {twin: node for node, twin in same.items()}
    theirs = [counterpart.get(node, node) for node in crossing]
    suffix = Suffix(back(learning, crossing, kinds), back(judging, theirs, kinds), (learning.notes.spec, judging.notes.spec))
    return Scenes(module, x, front(learning, crossing, kinds), suffix, judging, theirs), suffix, kinds

"""What does not learn: strategies as sets of paths, `requires_grad`, BatchNorm kept still, and the proof that nothing moved.

A frozen path names a module (all its parameters and, under the policy eval, its running averages) or one parameter. A parameter
that is shared between modules is frozen as soon as one path covers it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlstudio.models.absent import absent, known_paths
from tlstudio.models.network import Network
from tlstudio.models.structure import above, before, blocks, cover, last_block, parameter_names, without_parameters
from tlstudio.recipe import Frozen, Stages

Policy = Literal["eval", "adapt", "train"]
_ROW, _SMALL = 64, 8192  # words; bytes
_GRADUAL = Stages().steps * Stages().blocks  # blocks that learn in the end, as gradual unfreezing is proposed


def presets(network: Network) -> dict[str, list[str]]:
    """The frozen paths of every strategy that is a preset, by its name: what the layer tree ticks."""
    return presets_of(network.module, network.head_path, network.aux_paths)


def presets_of(module: nn.Module, head_path: str, aux_paths: Collection[str] = ()) -> dict[str, list[str]]:
    """As `presets`, for a module that may lie on the `meta` device.

    head: everything but what is new, that is the head and the last layers of auxiliary heads (aux_paths). last-block: everything
    registered before the last block of the backbone that is not new. gradual: what is frozen in the end, as the recipe's defaults have it.
    """
    new = {head_path, *aux_paths}
    found = blocks(module, head_path, aux_paths)
    backbone = {name for name in parameter_names(module) if new.isdisjoint(above(name))}
    return {
        "head": cover(module, backbone),
        "last-block": cover(module, before(module, last_block(module, head_path), *new)),
        "gradual": found[-_GRADUAL]["frozen"] if len(found) >= _GRADUAL else [],
        "full": [],
        "scratch": [],
    }


def frozen_paths(network: Network, frozen: Frozen) -> tuple[str, ...]:
    """The fewest paths that name what is frozen, and the layers without parameters that belong to the frozen prefix.

    The latter (dropouts and the like up to the first layer that learns, outside the head) make the prefix deterministic, see `hold`.
    Raises InputError naming the nearest for a path that the network has not.
    """
    module = network.module
    paths = _checked(network, frozen.paths) if frozen.strategy == "custom" else presets(network)[frozen.strategy]
    if not paths:
        return ()
    covered = {name for name in parameter_names(module) if not set(paths).isdisjoint(above(name))}
    silent = without_parameters(module, covered, network.head_path)
    return (*paths, *(path for path in silent if set(paths).isdisjoint(above(path))))


def freeze(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> None:
    """Set `requires_grad` of every parameter: False where a path covers it, True elsewhere.

    Under the policy train, scale and shift of a covered BatchNorm learn.
    """
    frozen = _parameters(module, paths, batchnorm)
    for parameter in module.parameters():
        parameter.requires_grad_(id(parameter) not in frozen)


def hold(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> None:
    """Put what is frozen in eval mode; call it after every `module.train()`.

    Held are the modules that a path covers and those whose parameters are all frozen, so that dropout in there is off and BatchNorm
    keeps its averages. Under the policies adapt and train a BatchNorm stays in training mode.
    """
    for held in _held(module, paths, batchnorm):
        held.training = False


def checksums(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> dict[str, str]:
    """BLAKE2b (hex) over the raw bytes of every frozen parameter and buffer, by name.

    Frozen buffers are those of the modules that `hold` keeps in eval mode.
    """
    return {name: _checksum(tensor) for name, tensor in _still(module, paths, batchnorm)}


def moved_since(module: nn.Module, before: dict[str, str]) -> list[str]:
    """Names of the tensors whose checksum is not what it was."""
    state = dict(module.named_parameters()) | dict(module.named_buffers())
    return [name for name, sum_ in before.items() if name not in state or _checksum(state[name]) != sum_]


def still_names(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> set[str]:
    """Names of the tensors that `checksums` looks at."""
    return {name for name, _ in _still(module, paths, batchnorm)}


def values_of(module: nn.Module, names: Collection[str]) -> int:
    """How many numbers the parameters and buffers of those names hold."""
    state = dict(module.named_parameters()) | dict(module.named_buffers())
    return sum(tensor.numel() for name, tensor in state.items() if name in names)


def quick_sums(module: nn.Module, names: Collection[str]) -> dict[str, str]:
    """`quick_sum` of the parameters and buffers of those names, as far as they are there; the device is waited for once."""
    state = dict(module.named_parameters()) | dict(module.named_buffers())
    there = [name for name in state if name in names]
    parts = [_summed(state[name]) for name in there]
    whole = torch.cat([part for of_one in parts for part in of_one]).cpu().numpy() if there else None
    out, at = {}, 0
    for name, of_one in zip(there, parts, strict=True):
        assert whole is not None
        end = at + sum(part.numel() for part in of_one)
        out[name], at = hashlib.blake2b(whole[at:end].data, digest_size=16).hexdigest(), end
    return out


def quick_sum(tensor: Tensor) -> str:
    """A checksum (hex) in a fraction of BLAKE2b's time, most of it computed where the tensor lies: for looking often.

    Its bits as 64-bit words in rows of 64: BLAKE2b over the sums of all rows and of all columns, modulo 2**64; of a small tensor over
    its bits. A change goes unseen only where it cancels out in every row and every column it touches, which takes four words at least.
    """
    return hashlib.blake2b(torch.cat(_summed(tensor)).cpu().numpy().data, digest_size=16).hexdigest()


def _summed(tensor: Tensor) -> list[Tensor]:
    """What `quick_sum` hashes: bytes, where the tensor lies."""
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    if raw.numel() < _SMALL:
        return [raw]
    raw = raw if raw.storage_offset() % 8 == 0 else raw.clone()
    words = raw[: raw.numel() // 8 * 8].view(torch.int64)
    whole = words.numel() // _ROW * _ROW
    table = words[:whole].view(-1, _ROW)
    return [table.sum(0).view(torch.uint8), table.sum(1).view(torch.uint8), raw[whole * 8 :]]


def _still(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> Iterator[tuple[str, Tensor]]:
    """What may not move: frozen parameters, then buffers of modules that are held."""
    paths = tuple(paths)
    parameters = _parameters(module, paths, batchnorm)
    buffers = {id(buffer) for held in _held(module, paths, batchnorm) for buffer in held.buffers(recurse=False)}
    yield from ((name, tensor) for name, tensor in module.named_parameters() if id(tensor) in parameters)
    yield from ((name, tensor) for name, tensor in module.named_buffers() if id(tensor) in buffers)


def digest(sums: dict[str, str]) -> str:
    """One BLAKE2b (hex) over all checksums and their names, whatever their order."""
    out = hashlib.blake2b(digest_size=16)
    for name in sorted(sums):
        out.update(f"{name}={sums[name]}\n".encode())
    return out.hexdigest()


def _checksum(tensor: Tensor) -> str:
    # Every number type as bytes; NumPy does not know them all (bfloat16).
    raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return hashlib.blake2b(raw.data, digest_size=16).hexdigest()


def _covered(module: nn.Module, paths: Iterable[str]) -> set[int]:
    """Ids of the parameters that a path covers."""
    given = set(paths)
    named = module.named_parameters(remove_duplicate=False)
    return {id(parameter) for name, parameter in named if not given.isdisjoint(above(name))}


def _parameters(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> set[int]:
    """Ids of the parameters that do not learn."""
    norms = (child for child in module.modules() if isinstance(child, _BatchNorm)) if batchnorm == "train" else ()
    return _covered(module, paths) - {id(parameter) for norm in norms for parameter in norm.parameters(recurse=False)}


def _held(module: nn.Module, paths: Iterable[str], batchnorm: Policy) -> list[nn.Module]:
    """The modules that are wholly frozen, a BatchNorm only where the policy keeps it still."""
    given = set(paths)
    covered = _covered(module, given)
    by_path = {id(child) for name, child in module.named_modules(remove_duplicate=False) if not given.isdisjoint(above(name))}

    def whole(child: nn.Module) -> bool:
        own = [id(parameter) in covered for parameter in child.parameters()]
        return id(child) in by_path or (bool(own) and all(own))

    return [child for child in module.modules() if whole(child) and (batchnorm == "eval" or not isinstance(child, _BatchNorm))]


def _checked(network: Network, paths: Iterable[str]) -> list[str]:
    """The paths without those that lie inside another one."""
    known, given = known_paths(network), set(paths)
    for path in sorted(given.difference(known)):
        raise absent(network, path, "frozen.paths")
    return [path for path in known if path in given and given.isdisjoint(above(path.rpartition(".")[0]))]

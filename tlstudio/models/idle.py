"""What of a network is of no use for some of its outputs, seen from one forward pass with gradients."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from torch import Tensor, nn


def leaves(*tensors: Tensor) -> set[int]:
    """Ids of the parameters that tensors were computed from."""
    out: set[int] = set()
    todo, known = [tensor.grad_fn for tensor in tensors], set()
    while todo:
        node = todo.pop()
        if node is None or node in known:
            continue
        known.add(node)
        if (leaf := getattr(node, "variable", None)) is not None:
            out.add(id(leaf))
        todo += [one for one, _ in node.next_functions]
    return out


def idle(module: nn.Module, end: str, entered: Collection[int], used: Collection[int]) -> Iterator[str]:
    """The topmost modules that did not run before the end and hold nothing that was used, and unused parameters of the others.

    end: path of the last layer. entered: ids of the modules that ran, used: of the parameters that counted (see `leaves`).
    A layer without weights goes only if it comes behind the end: code that ran may have looked at it.
    """
    needed = {id(one) for one in module.modules() if id(one) in entered or _any(one, used)}
    needed |= {id(one) for one in module.modules() if any(id(inner) in entered for inner in one.modules())}
    behind = False

    def walk(inside: nn.Module, path: str) -> Iterator[str]:
        nonlocal behind
        for name, parameter in inside.named_parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in used:
                yield f"{path}{name}"
        for name, child in inside.named_children():
            if id(child) in needed:
                yield from walk(child, f"{path}{name}.")
            elif behind or next(child.parameters(), None) is not None:
                yield f"{path}{name}"
            behind = behind or f"{path}{name}" == end

    yield from walk(module, "")


def take_out(module: nn.Module, paths: Collection[str]) -> None:
    """Leave out modules and parameters, in place: None stands there, as other code may ask whether they are there."""
    for path in paths:
        parent, _, name = path.rpartition(".")
        setattr(module.get_submodule(parent), name, None)


def _any(module: nn.Module, used: Collection[int]) -> bool:
    return any(id(parameter) in used for parameter in module.parameters())

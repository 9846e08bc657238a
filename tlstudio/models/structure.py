"""Where things are in a network: its head, its last block, what comes before what. Order is that of registration.

Works on modules on any device, `meta` included, and reads nothing but names, shapes and nesting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from torch import nn

# A block this much of the backbone is the trunk itself, to be looked into (maxvit's `blocks`, say).
_TRUNK = 0.9
# With fewer blocks than this there is little to choose from.
_FEW = 3


def above(path: str) -> Iterator[str]:
    """The path itself and all that contain it: "a.b.c", "a.b", "a"."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def parameter_names(module: nn.Module) -> list[str]:
    """Every path that leads to a parameter; a shared one under each of its paths."""
    return [name for name, _ in module.named_parameters(remove_duplicate=False)]


def find_head(module: nn.Module, classes: int) -> str:
    """Path of the last Linear or Conv2d with `classes` outputs that is no auxiliary head; "" if there is none, or no classes."""
    found = ""
    if not classes:
        return found
    for path, child in module.named_modules():
        outputs = child.out_features if isinstance(child, nn.Linear) else child.out_channels if isinstance(child, nn.Conv2d) else 0
        if outputs == classes and "aux" not in path.lower():
            found = path
    return found


def last_block(module: nn.Module, head_path: str) -> str:
    """Path of the last block (stage, layer) of the backbone: resnet's layer4, a transformer's last encoder layer.

    A block holds at least two layers with a weight matrix of their own. From the root down, the last block among the children is
    taken; one that is the only block, or nearly the whole backbone, is looked into. "" where there is none: a network cut short.
    """
    found = _trunk(module, head_path)
    return found[-1] if found else ""


def blocks(module: nn.Module, head_path: str, aux_paths: Collection[str] = ()) -> list[dict[str, Any]]:
    """What the backbone consists of, first to last: [{title, path, frozen}], frozen: what to freeze so that learning begins there.

    They are the neighbours of `last_block`; where those are only one or two, what is in them (cait), or single layers (vgg). One of
    them freezes what the preset last-block freezes. What comes before the first is the item "stem" with path "": everything learns.
    aux_paths: new last layers of auxiliary heads, which are never frozen so.
    """
    found = _trunk(module, head_path)
    if len(found) < _FEW:
        found = [name for path in found for name in _inner(module, head_path, path) or [path]]
    if len(found) < _FEW:
        found = [
            path
            for path, child in module.named_modules()
            if head_path not in above(path) and "aux" not in path.lower() and any(p.dim() >= 2 for p in child.parameters(recurse=False))
        ]
    names = parameter_names(module)
    spans: dict[str, tuple[int, int]] = {}
    for i, name in enumerate(names):
        for path in above(name):
            spans[path] = (spans.get(path, (i, i))[0], i + 1)
    starts = {spans[path][0]: path for path in reversed(found) if path in spans}
    if 0 not in starts:
        starts[0] = ""
    return [
        {"title": path or "stem", "path": path, "frozen": _prefix(module, {head_path, *aux_paths}, spans, start)}
        for start, path in sorted(starts.items())
    ]


def _trunk(module: nn.Module, head_path: str) -> list[str]:
    """Paths of the blocks in order: those beside the last one, and at each level above it those before what was looked into."""
    backbone = _parameters(module) - (_parameters(module.get_submodule(head_path)) if head_path else 0)
    path, passed = "", list[str]()
    while True:
        found = _inner(module, head_path, path)
        if not found:
            return [*passed, path] if path else passed
        passed += found[:-1]
        path = found[-1]
        if len(found) > 1 and _parameters(module.get_submodule(path)) < _TRUNK * backbone:
            return [*passed, path]


def _inner(module: nn.Module, head_path: str, path: str) -> list[str]:
    """The blocks directly inside the module at that path."""
    inside = [(_joined(path, name), child) for name, child in module.get_submodule(path).named_children() if "aux" not in name.lower()]
    return [name for name, child in inside if name != head_path and _matrices(child, head_path, name) >= 2]


def _prefix(module: nn.Module, new: Collection[str], spans: Mapping[str, tuple[int, int]], end: int) -> list[str]:
    """The fewest paths that cover the first `end` parameters, what is new left out: as `cover`, quick enough for every block."""
    out: list[str] = []
    around = {path for one in new for path in above(one)}

    def walk(inside: nn.Module, path: str) -> None:
        own = [_joined(path, name) for name, parameter in inside._parameters.items() if parameter is not None]
        for name in (*own, *(_joined(path, name) for name, _ in inside.named_children())):
            first, last = spans.get(name, (end, end))
            if first >= end or name in new:
                continue
            if last <= end and name not in around:
                out.append(name)
            elif name not in own:
                walk(module.get_submodule(name), name)

    walk(module, "")
    return out


def before(module: nn.Module, path: str, *new: str) -> set[str]:
    """Names of the parameters registered before the module or parameter at that path, those at the paths `new` left out.

    Nothing is before "".
    """
    if not path:
        return set()
    names = parameter_names(module)
    first = next(i for i, name in enumerate(names) if path in above(name))
    return {name for name in names[:first] if set(new).isdisjoint(above(name))}


def cover(module: nn.Module, names: Collection[str]) -> list[str]:
    """The fewest module and parameter paths that cover these parameters and no others, in order."""

    def walk(inside: nn.Module, path: str) -> tuple[bool, list[str]]:
        """Whether everything in here is covered, and by which paths; (True, []) where there is no parameter."""
        whole, paths = True, []
        for name, _ in inside.named_parameters(path, recurse=False, remove_duplicate=False):
            if name in names:
                paths.append(name)
            else:
                whole = False
        for name, child in inside.named_children():
            child_whole, child_paths = walk(child, _joined(path, name))
            whole, paths = whole and child_whole, paths + child_paths
        return whole, [path] if whole and paths and path else paths

    return walk(module, "")[1]


def without_parameters(module: nn.Module, names: Collection[str], head_path: str) -> list[str]:
    """Paths of the layers that have no parameters and lie between or right behind the given parameters, up to the first other one.

    That is: activations, pooling and dropouts of a frozen prefix. What is inside the head is left out.
    """
    out: list[str] = []
    seen = False
    for path, child in module.named_modules(remove_duplicate=False):
        if head_path in above(path):
            continue
        own = [name for name, _ in child.named_parameters(path, recurse=False, remove_duplicate=False)]
        if any(name not in names for name in own):
            break
        seen = seen or bool(own)
        covered = any(one in out for one in above(path))
        if seen and path and not covered and next(child.parameters(), None) is None:
            out.append(path)
    return out


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _matrices(block: nn.Module, head_path: str, path: str) -> int:
    """How many modules in here, the head apart, have a weight of two or more dimensions."""
    return sum(
        any(parameter.dim() >= 2 for parameter in child.parameters(recurse=False))
        for name, child in block.named_modules()
        if head_path not in above(_joined(path, name))
    )


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name

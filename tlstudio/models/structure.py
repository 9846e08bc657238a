"""Where things are in a network: its head, its last block, what comes before what. Order is that of registration.

Works on modules on any device, `meta` included, and reads nothing but names, shapes and nesting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from torch import nn

# A block this much of the backbone is the trunk itself, to be looked into (maxvit's `blocks`, say).
_TRUNK = 0.9


def above(path: str) -> Iterator[str]:
    """The path itself and all that contain it: "a.b.c", "a.b", "a"."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def parameter_names(module: nn.Module) -> list[str]:
    """Every path that leads to a parameter; a shared one under each of its paths."""
    return [name for name, _ in module.named_parameters(remove_duplicate=False)]


def find_head(module: nn.Module, classes: int) -> str:
    """Path of the last Linear or Conv2d with `classes` outputs that is no auxiliary head; "" if there is none."""
    found = ""
    for path, child in module.named_modules():
        outputs = child.out_features if isinstance(child, nn.Linear) else child.out_channels if isinstance(child, nn.Conv2d) else 0
        if outputs == classes and "aux" not in path.lower():
            found = path
    return found


def last_block(module: nn.Module, head_path: str) -> str:
    """Path of the last block (stage, layer) of the backbone: resnet's layer4, a transformer's last encoder layer.

    A block holds at least two layers with a weight matrix of their own. From the root down, the last block among the children is
    taken; one that is the only block, or nearly the whole backbone, is looked into.
    """
    backbone = _parameters(module) - _parameters(module.get_submodule(head_path))
    path, inside = "", module
    while True:
        blocks = [
            (name, child)
            for name, child in inside.named_children()
            if "aux" not in name.lower() and head_path != _joined(path, name) and _matrices(child, head_path, _joined(path, name)) >= 2
        ]
        if not blocks:
            return path
        name, block = blocks[-1]
        path, inside = _joined(path, name), block
        if len(blocks) > 1 and _parameters(block) < _TRUNK * backbone:
            return path


def before(module: nn.Module, path: str) -> set[str]:
    """Names of the parameters registered before the module or parameter at that path."""
    names = parameter_names(module)
    first = next(i for i, name in enumerate(names) if path in above(name))
    return set(names[:first])


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

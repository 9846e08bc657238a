"""What to say of a layer that a network has not."""

from __future__ import annotations

import difflib

from tlstudio.errors import InputError
from tlstudio.models.network import Network
from tlstudio.models.structure import above


def known_paths(network: Network) -> list[str]:
    """The paths of all modules but the root, and of all parameters, in order; what is shared under each of its paths."""
    module = network.module
    modules = [path for path, _ in module.named_modules(remove_duplicate=False) if path]
    return modules + [path for path, _ in module.named_parameters(remove_duplicate=False)]


def absent(network: Network, path: str, where: str) -> InputError:
    """The refusal of a path that the network has not. where: what names it, for the user: "frozen.paths"."""
    what = f"There is no layer '{path}', which {where} names"
    if not set(network.left_out).isdisjoint(above(path)):
        return InputError(
            what, f"in {network.entry.title} it lies behind the cut, model.cut, and is left out", f"Take it out of {where}, or cut later"
        )
    near = difflib.get_close_matches(path, known_paths(network), 1, 0.0)
    do = f"The nearest is '{near[0]}'; or take it out of {where}" if near else f"Take it out of {where}"
    return InputError(what, f"the model is {network.entry.title}", do)

"""The catalogue of models: one file a source, each with `ENTRIES`. Read without importing torch.

To add a source is to add a file here that defines `ENTRIES: list[Entry]` (and `ORDER`, its place in the list).
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil

from tlstudio.errors import InputError
from tlstudio.models.catalogue.entry import IMAGENET_CLASSES, Entry

__all__ = ["IMAGENET_CLASSES", "Entry", "entries", "find"]


@functools.cache
def _registered() -> dict[str, Entry]:
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    sources = [module for name in names if hasattr(module := importlib.import_module(f"{__name__}.{name}"), "ENTRIES")]
    return {entry.name: entry for source in sorted(sources, key=lambda source: source.ORDER) for entry in source.ENTRIES}


def entries() -> list[Entry]:
    """Every model, the bundled ones first, then source by source."""
    return list(_registered().values())


def find(name: str) -> Entry:
    """The model of that name. Raises InputError naming the nearest where there is none."""
    entry = _registered().get(name)
    if entry is not None:
        return entry
    near = difflib.get_close_matches(name.lower(), _registered(), 1, 0.4)
    do = f"The nearest is '{near[0]}'" if near else f"Take one of {', '.join(_registered())}"
    raise InputError(f"There is no model '{name}' in the catalogue", "", do)

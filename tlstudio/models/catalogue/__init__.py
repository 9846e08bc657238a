"""The catalogue of models: one file a source, each with `ENTRIES`. Read without importing torch.

To add a source is to add a file here that defines `ENTRIES: list[Entry]` (and `ORDER`, its place in the list). Another package
adds one by an entry point of the group `tlstudio.models` that names such a list.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib
import logging
import pkgutil
from importlib import metadata

from tlstudio.errors import InputError
from tlstudio.models.catalogue.entry import IMAGENET_CLASSES, Encoder, Entry

__all__ = ["GROUP", "IMAGENET_CLASSES", "Encoder", "Entry", "entries", "find", "problems"]

GROUP = "tlstudio.models"
_TASKS = ("classification", "segmentation")


@functools.cache
def _registered() -> tuple[dict[str, Entry], list[str]]:
    """All models by name, ours first, and a sentence for each source of others that could not be used."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    sources = [module for name in names if hasattr(module := importlib.import_module(f"{__name__}.{name}"), "ENTRIES")]
    known = {entry.name: entry for source in sorted(sources, key=lambda source: source.ORDER) for entry in source.ENTRIES}
    wrong: list[str] = []
    for point in metadata.entry_points(group=GROUP):
        try:
            known = known | {entry.name: entry for entry in _offered(point) if entry.name not in known}
        except (Exception, SystemExit) as error:  # whatever somebody else's code does, the program starts
            wrong.append(f"The model source '{point.name}' ({point.value}) cannot be used: {type(error).__name__}: {error}")
            logging.getLogger(__name__).warning(wrong[-1])
    return known, wrong


def _offered(point: metadata.EntryPoint) -> list[Entry]:
    offered = list(point.load())
    for one in offered:
        if not isinstance(one, Entry):
            raise TypeError(f"a list of Entry is expected, it holds a {type(one).__name__}")
        if one.task not in _TASKS or not isinstance(one.input_size, int):
            raise ValueError(f"{one.name} needs an input_size in pixels and a task, {' or '.join(_TASKS)}")
    return [dataclasses.replace(one, plug_in=point.name) for one in offered]


def entries(task: str = "") -> list[Entry]:
    """Every model, the bundled ones first, then source by source; or those that do a task.

    For segmentation there are besides the models made for it all classification networks that can be encoders.
    """
    known = _registered()[0].values()
    if task != "segmentation":
        return [entry for entry in known if task in ("", entry.task)]
    return [_for_masks(entry) for entry in known if entry.task == task or entry.encoder is not None]


@functools.cache
def _for_masks(entry: Entry) -> Entry:
    return entry if entry.task == "segmentation" else entry.as_encoder()


def problems() -> list[str]:
    """A sentence for each entry point whose models are left out."""
    return list(_registered()[1])


def find(name: str, task: str = "") -> Entry:
    """The model of that name; for the task segmentation a classification network as encoder, see `Entry.as_encoder`.

    Raises InputError naming the nearest where there is none, and for a network that cannot be an encoder.
    """
    entry = _found(name)
    if task != "segmentation" or entry.task == task:
        return entry
    if entry.encoder is None:
        raise _no_encoder(entry)
    return _for_masks(entry)


def _no_encoder(entry: Entry) -> InputError:
    known = _registered()[0]
    twin = known.get(f"timm/{entry.name}")
    if entry.source == "torchvision":
        why = "of torchvision's networks only those made for masks can learn them, of timm's most"
    else:
        why = "it gives no maps of features for pictures of any size"
    fitting = twin.name if twin and twin.encoder else "efficientnet_lite0"
    return InputError(f"{entry.title} cannot learn masks", why, f"Take '{fitting}'; list all with: tlstudio models --task segmentation")


def _found(name: str) -> Entry:
    from tlstudio.models.catalogue import bundled

    for entry in bundled.ENTRIES:  # what every start asks for need not wait for the tables
        if entry.name == name:
            return entry
    known = _registered()[0]
    if name in known:
        return known[name]
    lower = name.lower()
    near = [one for one in (lower, f"timm/{lower}") if one in known] or difflib.get_close_matches(lower, known, 1, 0.6)
    do = f"The nearest is '{near[0]}'" if near else "List them with: tlstudio models"
    raise InputError(f"There is no model '{name}' in the catalogue", "", do)

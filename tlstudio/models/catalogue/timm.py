"""Models of timm, named timm/NAME: one entry an architecture, with the weights that timm takes by default.

The facts are in timm.csv, see rows.py. Weights are files on the Hugging Face hub and go into our own cache.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.models.catalogue import rows
from tlstudio.models.catalogue.entry import Encoder, Entry

if TYPE_CHECKING:
    from torch import Tensor, nn

ORDER = 2
HUB = "https://huggingface.co/"
_FILE = "model.safetensors"


# What transformers are told so that they take images of any size.
ANY_SIZE: dict[str, dict[str, bool]] = {
    "": {},
    "dynamic_img_size": {"dynamic_img_size": True},
    "strict_img_size": {"strict_img_size": False},
}


def _construct(name: str, classes: int, **options: Any) -> Any:
    import timm

    return timm.create_model(name, pretrained=False, num_classes=classes, **options)


def _encoder(row: Mapping[str, str]) -> Encoder | None:
    if not row["reductions"]:
        return None
    construct = functools.partial(_construct, row["name"], **ANY_SIZE[row["any_size"]])
    return Encoder(
        reductions=tuple(map(int, row["reductions"].split())),
        params=int(row["encoder_params"]),
        mult_adds=rows.whole(row["encoder_mult_adds"]),
        constructor=construct,
        dilating=functools.partial(construct, output_stride=16) if row["dilates"] else None,
    )


def _as_timm_does(name: str, classes: int, published: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """The published tensors under today's names: some files need what timm does to them when it loads them.

    A head that is not published is filled with zeros: it is replaced before anything is learned. Raises ValueError where the file
    is that of another model.
    """
    own = module.state_dict()
    state = dict(published)
    if not classes:
        state = {key: tensor.new_zeros(tensor.shape) for key, tensor in own.items() if key not in state} | state
    if own.keys() == state.keys() and all(tensor.shape == own[key].shape for key, tensor in state.items()):
        return state
    import timm

    told = {"state_dict": dict(published)}
    try:
        loaded = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=told, num_classes=classes).state_dict()
    except (RuntimeError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(str(error)) from error
    return {key: loaded[key] if key in loaded else tensor.new_zeros(tensor.shape) for key, tensor in own.items()}


def _entry(row: Mapping[str, str]) -> Entry:
    name, model, classes = row["name"], f"{row['name']}.{row['tag']}", int(row["classes"])
    source = f"timm, results-imagenet.csv, {model} at {row['accuracy_size']} px" if row["accuracy"] else ""
    weights = row["weights"]
    hub = f"timm/{model}" if weights == "hub" else "" if weights.startswith("http") else weights
    return Entry(
        **rows.facts(row),
        name=f"timm/{name}",
        title=name,
        source="timm",
        task="classification",
        accuracy_source=source,
        licence=rows.LICENCES.get(row["licence"], row["licence"]),
        more_heads=tuple(row["more_heads"].split()),
        weights_url=f"{HUB}{hub}/resolve/main/{_FILE}" if hub else weights or None,
        hub=hub,
        cached_as=f"timm/{model}.{weights.rpartition('.')[2] if not hub else 'safetensors'}" if weights else "",
        encoder=_encoder(row),
        constructor=functools.partial(_construct, name),
        rename=functools.partial(_as_timm_does, name, classes),
    )


def _table() -> list[Entry]:
    return [_entry(row) for row in rows.read(Path(__file__).with_suffix(".csv"))]


ENTRIES = _table()

"""A weights file held against a model of the catalogue, before anything is built from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlstudio.errors import sentences
from tlstudio.models import heads
from tlstudio.models.assembly import attach
from tlstudio.models.catalogue import Entry
from tlstudio.models.construction import skeleton
from tlstudio.models.network import body_of
from tlstudio.models.weights import judged, named_for, read


def examine(entry: Entry, file: Path) -> dict[str, Any]:
    """What of a weights file would fit a model of the catalogue as published, found without building it; nothing is changed.

    {fits: whether it is this architecture's file, matched: how many, tensors: how many the network has, missing, unexpected, head:
    names, other_shape: [{name, file: shape, network: shape}], source, sentence}. head: which of those belong to the head, which is
    new in any case. Raises InputError as `weights.read`.
    """
    module, head_path = skeleton(lambda: entry.construct(entry.classes)), entry.head
    state = read(file)
    if entry.role == "encoder":
        end = attach(module, body_of(entry), head=heads.default_for(entry), classes=entry.outputs)
        module, head_path = end.module, end.head_path
    own = module.state_dict()
    state = named_for(state, own, entry, lambda: skeleton(lambda: entry.construct(entry.classes)))
    report, _, refusal = judged(own, state, head_path=head_path, source=str(file), title=entry.title)
    said = report.to_json()
    return {
        "fits": refusal is None,
        "matched": len(report.matched),
        "matched_names": said["matched"],
        "tensors": len(own),
        "missing": said["missed"],
        "unexpected": said["unexpected"],
        "other_shape": said["reshaped"],
        "head": said["head"],
        "source": report.source,
        "sentence": sentences(report.sentence()) if refusal is None else str(refusal),
    }

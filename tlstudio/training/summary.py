"""What came out of a run: the proof that the frozen stayed frozen, and summary.json."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tlstudio.events import FrozenProof, PrefixCached
from tlstudio.models.freezing import digest, values_of
from tlstudio.recipe import Recipe
from tlstudio.training.distributed import ranks
from tlstudio.training.learner import Learner
from tlstudio.training.mask_measure import MeasuredMasks
from tlstudio.training.place import Place
from tlstudio.training.receipt import device_name
from tlstudio.training.setup import Result, Setup


def proof_of(setup: Learner, place: Place) -> FrozenProof:
    """Checksums of every frozen tensor before the first step of the last stage and after its last, with what moved in stages before."""
    before, after = place.frozen, setup.checksums()
    moved = sorted({*place.moved, *(name for name in before if before[name] != after.get(name))})
    return FrozenProof(
        ok=not moved,
        tensors=len(before),
        before=digest(before),
        after=digest(after),
        moved=moved,
        values=values_of(setup.module, before),
    )


def summary_of(
    recipe: Recipe,
    setup: Setup,
    place: Place,
    final: Result,
    proof: FrozenProof,
    reason: str,
    *,
    images_per_second: float | None,
    peak_memory: int,
    kept: Sequence[PrefixCached] = (),
    folded: bool = False,
) -> dict[str, Any]:
    """summary.json. setup: of the last stage. final: the weights of best.safetensors on the validation images. peak_memory: bytes.
    ranks: how many processes trained together. rate_changes: {epoch, step, factor, why} each, see RateChanged.
    at_once: images that fitted into memory, where a batch did not. windows: through which pictures were judged, where they did not fit.

    kept: what was kept of the frozen part in each stage of this session. folded: whether the figures are those of `folded_network`.
    """
    params, learning = setup.params()
    assert place.best is not None
    return {
        "name": recipe.name,
        "task": recipe.data.task,
        "model": recipe.model.name,
        "strategy": recipe.frozen.strategy,
        "best_epoch": place.best["epoch"],
        "epochs": place.epoch + (place.step > 0),
        "metrics": {f"val_{name}": value for name, value in final.figures().items()} | _of_classes(final),
        "seconds": place.elapsed,
        "images_per_second": images_per_second,
        "peak_memory": peak_memory,
        "device": device_name(setup.device),
        "features_kept": any(one.how != "none" for one in kept),
        "kept": [one.to_json() for one in kept],
        "folded": folded,
        "curve": place.curve,
        **{f"n_{split}": setup.n(split) for split in ("train", "val", "test")},
        "params": params,
        "params_learning": learning,
        "frozen_proof": {key: getattr(proof, key) for key in ("ok", "tensors", "values", "before", "after", "moved")},
        "ranks": ranks().size,
        "rate_changes": place.changes,
        "at_once": place.at_once or None,
        "windows": place.windows,
        "reason": reason,
        "ended": time.time(),
    }


def _of_classes(final: Result) -> dict[str, Any]:
    return {"val_iou": {row["name"]: row["iou"] for row in final.per_class()}} if isinstance(final, MeasuredMasks) else {}

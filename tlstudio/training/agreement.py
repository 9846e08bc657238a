"""What ranks that train together settle before the first step, and what a user should know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch

from tlstudio.errors import InputError
from tlstudio.events import Note
from tlstudio.recipe import Recipe
from tlstudio.training.board import here
from tlstudio.training.distributed import ranks
from tlstudio.training.prepare import Images


def lots_of(receipt: dict[str, Any] | None) -> int | None:
    """How many ranks a run began with, by its receipt; None for a new run."""
    return None if receipt is None else int((receipt.get("ranks") or {}).get("size", 1))


def receipt_for_all(receipt: dict[str, Any] | None, device: torch.device, images: Images) -> dict[str, Any] | None:
    """Rank 0's receipt. Raises InputError, on all of them, where the ranks do not see the same images, or have not devices of one kind,
    each its own."""
    together = ranks()
    check_alike([said.split(" ", 2) for said in together.words(f"{device.type} {images.digest()} {_card(device)}")])
    return together.same(lambda: receipt)


def check_alike(said: Sequence[Sequence[str]]) -> None:
    """said: of each rank its kind of device, the digest of its images, its graphics card. Raises InputError."""
    kind, data, _ = said[0]
    cards: dict[str, int] = {}
    for number, (own, seen, card) in enumerate(said, 1):
        if own not in ("cpu", "cuda") or own != kind:
            raise InputError(
                f"Process {number} would train on {own}, the first one on {kind}",
                "several train together on graphics cards of NVIDIA or AMD, one each, or on processors",
                "Start as many as there are cards (--nproc-per-node), or set training.device to cpu",
            )
        if seen != data:
            raise InputError(f"Process {number} does not see the images that the first one sees", "", "Give all machines the same files")
        if card and cards.setdefault(card, number) != number:
            raise InputError(
                f"Processes {cards[card]} and {number} would train on the same graphics card",
                "each needs one of its own",
                "Start as many as there are cards (--nproc-per-node), and let CUDA_VISIBLE_DEVICES name them all",
            )


def _card(device: torch.device) -> str:
    """What tells a graphics card from all others; "" where that is not known, or there is none."""
    if device.type != "cuda":
        return ""
    own = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return "" if own is None else f"{here()} {own}"


def refuse_small(cuts: list[tuple[int, int]]) -> None:
    """Raises InputError where a step has fewer images than there are ranks."""
    least, size = min(end - start for start, end in cuts), ranks().size
    if least < size:
        raise InputError(
            f"A step of {least} {'image' if least == 1 else 'images'} cannot be shared by {size} processes",
            "each needs at least one",
            "Raise training.batch_size, add images, or take fewer processes",
        )


def remarks(recipe: Recipe, device: torch.device, lots: int, moving: Collection[str] = ()) -> Iterator[Note]:
    """lots: how many ranks the run began with. moving: names in the state dict of what moves in any stage."""
    together, batch = ranks(), recipe.training.batch_size * recipe.training.accumulate
    if together.size > 1:
        on = "graphics cards" if device.type == "cuda" else "processes"
        images = f"{batch * lots} images" + (f", {batch} on each" if lots == together.size else "")
        yield Note(message=f"{together.size} {on} train together ({together.backend(device.type)}): a step learns from {images}.")
        if any(name.endswith(".running_mean") for name in moving):
            yield Note(
                message="BatchNorm layers that learn see the images of their own process only, and the averages of the first process are "
                "kept: the result is not quite that of one process with a batch as large."
            )
    if lots != together.size:
        began = f"{lots} processes" if lots > 1 else "one process"
        yield Note(message=f"The run began with {began} and goes on with {together.size}: a step learns from as many images as before.")

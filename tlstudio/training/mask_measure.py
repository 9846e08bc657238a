"""How good the masks of a network are on a set of pictures: the very code behind every epoch, every summary and `evaluate`.

Every picture is judged whole and at its own size; through windows where it is so large, or memory so short, that the network cannot look at
all of it at once, and then always in the same way. What is counted is added up over the whole set, not averaged over pictures: a
class that is in few of them weighs as much as it has pixels there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tlstudio.data.mask_pipeline import Geometry
from tlstudio.data.masks import IGNORE, Labels
from tlstudio.models.network import Network
from tlstudio.training import mask_scores, mask_tiles
from tlstudio.training.distributed import ranks
from tlstudio.training.features import Features, resized, tensors
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.out_of_memory import is_out_of_memory, let_go, too_large
from tlstudio.training.source import View

Sure = NDArray[np.uint8]
Seen = Callable[[int, Labels, Sure, Sure, NDArray[np.int64]], None]
"""Called with a picture's index, its predicted labels, confidence and entropy (H, W), and its confusion (C, C)."""
Pictures = Callable[[], tuple[nn.Module, Iterable[View]]]
"""What looks at the pictures, and they: the network and pictures, or its head and what enters that. From the first one on, each time."""


@dataclass(frozen=True)
class MeasuredMasks:
    """What was measured on n pictures of C classes.

    confusion: (C, C) int64, pixels; rows the truth, columns the prediction. loss: mean cross-entropy of a pixel that counts, nats.
    boundaries: (C, 4) int64, see `mask_scores.boundary_counts`, or None where they were not looked at.
    """

    classes: Sequence[str]
    confusion: NDArray[np.int64]
    loss: float
    n: int
    boundaries: NDArray[np.int64] | None = None
    correct: None = None

    @property
    def mean_iou(self) -> float:
        return mask_scores.mean_iou(self.confusion) or 0.0

    @property
    def metric(self) -> float:
        """What the best epoch is chosen by."""
        return self.mean_iou

    @property
    def accuracy(self) -> float:
        """Share of the pixels that count whose likeliest class is the truth."""
        return mask_scores.pixel_accuracy(self.confusion) or 0.0

    def figures(self) -> dict[str, Any]:
        """For summary.json and `evaluate`."""
        dice = [value for value in mask_scores.dice(self.confusion) if value is not None]
        edges = mask_scores.boundary_f(self.boundaries) if self.boundaries is not None else []
        known = [value for value in edges if value is not None]
        return {
            "mean_iou": self.mean_iou,
            "pixel_accuracy": self.accuracy,
            "mean_dice": sum(dice) / len(dice) if dice else None,
            "boundary_f": sum(known) / len(known) if known else None,
            "loss": self.loss,
            "n": self.n,
        }

    def per_class(self) -> list[dict[str, Any]]:
        """{name, iou, dice, precision, recall, boundary_f, pixels, share} of each class; null where undefined."""
        m, total = self.confusion, max(1, int(self.confusion.sum()))
        edges = mask_scores.boundary_f(self.boundaries) if self.boundaries is not None else [None] * len(self.classes)
        rows = zip(mask_scores.iou(m), mask_scores.dice(m), mask_scores.precision(m), mask_scores.recall(m), edges, m.sum(1), strict=True)
        return [
            {
                **{"name": name, "iou": iou, "dice": dice, "precision": precision, "recall": recall, "boundary_f": edge},
                **{"pixels": int(pixels), "share": int(pixels) / total},
            }
            for name, (iou, dice, precision, recall, edge, pixels) in zip(self.classes, rows, strict=True)
        ]


class _Judged(NamedTuple):
    """surprise: nats, added up over the pixels that count; counted: how many those are. labels, confidence, entropy: `Geometry.judged`."""

    surprise: float
    counted: int
    labels: Labels
    confidence: Sure
    entropy: Sure


def _logits(network: Network, module: nn.Module, inputs: Features, view: tuple[int, int], windows: Windows) -> Tensor:
    """(1, C, h, w) float of a whole view; through windows where it is large, as `predict` does it, so that both say the same."""

    def forward(x: Features) -> Tensor:
        return network.outputs(module(x))[0].float()

    if isinstance(inputs, Tensor) and windows.needed(view):
        return mask_tiles.blended(lambda part: forward(part[None])[0], inputs[0], windows.side)[None].float()
    return resized(forward(inputs), view)


@torch.inference_mode()
def _judged(
    network: Network, module: nn.Module, inputs: Features, geometry: Geometry, truth: Labels, windows: Windows, labels_only: bool
) -> _Judged | str:
    """One picture; what was said where it did not fit into memory."""
    try:
        logits = _logits(network, module, inputs, geometry.view, windows)
        target = torch.from_numpy(geometry.nearest_labels(truth)).to(logits.device).long()[None]
        surprise = float(functional.cross_entropy(logits, target, ignore_index=IGNORE, reduction="sum"))
        return _Judged(surprise, int((target != IGNORE).sum()), *geometry.judged(logits[0], labels_only=labels_only))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return str(error)


def measured_masks(
    network: Network,
    pictures: Pictures,
    classes: Sequence[str],
    *,
    windows: Windows | None = None,
    edges: bool = False,
    wanted: Collection[int] = (),
    seen: Seen | None = None,
    among: Sequence[int] | None = None,
    n: int = 0,
) -> Generator[int, None, MeasuredMasks]:
    """Judge whole pictures; modules already in eval mode. Yields the number of pictures so far, for those who tell how far it is.

    windows: which of them are looked at through windows. They become narrower where one does not fit into memory, and all are judged anew,
    so that figures never come from two ways of looking. edges: also look at boundaries, which takes longer.
    wanted: indices of pictures whose masks `seen` is given. among: of n pictures those that the views are of, where other ranks judge the
    rest of them; what comes out is of all n. Raises StudioError where the smallest windows are too large, and for several ranks where one
    of them would need narrower ones than the others.
    """
    windows, times, told = windows or Windows(), 1 if among is None else ranks().size, 0
    while True:
        confusion = np.zeros((len(classes), len(classes)), np.int64)
        boundaries = np.zeros((len(classes), 4), np.int64) if edges else None
        surprise: dict[int, float] = {}
        counted = done = 0
        short: str | None = None
        module, views = pictures()
        for inputs, geometry, truth in views:
            i = done if among is None else among[done]
            judged = _judged(network, module, inputs, geometry, truth, windows, i not in wanted)
            if isinstance(judged, str):
                short, device, view = judged, tensors(inputs)[0].device, geometry.view
                break
            surprise[i], counted = judged.surprise, counted + judged.counted
            own = mask_scores.confusion(judged.labels, truth, len(classes))
            confusion += own
            if boundaries is not None:
                boundaries += mask_scores.boundary_counts(judged.labels, truth, len(classes))
            if seen is not None and i in wanted:
                seen(i, judged.labels, judged.confidence, judged.entropy, own)
            done += 1
            if (so_far := done if among is None else min(n, done * times)) > told:
                told = so_far
                yield told
        if short is None:
            break
        del inputs, views  # and the pictures that were made ready ahead
        let_go(device)
        if ranks().size > 1 or not windows.narrow(view):
            raise too_large(device, view, short)
    # Picture by picture, so that the sum is the same whoever judged them.
    losses = np.array([surprise.get(i, 0.0) for i in range(done if among is None else n)])
    if among is not None:
        together = ranks()
        confusion, losses, counted = together.total(confusion), together.total(losses), int(together.total(np.array([counted]))[0])
        boundaries = together.total(boundaries) if boundaries is not None else None
    return MeasuredMasks(classes, confusion, sum(losses.tolist()) / max(1, counted), len(losses), boundaries)

"""From what a network says of a view back to the pixels of the picture, and from a mask of the picture to the view."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tlstudio.data.mask_placement import nearest
from tlstudio.data.masks import IGNORE, Labels

# Numbers worked on at once: on a processor they stay in its cache, elsewhere it is calls that cost.
_AT_ONCE = {"cpu": 1 << 18}
_AT_ONCE_ELSEWHERE = 1 << 23
_SMALL = 1 << 23  # up to so many numbers (32 MB) all logits are interpolated at once, which is faster for pictures not larger than the view
_WIDE = 1 << 20  # numbers of the logits that are as wide as the picture but not yet as high


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the whole picture lies in a view of it: in its upper left corner, with padding to the right and below.

    original: height and width of the picture. view: of the view. inner: of the picture within the view. All in pixels.
    """

    original: tuple[int, int]
    view: tuple[int, int]
    inner: tuple[int, int]

    def nearest_labels(self, labels: Labels) -> Labels:
        """A mask of the picture (at any size) as one of the view, (h, w): the nearest label, IGNORE in the padding."""
        out = np.full(self.view, IGNORE, np.uint8)
        rows, columns = (nearest(0, size, inner, size) for size, inner in zip(labels.shape, self.inner, strict=True))
        out[: self.inner[0], : self.inner[1]] = labels[rows][:, columns]
        return out

    def judged(self, logits: torch.Tensor, *, labels_only: bool = False) -> tuple[Labels, NDArray[np.uint8], NDArray[np.uint8]]:
        """What the logits of the view say of every pixel of the picture: labels, confidence and entropy, each (h0, w0) uint8.

        logits: (C, h', w') float on any device, of the whole view at any scale, C at most 255. They are interpolated (bilinear, as torch
        does with align_corners False) to the size of the picture; then softmax, and of equals the first class.
        confidence: probability of that class, 0..255 for 0..1. entropy: of all probabilities, 0..255 for 0..log C.
        labels_only: the two others are of shape (0, 0), which is faster.
        Works through bands of rows, so that far less memory is needed than for logits at the size of the picture.
        """
        parts = (self.original, *(((0, 0), (0, 0)) if labels_only else (self.original, self.original)))
        labels, confidence, entropy = (torch.empty(part, dtype=torch.uint8) for part in parts)
        classes = len(logits)
        # The first of the likeliest classes is the one with the highest code; far faster than argmax over the first dimension.
        codes = torch.arange(classes, 0, -1, dtype=torch.uint8, device=logits.device)[:, None, None]
        most = math.log(max(2, classes))
        with torch.inference_mode():
            for start, stop, x in self._bands(logits.detach()):
                high = x.amax(0)
                x.sub_(high)  # 0 where a class is the likeliest
                label = classes - x.logical_not().view(torch.uint8).mul_(codes).amax(0)
                labels[start:stop] = label.clamp_(max=classes - 1)  # where a network has gone astray (NaN), nothing is the likeliest
                if labels_only:
                    continue
                e = x.exp()
                total = e.sum(0)
                surprise = total.log() - e.mul_(x).sum(0).div_(total)
                confidence[start:stop] = _as_bytes(total.reciprocal_())
                entropy[start:stop] = _as_bytes(surprise.div_(most))
        return labels.numpy(), confidence.numpy(), entropy.numpy()

    def _bands(self, logits: torch.Tensor) -> Iterator[tuple[int, int, torch.Tensor]]:
        """(start, stop, float32 (C, stop - start, w0)): the logits of some rows of the picture, from top to bottom. To be written to."""
        height, width = self.original
        per_row = len(logits) * width
        rows = max(1, _AT_ONCE.get(logits.device.type, _AT_ONCE_ELSEWHERE) // per_row)
        cells_down, cells_across = (n * inner / view for n, inner, view in zip(logits.shape[1:], self.inner, self.view, strict=True))
        logits = logits[:, : _whole_cells(cells_down), : _whole_cells(cells_across)]
        down, across = height / cells_down, width / cells_across
        if per_row * height <= _SMALL:
            all_rows = _interpolated(logits, (height, width), down, across)
            yield from ((start, min(height, start + rows), all_rows[:, start : start + rows]) for start in range(0, height, rows))
            return
        place = ((np.arange(height) + 0.5) / down - 0.5).clip(0, logits.shape[1] - 1)
        upper = place.astype(np.int64)
        lower = np.minimum(upper + 1, logits.shape[1] - 1)
        weight = torch.from_numpy((place - upper).astype(np.float32)).to(logits.device)[:, None]
        begin = 0
        while begin < height:
            # As many source rows as may be held at the width of the picture, and the rows of the picture that need no other.
            first = int(upper[begin])
            end = min(height, int(np.searchsorted(lower, first + max(2, _WIDE // per_row))))
            source = logits[:, first : int(lower[end - 1]) + 1]
            wide = _interpolated(source, (source.shape[1], width), 1.0, across)
            slope = torch.zeros_like(wide)  # from each source row to the next; after the last there is none
            slope[:, :-1] = wide[:, 1:] - wide[:, :-1]
            for start in range(begin, end, rows):
                stop = min(end, start + rows)
                one = int(upper[start])
                if one == upper[stop - 1]:
                    yield start, stop, (slope[:, one - first, None] * weight[start:stop]).add_(wide[:, one - first, None])
                else:
                    at = torch.from_numpy(upper[start:stop] - first).to(logits.device)
                    yield start, stop, slope.index_select(1, at).mul_(weight[start:stop]).add_(wide.index_select(1, at))
            begin = end


def _interpolated(logits: torch.Tensor, size: tuple[int, int], down: float, across: float) -> torch.Tensor:
    """(C, h, w) as float32 (C, *size), that many times as high and wide; torch's `interpolate` would take the factors from the sizes."""
    out: torch.Tensor = torch.ops.aten.upsample_bilinear2d(logits[None].float(), size, False, down, across)[0]
    return out


def _whole_cells(cells: float) -> int:
    """How many cells of the logits lie at least in part in the picture."""
    return math.ceil(cells - 1e-6)


def _as_bytes(share: torch.Tensor) -> torch.Tensor:
    """0..1 as uint8; what is no number as 0."""
    return share.mul_(255).round_().nan_to_num_(0).clamp_(0, 255).to(torch.uint8)

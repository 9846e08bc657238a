"""What the network makes of a few validation images after every epoch, always the same ones: one can watch it learn."""

from __future__ import annotations

import numpy as np

from tlstudio.events import Watched
from tlstudio.training.mask_measure import MeasuredMasks
from tlstudio.training.measure import Measured
from tlstudio.training.prepare import Images

PICTURES, TOP = 8, 5
_SALT = 0x5EE  # so that the choice is not the beginning of another stream of the same seed


class Watching:
    """Of one run. The figures come from the validation that is done anyway; nothing is computed for them but a softmax of eight rows."""

    def __init__(self, images: Images, seed: int) -> None:
        self._images, self._seed = images, seed
        self._places: list[int] | None = None

    def after(self, epoch: int, found: Measured | MeasuredMasks) -> Watched | None:
        """What was found of the chosen images; None where masks are learned: those are kept as pictures."""
        if isinstance(found, MeasuredMasks):
            return None
        report, places = self._images.report, self._images.splits.val
        if self._places is None:
            self._places = chosen([report.items[i].label for i in places], self._seed)
        rows = found.logits[self._places].softmax(1)
        top = rows.topk(min(TOP, rows.shape[1]), dim=1)
        return Watched(
            epoch=epoch,
            paths=[str(report.root / report.items[places[i]].path) for i in self._places],
            truth=found.labels[self._places].tolist(),
            labels=top.indices.tolist(),
            probabilities=[[round(value, 4) for value in row] for row in top.values.tolist()],
        )


def chosen(labels: list[int], seed: int, many: int = PICTURES) -> list[int]:
    """Places of at most `many` images: one class after the other in a drawn order, of each a drawn one, until there are enough."""
    dice = np.random.default_rng([seed, _SALT])
    of_class: dict[int, list[int]] = {}
    for place in dice.permutation(len(labels)).tolist():
        of_class.setdefault(labels[place], []).append(place)
    turns = [of_class[label] for label in sorted(of_class)]
    if len(turns) > many:
        turns = [turns[i] for i in sorted(dice.choice(len(turns), many, replace=False).tolist())]
    rounds = [queue[i] for i in range(many) for queue in turns if i < len(queue)]
    return rounds[:many]

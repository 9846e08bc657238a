"""The verdict on arms that were judged by the same pictures: figures and plain sentences. Pure functions, see `chance` for the figures."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tlstudio.studies import chance, sentences
from tlstudio.studies.chance import Scores

ALPHA = 0.05


@dataclass(frozen=True)
class Judged:
    """What is known of one arm. scores (k, n): of k runs on n pictures, the same pictures for every arm; each 0..1.

    share: of the training images; seconds, epochs: of each run, where known.
    """

    name: str
    scores: Scores
    share: float = 1.0
    changes: Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[str] = ()
    seeds: Sequence[int] = ()
    seconds: Sequence[float] = ()
    epochs: Sequence[int] = ()

    @property
    def usual_seconds(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None


def verdict(arms: Sequence[Judged], *, question: str = "", metric: str = "accuracy", split: str = "val") -> dict[str, Any]:
    """The `verdict` document of arms, in their order; those with the same share of the data are compared."""
    shares = sorted({arm.share for arm in arms})
    pairs = [(a, b) for share in shares for a, b in itertools.combinations([arm for arm in arms if arm.share == share], 2)]
    differences = [chance.difference(a.scores, b.scores) for a, b in pairs]
    corrected = chance.holm([1.0 if one.p is None else one.p for one in differences])
    said = [_pair(a, b, one, p) for (a, b), one, p in zip(pairs, differences, corrected, strict=True)]
    n = arms[0].scores.shape[1] if arms else 0
    main = [i for i, one in enumerate(said) if one["share"] == max(shares)]
    k = max((arm.scores.shape[0] for arm in arms), default=0)
    needs = [chance.needed(spread, n, k) for i in main if (spread := differences[i].spread) is not None]
    arm_rows = [_arm(arm) for arm in arms]
    several = len(shares) > 1
    document = {
        "question": question,
        "metric": metric,
        "split": split,
        "n": n,
        "arms": arm_rows,
        "pairs": said,
        "needed_images": _rounded(max(images for images, _ in needs)) if needs else None,
        "needed_seeds": _rounded(max(seeds for _, seeds in needs)) if needs else None,
        "curve": [{"share": row["share"], "arm": row["name"], "mean": row["accuracy"], "interval": row["interval"]} for row in arm_rows]
        if several
        else [],
    }
    return {
        **document,
        "headline": sentences.headline(document),
        "detail": sentences.detail(document),
    }


def _arm(arm: Judged) -> dict[str, Any]:
    mean, interval = chance.mean(arm.scores)
    return {
        "name": arm.name,
        "share": arm.share,
        "changes": dict(arm.changes),
        "runs": list(arm.runs),
        "seeds": list(arm.seeds),
        "accuracy": mean,
        "interval": None if interval is None else list(interval),
        "each": arm.scores.mean(1).tolist(),
        "seconds": arm.usual_seconds,
        "epochs": statistics.median(arm.epochs) if arm.epochs else None,
    }


def _pair(a: Judged, b: Judged, difference: chance.Difference, p: float) -> dict[str, Any]:
    told = difference.p is not None and p < ALPHA
    verdict = "none" if not told else "better" if difference.value > 0 else "worse"
    seeds = (a.scores.shape[0], b.scores.shape[0])
    alone = difference.p is not None and difference.p < ALPHA  # told apart, had nothing else been compared
    return {
        "a": a.name,
        "b": b.name,
        "share": a.share,
        "difference": difference.value,
        "interval": None if difference.interval is None else list(difference.interval),
        "p": None if difference.p is None else p,
        "verdict": verdict,
        "seeds": list(seeds),
        "sentence": sentences.pair(a.name, b.name, difference.value, difference.interval, verdict, seeds, alone=alone),
        "time": sentences.time(a.name, a.usual_seconds, b.name, b.usual_seconds),
    }


def _rounded(number: int) -> int:
    """Up to two figures: the rest would only look sure."""
    step = int(10 ** max(0, math.floor(math.log10(max(1, number))) - 1))
    return math.ceil(number / step) * step

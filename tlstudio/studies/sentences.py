"""A verdict in words. English, like all that jobs say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LIKE = 1.25  # times are alike up to this ratio


def points(difference: float) -> str:
    """A difference of shares, 0.018 as +1.8."""
    return f"{100 * difference:+.1f}".replace("-0.0", "+0.0")


def interval(low: float, high: float, seeds: Sequence[int]) -> str:
    return f"(95% interval {points(low)} to {points(high)} points, {_seeds(seeds)})"


def _seeds(seeds: Sequence[int]) -> str:
    if set(seeds) == {1}:
        return "one run each"
    return f"{seeds[0]} seeds" if len(set(seeds)) == 1 else " and ".join(str(k) for k in seeds) + " seeds"


def pair(
    a: str, b: str, difference: float, between: tuple[float, float] | None, verdict: str, seeds: Sequence[int], *, alone: bool = False
) -> str:
    """What is said of two arms. alone: they were told apart, had no other pair been looked at."""
    if between is None:
        return f"One picture cannot tell {a} and {b} apart"
    low, high = between
    if verdict == "none":
        sentence = f"No detectable difference between {a} and {b} {interval(low, high, seeds)}"
        return f"{sentence}, as several pairs were looked at" if alone else sentence
    if verdict == "worse":
        a, b, difference, low, high, seeds = b, a, -difference, -high, -low, tuple(reversed(seeds))
    return f"{a} is better than {b} by {100 * difference:.1f} points {interval(low, high, seeds)}"


def time(a: str, seconds_a: float | None, b: str, seconds_b: float | None) -> str:
    if not seconds_a or not seconds_b:
        return ""
    fast, slow = (a, b) if seconds_a <= seconds_b else (b, a)
    ratio = max(seconds_a, seconds_b) / min(seconds_a, seconds_b)
    if ratio < _LIKE:
        return "Both took about as long"
    if 1.8 <= ratio <= 2.2:
        return f"{fast} took half the time"
    return f"{slow} took {ratio:.2g} times as long as {fast}" if ratio < 100 else f"{slow} took {ratio:,.0f} times as long as {fast}"


def headline(verdict: Mapping[str, Any]) -> str:
    """The answer in one sentence."""
    arms, pairs = verdict["arms"], verdict["pairs"]
    if not arms:
        return "Nothing is known yet"
    if not pairs:
        return _one_arm(verdict)
    shares = sorted({one["share"] for one in pairs})
    last = [one for one in pairs if one["share"] == shares[-1]]
    names = [arm["name"] for arm in arms if arm["share"] == shares[-1]]
    if len(names) == 2:
        if len(shares) > 1:
            return _over_shares(pairs)
        return str(last[0]["sentence"]).replace(f"between {names[0]} and {names[1]}", "between the two")
    said = _several(names, {arm["name"]: arm for arm in arms if arm["share"] == shares[-1]}, last)
    return (
        said
        if len(shares) == 1
        else f"With {_share(shares[-1])} of the images: {said[0].lower() if said.startswith('No ') else said[0]}{said[1:]}"
    )


def _one_arm(verdict: Mapping[str, Any]) -> str:
    arm = verdict["arms"][0]
    word = "mean IoU" if verdict["metric"] == "mean_iou" else "accuracy"
    low, high = min(arm["each"]), max(arm["each"])
    if len(verdict["arms"]) > 1:
        return f"There is nothing to compare: no two choices have the same share of the images ({arm['name']} and others)"
    if len(arm["each"]) == 1:
        return f"There is nothing to compare: one run, {word} {_percent(low)}"
    spread = f"{_percent(arm['accuracy'])}, from {_percent(low)} to {_percent(high)}"
    return f"These {len(arm['each'])} runs differ in the seed alone: {word} {spread}"


def _several(names: Sequence[str], arms: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]]) -> str:
    """Of three and more: who is ahead of whom, seen from the one with the best mean."""
    if all(one["verdict"] == "none" for one in pairs):
        seeds = [k for one in pairs for k in one["seeds"]]
        return f"No detectable difference between any of the {len(names)} ({_seeds(seeds if len(set(seeds)) == 1 else [min(seeds)])})"
    top = max(names, key=lambda name: arms[name]["accuracy"])
    beaten: list[tuple[str, float]] = []
    equal: list[tuple[str, float]] = []
    for one in pairs:
        if top in (one["a"], one["b"]):
            other = one["b"] if one["a"] == top else one["a"]
            (equal if one["verdict"] == "none" else beaten).append((other, abs(one["difference"])))
    if not beaten:
        return str(next(one["sentence"] for one in pairs if one["verdict"] != "none"))
    ahead = f"{top} is ahead of {_and([f'{name} by {100 * by:.1f}' for name, by in beaten])} points"
    return ahead + (f"; no detectable difference between {top} and {_and([name for name, _ in equal], 'or')}" if equal else "")


def _over_shares(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Of two arms with several shares of the images."""
    a, b = pairs[0]["a"], pairs[0]["b"]
    parts = []
    for verdict, better, other in (("better", a, b), ("worse", b, a)):
        ones = [one for one in pairs if one["verdict"] == verdict]
        if ones:
            by = _and([f"{100 * abs(one['difference']):.1f} points with {_share(one['share'])}" for one in ones])
            parts.append(f"{better} is better than {other} by {by} of the images")
    none = [one for one in pairs if one["verdict"] == "none"]
    if none:
        if not parts:
            return f"No detectable difference between the two with {_and([_share(one['share']) for one in none])} of the images"
        parts.append(f"no detectable difference with {_and([_share(one['share']) for one in none])}")
    return "; ".join(parts)


def detail(verdict: Mapping[str, Any]) -> str:
    """What one has to know beside it."""
    arms, pairs = verdict["arms"], verdict["pairs"]
    if not arms:
        return ""
    out = []
    kind = {"val": "validation ", "test": "test ", "train": "training "}.get(verdict["split"], "")
    epochs = {arm["epochs"] for arm in arms} - {None}
    if len(epochs) == 1:
        number = epochs.pop()
        had = f"Every run had {number:g} {'epoch' if number == 1 else 'epochs'}"
        out.append(f"{had}, and was judged by its best one on the same {verdict['n']:,} {kind}images.")
    else:
        out.append(f"Every run was judged by its best epoch on the same {verdict['n']:,} {kind}images.")
        if epochs:
            each = ", ".join(f"{arm['name']} {arm['epochs']:g}" for arm in arms if arm["epochs"] is not None)
            out.append(f"They did not all have the same number of epochs: {each}.")
    if verdict["metric"] == "mean_iou":
        out.append("An image counts with the mean IoU of its own classes.")
    largest = max(arm["share"] for arm in arms)
    unclear = any(one["verdict"] == "none" and one["share"] == largest for one in pairs)
    if unclear and verdict["needed_images"] is not None:
        out.append(_needed(verdict["needed_images"], verdict["n"], verdict["needed_seeds"], max(len(arm["each"]) for arm in arms), kind))
    if pairs and any(one["seeds"] == [1, 1] for one in pairs):
        out.append("With one run each, only the choice of images is counted as chance: another seed may give something else.")
    if len(pairs) > 1:
        out.append(f"The p values allow for {len(pairs)} pairs being looked at (Holm); each interval stands for itself.")
    out += [f"{one['time']}." for one in pairs if one["time"] and one["share"] == largest][:3]
    out += _saved(verdict)
    return " ".join(out)


def _needed(images: int, n: int, seeds: int, k: int, kind: str) -> str:
    more = [f"about {images:,} {kind}images"] if images > n else []
    more += [f"about {seeds:,} seeds"] if seeds > k else []
    return f"Telling 1 point apart would need {_and(more)}." if more else "That is enough to tell 1 point apart."


def _saved(verdict: Mapping[str, Any]) -> list[str]:
    """Of two arms: that one needs only a share of the images to come as far as the other with all."""
    shares = sorted({arm["share"] for arm in verdict["arms"]})
    names = list(dict.fromkeys(arm["name"] for arm in verdict["arms"]))
    if len(shares) < 2 or len(names) != 2:
        return []
    mean = {(arm["name"], arm["share"]): arm["accuracy"] for arm in verdict["arms"]}
    for a, b in (names, names[::-1]):
        most = mean.get((b, shares[-1]))
        for share in shares[:-1]:
            got = mean.get((a, share))
            if most is not None and got is not None and got >= most:
                return [
                    f"{a} with {_share(share)} of the images comes to {_percent(got)}, {b} with {_share(shares[-1])} to {_percent(most)}."
                ]
    return []


def _share(share: float) -> str:
    return "all" if share >= 1 else f"{100 * share:g} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _and(words: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]

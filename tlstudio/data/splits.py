"""Which picture is learned from, which judges an epoch, which is kept for the final figure.

Where the data comes split it stays so. What is carved follows from the split seed and the contents of the files alone: not from their
order, their names or the place of the folder.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlstudio.recipe import Data

if TYPE_CHECKING:
    from tlstudio.data.report import DatasetReport

# Sizes from which on a class gives a picture to validation and to test whatever the shares say: learning comes first.
_MIN_FOR_VAL, _MIN_FOR_TEST = 3, 5
_TOGETHER = -1  # stands for the label of pictures that are carved together


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices into the report's items, each list ascending, no index twice."""

    train: list[int]
    val: list[int]
    test: list[int]


def assign(report: DatasetReport, data: Data) -> Splits:
    """The split of the report's items, without the files that `data.exclude` names.

    Carved: stratified by class, rounded by largest remainder over the classes. Every class keeps at least one picture to learn from; one of
    at least 3 gives at least one to validation, one of at least 5 at least one to test (where the share is above 0). Of masks the classes
    that are the rarest of less than 3 pictures are carved together, so that validation and test get their shares; what is in less than
    3 pictures in all stays in training, unless nothing else is there. Files of equal content stay in one split. Given splits are kept;
    without a validation split, that is carved from training by `val_share`; a test split is never carved from given ones. Of what is to be
    learned from, `train_share` is taken: by class, each keeping at least one picture, and the smaller share within the larger.
    """
    left_out = {path.replace("\\", "/") for path in data.exclude}
    items = report.items
    usable = [i for i, item in enumerate(items) if item.path not in left_out]
    if all(items[i].split is None for i in usable):
        return _of_share(report, _carved(report, usable, data.split_seed, data.val_share, data.test_share), data)
    train = [i for i in usable if items[i].split in ("train", None)]
    val = [i for i in usable if items[i].split == "val"]
    test = [i for i in usable if items[i].split == "test"]
    if not any(item.split == "val" for item in items):
        carved = _carved(report, train, data.split_seed, data.val_share, 0.0)
        train, val = carved.train, carved.val
    return _of_share(report, Splits(train, val, test), data)


def _of_share(report: DatasetReport, splits: Splits, data: Data) -> Splits:
    """The split with `data.train_share` of its training pictures.

    They are put in one order, in which every class is spread evenly, and its front is taken: what is in a share is in every larger one.
    """
    if data.train_share >= 1:
        return splits
    by_digest: dict[str, list[int]] = defaultdict(list)
    for i in splits.train:
        by_digest[report.items[i].digest].append(i)
    chance = {d: hashlib.blake2b(f"{data.split_seed}:share:{d}".encode(), digest_size=8).digest() for d in by_digest}
    strata: dict[int, list[str]] = defaultdict(list)
    for digest in sorted(by_digest, key=chance.__getitem__):
        strata[min(report.items[i].label for i in by_digest[digest])].append(digest)
    # The first of each class stands in front of all else. Not of masks: there a label is only the rarest class of a picture.
    first = 0.5 if report.task == "segmentation" else 0.0
    place = {digest: (n + first) / len(of_class) for of_class in strata.values() for n, digest in enumerate(of_class)}
    wanted = max(1 if report.task == "segmentation" else len(strata), round(data.train_share * len(by_digest)))
    taken = sorted(by_digest, key=lambda digest: (place[digest], chance[digest]))[:wanted]
    return Splits(sorted(i for digest in taken for i in by_digest[digest]), splits.val, splits.test)


def _carved(report: DatasetReport, indices: list[int], seed: int, val_share: float, test_share: float) -> Splits:
    by_digest: dict[str, list[int]] = defaultdict(list)
    for i in indices:
        by_digest[report.items[i].digest].append(i)
    groups_of: dict[int, list[list[int]]] = defaultdict(list)  # by class; a group is the files of one content
    order = sorted(by_digest, key=lambda digest: hashlib.blake2b(f"{seed}:{digest}".encode(), digest_size=8).digest())
    for digest in order:
        group = by_digest[digest]
        groups_of[min(report.items[i].label for i in group)].append(group)
    if report.task == "segmentation":
        groups_of = _of_masks(report, groups_of, order, by_digest)
    sizes = {label: sum(map(len, groups)) for label, groups in groups_of.items()}
    val_quota = _quotas(sizes, val_share, _MIN_FOR_VAL)
    test_quota = _quotas(sizes, test_share, _MIN_FOR_TEST)
    if report.task == "segmentation":
        _fill(val_quota, sizes, val_share, _MIN_FOR_VAL)
        _fill(test_quota, sizes, test_share, _MIN_FOR_TEST)
    train: list[int] = []
    val: list[int] = []
    test: list[int] = []
    for label, groups in groups_of.items():
        # From either end, so that moving one share leaves the other's pictures where they are.
        of_val = _taken(groups, val_quota[label])
        rest = [group for n, group in enumerate(groups) if n not in of_val]
        of_test = _taken(rest[::-1], test_quota[label])
        val += [i for n in of_val for i in groups[n]]
        test += [i for n, group in enumerate(rest[::-1]) if n in of_test for i in group]
        train += [i for n, group in enumerate(rest[::-1]) if n not in of_test for i in group]
    return Splits(sorted(train), sorted(val), sorted(test))


def _of_masks(
    report: DatasetReport, groups_of: dict[int, list[list[int]]], order: list[str], by_digest: dict[str, list[int]]
) -> dict[int, list[list[int]]]:
    """Strata of masks. Here a label is only the rarest class of a picture: with many classes and few pictures each may have its own."""
    large = {label: groups for label, groups in groups_of.items() if len(groups) >= _MIN_FOR_VAL}
    small = set(groups_of) - set(large)
    alone = {label for label in small if report.pictures and report.pictures[label] < _MIN_FOR_VAL}
    together = [group for group in (by_digest[digest] for digest in order) if min(report.items[i].label for i in group) in small - alone]
    if not large and len(together) < _MIN_FOR_VAL:
        return {0: [by_digest[digest] for digest in order]}
    kept = {label: groups_of[label] for label in sorted(alone)}
    return {**large, **kept, **({_TOGETHER: together} if together else {})}


def _fill(quotas: dict[int, int], sizes: dict[int, int], share: float, least: int) -> None:
    """Give what strata that are too small for a quota leave over to the others, the least burdened first, which keep half of theirs."""
    missing = round(sum(sizes.values()) * share) - sum(quotas.values())
    for _ in range(missing if share > 0 else 0):
        able = [label for label, size in sizes.items() if size >= least and (quotas[label] + 1) * 2 <= size]
        if not able:
            return
        quotas[min(able, key=lambda label: (quotas[label] / sizes[label], label))] += 1


def _quotas(sizes: dict[int, int], share: float, least: int) -> dict[int, int]:
    """How many of each class: largest remainder, and at least one of a class of `least` or more."""
    if share <= 0:
        return dict.fromkeys(sizes, 0)
    quotas = {label: int(size * share + 1e-9) for label, size in sizes.items()}
    missing = round(sum(sizes.values()) * share) - sum(quotas.values())
    by_remainder = sorted(sizes, key=lambda label: (quotas[label] - sizes[label] * share, label))
    for label in by_remainder[: max(0, missing)]:
        quotas[label] += 1
    return {label: max(1, quota) if sizes[label] >= least else 0 for label, quota in quotas.items()}


def _taken(groups: list[list[int]], quota: int) -> set[int]:
    """Positions of groups that fill the quota without going over it (if none fits: the smallest), one group always left behind."""
    taken: set[int] = set()
    for n, group in enumerate(groups):
        if len(taken) == len(groups) - 1:
            break
        if len(group) <= quota:
            taken.add(n)
            quota -= len(group)
    if not taken and quota and len(groups) > 1:
        taken.add(min(range(len(groups)), key=lambda n: len(groups[n])))
    return taken

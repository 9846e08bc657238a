"""What the pictures of a data set, taken together, are worth a word about: copies, leaks, thin or lopsided classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tlstudio.data.layouts import Layout
from tlstudio.data.report import Item, Problem, counted

FEW_IMAGES = 5
IMBALANCE = 10
SMALL_SIDE = 64  # px; below a quarter or so of what models look at, pictures are mostly made-up pixels


def of_items(root: Path, items: Sequence[Item], classes: Sequence[str]) -> Iterator[Problem]:
    """Copies (same bytes) within a split, across splits, across classes (none for pictures that show several); very small pictures."""
    by_digest: dict[str, list[Item]] = defaultdict(list)
    given = any(item.split is not None for item in items)  # then what is in no split is learned from
    for item in items:
        by_digest[item.digest].append(replace(item, split="train") if given and item.split is None else item)
    for group in by_digest.values():
        if len(group) > 1:
            yield from _copies(root, group, classes)
    small = [item for item in items if min(item.width, item.height) < SMALL_SIDE]
    if len(small) * 2 > len(items):  # then that is how this data set is
        least = min(min(item.width, item.height) for item in small)
        yield Problem(
            "small",
            "",
            f"{len(small):,} of {len(items):,} images have a side below {SMALL_SIDE} pixels ({least} the least); they are enlarged.",
            "info",
        )
        return
    for item in small:
        said = f"The image is small ({item.width} x {item.height} pixels); it is used, but enlarged it will look blurred to the model."
        yield Problem("small", str(root / item.path), said, "info")


def _copies(root: Path, group: Sequence[Item], classes: Sequence[str]) -> Iterator[Problem]:
    first_of = {item.split: item for item in reversed(group)}
    leak = len(first_of) > 1
    labels = sorted({classes[item.label] for item in group}) if classes else []
    conflict = f" Its copies have different classes ({', '.join(labels)}): a conflicting label." if len(labels) > 1 else ""
    for item in group:
        if leak:
            other = next(first for split, first in first_of.items() if split != item.split)
        else:
            other = group[1] if item is group[0] else group[0]
        more = f" and {len(group) - 2} more" if len(group) > 2 else ""
        if leak:
            where = f"in {item.split} and in {other.split} ({other.path}{more})"
            said = f"The same picture is {where}; both are used, so that results look better than they are."
            yield Problem("leak", str(root / item.path), said + conflict, "bad", item.digest)
        else:
            kept = "it is used again" if item.split is not None else "both are used, and stay in the same split"
            said = f"The same picture as {other.path}{more}; {kept}."
            yield Problem("duplicate", str(root / item.path), said + conflict, "bad" if conflict else "warn", item.digest)


def of_splits(layout: Layout, items: Sequence[Item]) -> Iterator[Problem]:
    """Folders named val or test in which there is nothing to use: what is done in their place would go unseen."""
    filled = {item.split for item in items}
    for split, words in (("val", "validation"), ("test", "the final figure")):
        if split in filled or split not in layout.splits:
            continue
        place = layout.splits[split][0]
        why = f"The folder '{Path(place).name}' holds no usable image in the folders of its classes"
        if split == "val" or filled == {None}:
            done = f"a part of the training images is kept aside for {words} instead"
        else:
            done = "there is no test split"
        yield Problem("empty_split", layout.absolute(place), f"{why}; {done}.", "warn")


def of_classes(layout: Layout, items: Sequence[Item], classes: Sequence[str]) -> Iterator[Problem]:
    """Classes that are empty, unknown to training, thin, alone, or far larger than others."""
    counts = Counter((classes[item.label], item.split) for item in items)
    totals = Counter(classes[item.label] for item in items)
    tried = Counter((candidate.label, candidate.split) for candidate in layout.candidates)
    splits = {split for _, split in layout.places}
    for (name, split), place in sorted(layout.places.items(), key=lambda entry: (entry[0][0], entry[0][1] or "")):
        if counts[name, split]:
            continue
        seen = tried[name, split]
        what = f"of its {counted(seen, 'file')} none is a usable image" if seen else "its folder is empty"
        inside = f" in {split}" if split is not None else ""
        done = f"'{name}' is left out of the classes" if not totals[name] else "the other splits still have it"
        yield Problem("empty_class", _place(layout, place), f"The class '{name}' has no images{inside}: {what}; {done}.", "warn")
    trains = "train" in splits
    place_of = {name: place for (name, split), place in layout.places.items() if split in ("train", None)}
    for name in classes:
        path = _place(layout, place_of.get(name, ""))
        learned = counts[name, "train"] if trains else totals[name]
        if trains and not learned:
            said = f"The class '{name}' has {counted(totals[name], 'image')} in val or test but none in train; it cannot be learned."
            yield Problem("untrained_class", path, said, "bad")
        elif learned < FEW_IMAGES:
            said = f"The class '{name}' has only {counted(learned, 'image')} to learn from; have at least {FEW_IMAGES}."
            yield Problem("few_images", path, said, "warn")
    if len(classes) == 1:
        yield Problem(
            "single_class", "", f"There is one class only ('{classes[0]}'); nothing can be told apart. Add a second class.", "bad"
        )
    elif classes:
        (most, high), (least, low) = totals.most_common()[0], totals.most_common()[-1]
        if high >= IMBALANCE * low:
            said = f"The classes are far from balanced ('{most}' has {counted(high, 'image')}, '{least}' {low:,}); it may be favoured."
            yield Problem("imbalance", "", said, "warn")


def _place(layout: Layout, place: str) -> str:
    return layout.absolute(place) if place else ""

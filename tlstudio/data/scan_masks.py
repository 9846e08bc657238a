"""From a layout of pictures and masks to a report: every picture and every mask read once, in threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlstudio.control import Control, Tell
from tlstudio.data import facts, judging, judging_masks, mask_coding, mask_facts, mask_values
from tlstudio.data.drawing import drawn
from tlstudio.data.facts import Facts
from tlstudio.data.layouts.mask_layout import PAIRS, MaskLayout, Pair
from tlstudio.data.looking import Pace, in_threads
from tlstudio.data.mask_facts import MaskFacts
from tlstudio.data.mask_files import packed_one
from tlstudio.data.masks import Coding, own
from tlstudio.data.palettes import default
from tlstudio.data.report import DatasetReport, Item, Problem, counted
from tlstudio.errors import InputError
from tlstudio.recipe import Data

_KEEP_EVERY = 4096  # files after which what is known is written down, so that a cancelled scan was not for nothing


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the two files of a pair told. mask: where its mask is; seen: None where the picture is bad already."""

    pair: Pair
    picture: Facts
    mask: str
    seen: MaskFacts | None


def report(source: Path, layout: MaskLayout, data: Data, max_pixels: int, tell: Tell, control: Control | None) -> DatasetReport:
    """Raises InputError where no pair can be used, Cancelled."""
    seen = _look_at_all(layout, max_pixels, tell, control)
    problems = list(layout.problems)
    whole: list[_Seen] = []
    for one in seen:
        said = judging_masks.of_pair(layout, one.pair, one.picture, one.mask, one.seen)
        if said is None:
            whole.append(one)
        else:
            problems.append(said)
    if not whole:
        raise _nothing_usable(source, layout, problems)
    masks = [one.seen for one in whole if one.seen is not None]
    coding = mask_coding.deduced(layout, masks, data)
    return _report(source, layout, coding, whole, problems)


def _look_at_all(layout: MaskLayout, max_pixels: int, tell: Tell, control: Control | None) -> list[_Seen]:
    """What every pair tells, in their order."""
    memory, mask_memory = facts.Memory(layout.root, Facts), facts.Memory(layout.root, MaskFacts)
    known, known_masks = memory.recall(), mask_memory.recall()
    palette = _palette(layout)
    pace = Pace(2 * len(layout.pairs), tell)

    def look(chunk: Sequence[Pair]) -> list[_Seen]:
        out = []
        for pair in chunk:
            if control is not None:
                control.check()
            picture = facts.look(layout.root / pair.image, max_pixels, known.get(pair.image))
            pace.one_more()
            out.append(_look_at_mask(layout, pair, picture, palette, max_pixels, known_masks))
            pace.one_more()
        return out

    seen: list[_Seen] = []
    fresh: list[tuple[str, Facts]] = []
    fresh_masks: list[tuple[str, MaskFacts]] = []

    def keep() -> None:
        memory.keep(fresh)
        mask_memory.keep(fresh_masks)
        fresh.clear()
        fresh_masks.clear()

    try:
        for _, looked in in_threads(look, layout.pairs, pace):
            for one in looked:
                if one.picture is not known.get(one.pair.image) and one.picture.mtime_ns >= 0:
                    fresh.append((one.pair.image, one.picture))
                if one.seen is not None and one.seen is not known_masks.get(one.mask) and one.seen.mtime_ns >= 0:
                    fresh_masks.append((one.mask, one.seen))
            seen += looked
            if len(fresh) + len(fresh_masks) >= _KEEP_EVERY:
                keep()
    finally:
        if fresh or fresh_masks:
            keep()
    pace.tell()
    memory.forget(known.keys() - {one.pair.image for one in seen})
    mask_memory.forget(known_masks.keys() - {one.mask for one in seen})
    return seen


def _palette(layout: MaskLayout) -> Coding:
    """The coding of masks that are drawn."""
    if not any(pair.shapes for pair in layout.pairs):
        return own([], [])
    colours = default(len(layout.named), background=True)
    return own([one.name for one in layout.named], [one.colour or colour for one, colour in zip(layout.named, colours, strict=True)])


def _look_at_mask(layout: MaskLayout, pair: Pair, picture: Facts, palette: Coding, max_pixels: int, known: dict[str, MaskFacts]) -> _Seen:
    mask = pair.mask
    if picture.problem:
        return _Seen(pair, picture, mask, None)
    if pair.shapes is not None:
        width, height = pair.shapes.size or (picture.width, picture.height)
        if width * height > max_pixels or width < 1 or height < 1:
            said = f"The outlines are made for {width} x {height} pixels, and the picture has {picture.width} x {picture.height}"
            return _Seen(pair, picture, pair.image, MaskFacts(0, -1, max_pixels, "mask_size", said))
        try:
            mask = str(drawn(layout.root, pair.image, pair.shapes, (picture.width, picture.height), palette))
        except (ValueError, TypeError, OverflowError) as error:
            said = f"The outlines of this picture cannot be drawn: {error}"
            return _Seen(pair, picture, pair.image, MaskFacts(0, -1, max_pixels, "mask_value", said))
    return _Seen(pair, picture, mask, mask_facts.look(layout.root / mask, max_pixels, known.get(mask)))


def _report(source: Path, layout: MaskLayout, coding: Coding, whole: Sequence[_Seen], problems: list[Problem]) -> DatasetReport:
    label_of = {packed_one(value): label for label, one in enumerate(coding.classes) for value in one.values()}
    ignore = {packed_one(value) for value in coding.ignore}
    kept: list[tuple[_Seen, Counter[int]]] = []  # with the pixels of each label in it
    beyond: list[tuple[str, list[int]]] = []
    ignored, all_ignored = 0, list[str | None]()
    for one in whole:
        assert one.seen is not None
        counts = mask_values.counts(one.seen, coding)
        strange = [value for value in counts if value not in label_of and value not in ignore]
        said = judging_masks.of_values(layout, one.mask, one.seen, coding, counts, strange)
        shown = Counter[int]()
        for value, n in counts.items():
            if value in label_of:
                shown[label_of[value]] += n
        if said is not None:
            problems.append(said)
            beyond.append((one.mask, strange))
        elif not shown:
            problems.append(judging_masks.only_ignored(layout, one.pair))
            all_ignored.append(one.pair.split)
        else:
            kept.append((one, shown))
            ignored += sum(n for value, n in counts.items() if value in ignore)
    if not kept:
        raise judging_masks.no_class_fits(source, coding, beyond) if beyond else _nothing_usable(source, layout, problems)
    pictures, pixels = Counter[int](), Counter[int]()
    for _, shown in kept:
        pictures.update(shown.keys())
        pixels.update(shown)
    items = [_item(one, min(shown, key=lambda label: (pictures[label], label))) for one, shown in kept]
    problems += judging.of_items(layout.root, items, ())
    problems += judging_masks.of_splits(layout, {item.split for item in items}, all_ignored)
    problems += judging_masks.of_classes(layout, coding, [(item.split, shown.keys()) for item, (_, shown) in zip(items, kept, strict=True)])
    problems += judging_masks.of_all(coding, [one.pair for one, _ in kept], [one.picture for one, _ in kept], [one.seen for one, _ in kept])
    return DatasetReport(
        source=source,
        root=layout.root,
        task="segmentation",
        classes=coding.names,
        items=items,
        problems=problems,
        split_source=layout.split_source,
        files=layout.pictures,
        bytes=sum(one.picture.size + (one.seen.size if one.seen and one.pair.shapes is None else 0) for one, _ in kept),
        coding=coding,
        layout=layout.kind,
        pixels=[pixels[label] for label in range(len(coding.classes))],
        pictures=[pictures[label] for label in range(len(coding.classes))],
        ignored=ignored,
        shown=[dict(shown) for _, shown in kept],
    )


def _item(one: _Seen, label: int) -> Item:
    f = one.picture
    return Item(one.pair.image, label, one.pair.split, f.width, f.height, f.digest, one.mask)


def _nothing_usable(source: Path, layout: MaskLayout, problems: Sequence[Problem]) -> InputError:
    kinds = Counter(problem.kind for problem in problems if problem.level != "info")
    said = ", ".join(f"{n:,} {judging_masks.WORDS.get(kind, kind.replace('_', ' '))}" for kind, n in kinds.most_common(5))
    if not layout.pictures:  # as with lists of VOC that are those of another set
        return InputError(
            f"None of the pictures listed in {source} is there", said, "Mend the lists, or move them away to take all pictures"
        )
    do = "Save the masks as PNG" if kinds["lossy_mask"] else "Mend the masks, or choose another folder" if layout.pairs else PAIRS
    return InputError(f"None of the {counted(layout.pictures, 'picture')} in {source} can be used with its mask", said, do)

"""What masks are worth a word about: one by one, against their pictures and the classes, and all taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from tlstudio.data.facts import Facts
from tlstudio.data.judging import FEW_IMAGES
from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.mask_facts import MaskFacts
from tlstudio.data.mask_files import unpacked
from tlstudio.data.masks import Coding
from tlstudio.data.report import Problem, counted
from tlstudio.errors import InputError

_GREYS = 200  # ignored values from which on they are all that lies between black and white
WORDS = {
    "missing_mask": "without a mask",
    "orphan_mask": "masks without a picture",
    "mask_size": "of another size than their masks",
    "mask_value": "with values that are no class",
    "lossy_mask": "with masks saved as JPEG",
    "only_ignored": "in which all is left out",
    "unreadable": "damaged or unreadable",
    "truncated": "cut short",
    "empty_file": "empty",
    "not_image": "not images",
    "bomb": "above the limit of pixels",
    "missing_file": "not there",
}


def of_pair(layout: MaskLayout, pair: Pair, picture: Facts, mask: str, seen: MaskFacts | None) -> Problem | None:
    """Why a pair is left out whatever the classes are; None for one that can be used."""
    if picture.problem:
        return Problem(picture.problem, layout.absolute(pair.image), f"{picture.sentence}; it is left out.", "bad")
    if seen is None:
        return None
    where = layout.absolute(mask)
    if seen.problem:
        said = seen.sentence.replace("The picture", "The mask", 1)
        return Problem(seen.problem, where, f"{said}; the pair is left out.", "bad")
    if (seen.width, seen.height) != (picture.width, picture.height):
        sizes = f"The mask is {seen.width} x {seen.height} pixels, its picture {picture.width} x {picture.height}"
        if picture.turned and (seen.height, seen.width) == (picture.width, picture.height):
            sizes += ": the size that the picture has before the camera's rotation is applied. Turn the mask like the picture"
        return Problem("mask_size", where, f"{sizes}; the pair is left out.", "bad")
    if seen.lossy and not seen.mended:
        said = "The mask is saved as JPEG, which blurs the borders of classes into values that are no class"
        return Problem(
            "lossy_mask", where, f"{said} ({counted(seen.values, 'value')} in all); the pair is left out. Save it as PNG.", "bad"
        )
    return None


def of_values(
    layout: MaskLayout, mask: str, seen: MaskFacts, coding: Coding, counts: dict[int, int], strange: Sequence[int]
) -> Problem | None:
    """Why a mask is left out that holds values which are no class and not ignored."""
    n = len(coding.classes)
    if coding.kind == "index" and seen.form == "rgb":
        said = f"The mask is coloured ({counted(seen.values, 'colour')}), while the others hold numbers; the pair is left out."
    elif not strange and seen.values <= len(seen.pixels()):  # two indices of a palette may be of one colour
        return None
    elif coding.kind == "rgb":
        example = ", ".join(map(str, unpacked(max(strange, key=counts.__getitem__)))) if strange else "and many others"
        said = f"The mask has {counted(max(len(strange), 1), 'colour')} that none of the {n} classes has (such as {example})"
        said += "; the pair is left out. Name the colour in class_dict.csv, or save the mask without smoothing."
    elif max(strange, default=0) > 255:
        fit = f"which do not fit into {counted(n, 'class', 'classes')}"
        said = f"The mask has 16 bits or more, with values up to {max(strange):,}, {fit}; the pair is left out."
        said += " Number the classes from 0."
    else:
        first = min(strange)
        values = f"value {first}" if len(strange) == 1 else f"values {', '.join(map(str, strange[:5]))}{' ...' if len(strange) > 5 else ''}"
        pixels = counted(sum(counts[value] for value in strange), "pixel")
        said = f"The mask holds {values} of {counted(n, 'class', 'classes')} ({pixels} that are no class); the pair is left out. "
        said += f"Mend the mask, name the class, or put {first} into data.ignore."
    return Problem("mask_value", layout.absolute(mask), said, "bad")


def only_ignored(layout: MaskLayout, pair: Pair) -> Problem:
    said = "All pixels of its mask are left out by the ignored values, so that there is nothing to learn; the picture is left out."
    return Problem("only_ignored", layout.absolute(pair.image), said, "warn")


def no_class_fits(source: Path, coding: Coding, beyond: Sequence[tuple[str, list[int]]]) -> InputError:
    """For when every mask holds something that is no class: then rather the names are wrong."""
    common = Counter(value for _, values in beyond for value in values).most_common(3)
    n = len(coding.classes)
    if not common or coding.kind == "rgb":
        colours = "; ".join(", ".join(map(str, unpacked(value))) for value, _ in common)
        why = f"colours such as {colours} are none of the {n} classes" if common else "they hold colours, not numbers"
        return InputError(f"None of the masks in {source} can be used", why, "Name every colour in a class_dict.csv (name,r,g,b)")
    values = ", ".join(str(value) for value, _ in common)
    classes = f"{counted(n, 'class', 'classes')} ({', '.join(coding.names[:6])}{' ...' if n > 6 else ''})"
    why = f"they hold the value{'s' if len(common) > 1 else ''} {values}, but there {'is' if n == 1 else 'are'} {classes}"
    return InputError(f"None of the masks in {source} can be used", why, f"Name all classes, or put {values} into data.ignore")


def of_splits(layout: MaskLayout, filled: Collection[str | None], ignored: Collection[str | None]) -> Iterator[Problem]:
    """Given splits of which no pair can be used: what is done in their place would go unseen.

    filled: splits with pairs that can be used; ignored: the split of each pair whose mask holds nothing but ignored pixels.
    """
    for split in ("train", "val", "test"):
        n = sum(pair.split == split for pair in layout.pairs)
        if split in filled or not n:
            continue
        if split == "train":
            lost = Counter(ignored)["train"]
            why = f"{'all' if lost == n else f'{lost:,} of the'} {counted(n, 'mask')} of train hold nothing but ignored pixels"
            said = f"Nothing is left to learn from: {why if lost else 'no picture of train can be used with its mask'}."
            yield Problem("empty_split", "", said, "bad")
            continue
        done = "a part of the training images is kept aside instead" if split == "val" else "there is no test split"
        yield Problem("empty_split", "", f"No picture of {split} can be used with its mask; {done}.", "warn")


def of_classes(layout: MaskLayout, coding: Coding, shown: Iterable[tuple[str | None, Collection[int]]]) -> Iterator[Problem]:
    """Classes that no mask shows, that training does not, that few do; a class alone. shown: split and labels of each picture."""
    learned, total = Counter[int](), Counter[int]()
    for split, labels in shown:
        total.update(labels)
        if split in ("train", None):
            learned.update(labels)
    by = layout.absolute(layout.named_by) if layout.named_by else ""
    unused = [name for label, name in enumerate(coding.names) if not total[label]]
    if unused:
        said = f"No mask shows {counted(len(unused), 'class', 'classes')}: {', '.join(unused)}. They stay, but cannot be learned."
        yield Problem("unused_class", by, said, "warn")
    for label, name in enumerate(coding.names):
        if total[label] and not learned[label]:
            said = f"The class '{name}' is in {counted(total[label], 'picture')} of val or test but in none of train; it cannot be learned."
            yield Problem("untrained_class", "", said, "bad")
        elif 0 < learned[label] < FEW_IMAGES:
            said = f"The class '{name}' is in {counted(learned[label], 'picture')} only to learn from; have at least {FEW_IMAGES}."
            yield Problem("few_images", "", said, "warn")
    if len(coding.classes) == 1:
        said = f"There is one class only ('{coding.names[0]}'); nothing can be told apart. Add a second class."
        yield Problem("single_class", "", said, "bad")


def of_all(coding: Coding, pairs: Sequence[Pair], pictures: Sequence[Facts], masks: Sequence[MaskFacts | None]) -> Iterator[Problem]:
    """What is said once: corrected masks, photos that were turned, masks that were black and white before they became something else."""
    corrected = sum(pair.corrected for pair in pairs)
    if corrected:
        said = f"Corrected masks are taken in place of the originals: {counted(corrected, 'picture')}."
        yield Problem("corrected", "", said, "info")
    turned = sum(picture.turned for picture in pictures)
    if turned:
        yield Problem("rotated", "", f"Turned by the camera, and set upright when read: {counted(turned, 'photo')}.", "info")
    mended = sum(mask is not None and mask.mended for mask in masks)
    if mended:
        said = f"Saved as JPEG, which changes values; read as black and white: {counted(mended, 'mask')}. Save masks as PNG."
        yield Problem("lossy_mask", "", said, "warn")
    if any(one.also for one in coding.classes):
        said = "The masks number the objects of each picture (1, 2, 3 and so on); all objects are taken for one class."
        yield Problem("numbered_objects", "", f"{said} If they are classes, name them in classes.txt.", "warn")
    if len(coding.ignore) > _GREYS:
        said = "The masks are black and white with smoothed borders; the greys between are left out, since they are neither."
        yield Problem("smoothed_mask", "", f"{said} Save masks without smoothing.", "warn")

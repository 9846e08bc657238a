"""What the masks of a data set hold, all taken together, before anybody says what it means."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tlstudio.data.mask_facts import MaskFacts
from tlstudio.data.masks import IGNORE, Coding

MANY = 16
"""Values: more than most sets of masks have."""

_LEAST_FOR_OBJECTS = 8  # masks


@dataclass(slots=True)
class Values:
    """All masks together: pixels and masks of each value, the commonest colour of each palette index."""

    pixels: Counter[int] = field(default_factory=Counter)
    masks: Counter[int] = field(default_factory=Counter)
    colours: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Iterable[dict[int, int]]) -> Values:
        out = cls()
        for pixels in counts:
            out.pixels.update(pixels)
            out.masks.update(pixels.keys())
        return out


def counts(mask: MaskFacts, coding: Coding) -> dict[int, int]:
    """Pixels of each value in a mask, as the coding tells them (colours packed)."""
    return colours_of(mask) if coding.kind == "rgb" else numbers_of(mask)


def numbers_of(mask: MaskFacts) -> dict[int, int]:
    """Pixels of each number in a mask whose colours, if it has any, are grey."""
    pixels = mask.pixels()
    return {value & 255: n for value, n in pixels.items()} if mask.form == "grey" else pixels


def colours_of(mask: MaskFacts) -> dict[int, int]:
    """Pixels of each packed colour, palettes looked up, numbers as greys."""
    pixels = mask.pixels()
    if mask.form in ("rgb", "grey"):
        return pixels
    palette, out = mask.palette(), Counter[int]()
    for value, n in pixels.items():
        out[palette.get(value, min(max(value, 0), 255) * 0x010101)] += n
    return out


def alike(found: Sequence[MaskFacts]) -> Sequence[MaskFacts]:
    """Without masks that hold many times the values of the others: such a mask is damaged, and its values are no classes."""
    usual = statistics.median_low([mask.values for mask in found])
    return [mask for mask in found if mask.values <= max(MANY, 4 * usual)]


def palettes_differ(found: Sequence[MaskFacts]) -> bool:
    """Whether the same few colours have other indices in other masks, as programs that make a palette for each file leave them (GIF)."""
    if not all(mask.form == "palette" for mask in found):
        return False
    pairs = {(value, colour) for mask in found for value, colour in mask.palette().items()}
    indices, colours = {value for value, _ in pairs}, {colour for _, colour in pairs}
    return len(pairs) > len(indices) >= len(colours)


def are_objects(found: Sequence[MaskFacts]) -> bool:
    """Whether masks number the objects of each picture: each holds just 0, 1, ..., k, with k that differs from picture to picture."""
    highest = Counter[int]()
    for mask in found:
        values = [value for value in numbers_of(mask) if value != IGNORE]
        if values != list(range(len(values))):
            return False
        highest[len(values) - 1] += 1
    several = len(found) >= _LEAST_FOR_OBJECTS and len(highest) >= 3 and max(highest) > 3
    return several and highest[max(highest)] * 4 < len(found)

"""Colours of classes whose data does not say any, and which classes are not coloured at all. Numbers only: needs neither torch nor Qt."""

from __future__ import annotations

from collections.abc import Sequence

Colour = tuple[int, int, int]

OKABE_ITO: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""Told apart by the colour-blind too (Okabe and Ito, https://jfly.uni-koeln.de/color/)."""

_GROUND = frozenset({"background", "bg", "void", "unlabeled", "unlabelled", "none"})


def is_background(name: str) -> bool:
    """Whether a class is called what is called in data sets what belongs to no class; underscores around it do not count."""
    return name.strip().strip("_").casefold() in _GROUND


def left_clear(names: Sequence[str]) -> frozenset[int]:
    """The labels over which nothing is drawn, so that the picture is seen there: background, where there is something else."""
    ground = frozenset(label for label, name in enumerate(names) if is_background(name))
    return ground if len(ground) < len(names) else frozenset()


def voc(label: int) -> Colour:
    """The colour of a label in PASCAL VOC's palette: its bits dealt out to red, green and blue, the highest first."""
    red = green = blue = 0
    for place in range(7, -1, -1):
        red |= (label & 1) << place
        green |= (label >> 1 & 1) << place
        blue |= (label >> 2 & 1) << place
        label >>= 3
    return red, green, blue


def default(classes: int, *, background: bool) -> list[Colour]:
    """A colour for each class, no two alike: black for a background, Okabe-Ito's seven, then those of VOC."""
    first = [(0, 0, 0)] if background else []
    rest = [colour for label in range(1, 256) if (colour := voc(label)) not in OKABE_ITO]
    return [*first, *OKABE_ITO, *rest][:classes]

"""From the values that the masks of a data set hold, and from what names them, to its classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tlstudio.data import palettes
from tlstudio.data.layouts.mask_layout import MaskLayout, Named
from tlstudio.data.mask_facts import MaskFacts
from tlstudio.data.mask_files import unpacked
from tlstudio.data.mask_values import MANY, Values, alike, are_objects, colours_of, numbers_of, palettes_differ
from tlstudio.data.masks import IGNORE, MAX_CLASSES, Coding, MaskClass, Value
from tlstudio.errors import InputError
from tlstudio.recipe import Data

_BLACK_AND_WHITE = 0.9  # share of pixels
_LEAST_FOR_LONE = 5  # masks from which on a value that only one of them has, far beyond all others, is taken for a slip


def deduced(layout: MaskLayout, found: Sequence[MaskFacts], data: Data) -> Coding:
    """The coding of masks that can be read, of which there is at least one. Raises InputError where they can be of no classes."""
    named = _named(layout, data)
    found = alike(found)
    coloured = [mask for mask in found if mask.form in ("rgb", "grey")]
    if len(coloured) * 2 > len(found) and (any(mask.form == "rgb" for mask in coloured) or _are_greys(named)):
        return _of_colours(Values.of(map(colours_of, found)), named, layout, data)
    if palettes_differ(found):
        return _of_colours(Values.of(map(colours_of, found)), named, layout, data)
    values = Values.of(map(numbers_of, (mask for mask in found if mask.form != "rgb")))
    for mask in found:
        values.colours.update(mask.palette())
    if len(named) in (0, 2) and not any(one.value is not None for one in named) and data.ignore == (255,) and are_objects(found):
        return _of_objects(named)
    return _of_numbers(values, named, layout, data)


def _of_objects(named: Sequence[Named]) -> Coding:
    """All objects as one class."""
    below, above = [one.name for one in named] or ["background", "foreground"]
    colours = [one.colour or own for one, own in zip(named, palettes.default(2, background=True), strict=False)]
    colours = colours or palettes.default(2, background=True)
    also = tuple(value for value in range(2, 256) if value != IGNORE)
    return Coding("index", (MaskClass(below, 0, colours[0]), MaskClass(above, 1, colours[1], also)), (IGNORE,))


def _named(layout: MaskLayout, data: Data) -> list[Named]:
    """The names of the recipe, with values and colours of the file where that names as many."""
    if not data.class_names:
        return list(layout.named)
    if len({name.strip() for name in data.class_names} - {""}) < len(data.class_names):
        why = "names tell the classes in every figure and every list"
        raise InputError("A name in data.class_names is empty, or stands there twice", why, "Give each class a name of its own")
    if len(layout.named) == len(data.class_names):
        return [replace(one, name=name) for one, name in zip(layout.named, data.class_names, strict=True)]
    return [Named(name) for name in data.class_names]


def _are_greys(named: Sequence[Named]) -> bool:
    """Whether classes are told by grey colours alone, as black and white."""
    colours = {one.colour for one in named if one.value is None}
    return len(colours) == len(named) > 0 and all(colour is not None and len(set(colour)) == 1 for colour in colours)


def _of_numbers(values: Values, named: list[Named], layout: MaskLayout, data: Data) -> Coding:
    ignore = {*data.ignore, *layout.ignore}
    if data.ignore == (255,) and 255 not in layout.ignore:
        if white := _white(values, named):
            ignore = {value for value in range(1, 256) if value != white}
        elif _is_level(values, named):
            ignore.discard(255)
    free = sorted(value for value in values.pixels if value not in ignore)
    if not any(one.value is not None for one in named):
        named = _by_palette(named, values, free) or _numbered(named, free)
    if not named and set(free) <= {one.value for one in layout.fallback} and free != [0, 1]:  # that is one thing and its background
        named = _two_of_many(layout.fallback, free)
    elif layout.kind == "cityscapes" and not data.class_names:
        named = _two_of_many(named, free)
    if not named:
        named = _unnamed(values, free)
    named = sorted((one for one in named if one.value is not None and one.value not in ignore), key=lambda one: one.value or 0)
    if len(named) > MAX_CLASSES:
        raise _too_many(layout, f"{len(named):,} classes")
    if not named:
        raise InputError(f"The masks in {layout.root} show no class", "all their values are left out by data.ignore", "Change data.ignore")
    return Coding("index", _with_colours(named, values.colours), tuple(sorted(ignore)))


def _two_of_many(known: Sequence[Named], free: Sequence[int]) -> list[Named]:
    """A well-known list of classes; of a set with only two of them those, for the others would be answered here and there, and never be
    right."""
    two = [one for one in known if one.value in free]
    return two if len(two) == len(free) == 2 else list(known)


def _white(values: Values, named: Sequence[Named]) -> int:
    """The white of masks in black and white whose borders were smoothed, which left greys between them that are neither; else 0."""
    if values.colours or len(values.pixels) < MANY or len(named) not in (0, 2) or any(one.value is not None for one in named):
        return 0
    (first, n), (second, m) = values.pixels.most_common(2)
    white = max(first, second)
    clear = min(first, second) == 0 and 128 <= white <= 255 and white == max(values.pixels)
    return white if clear and (n + m) >= _BLACK_AND_WHITE * values.pixels.total() else 0


def _is_level(values: Values, named: Sequence[Named]) -> bool:
    """Whether 255 is a class, white, not what is left out: as with black, with evenly spread greys, or where it is named."""
    if any(one.value == 255 for one in named):
        return True
    found = sorted(values.pixels)
    if 255 not in found or found[0] != 0:
        return False
    steps = len(found) - 1
    return all(abs(value - 255 * i / steps) <= 2 for i, value in enumerate(found))


def _by_palette(named: Sequence[Named], values: Values, free: Sequence[int]) -> list[Named]:
    """Names by the colours of a palette, whose order may differ from that of the names; [] where not all its colours are named."""
    place = {one.colour: i for i, one in enumerate(named) if one.colour is not None}
    colours = {value: unpacked(values.colours[value]) for value in free if value in values.colours}
    if len(place) != len(named) or len(colours) < len(free) or not colours or not place.keys() >= set(colours.values()):
        return []
    value_of = {place[colour]: value for value, colour in colours.items()}
    if len(value_of) < len(colours):
        return []
    rest = iter(value for value in range(len(named) + 256) if value not in colours)
    return [replace(one, value=value_of[i] if i in value_of else next(rest)) for i, one in enumerate(named)]


def _numbered(named: Sequence[Named], free: Sequence[int]) -> list[Named]:
    """Names in the order of the values: 0, 1, ...; or the values found, where they are as many and plainly meant."""
    n = len(named)
    beyond = sum(not 0 <= value < n for value in free)
    from_one = list(free) == list(range(1, n + 1))
    spread = n > 1 and len(free) == n and all(abs(value - free[-1] * i / (n - 1)) <= 2 for i, value in enumerate(free))
    if beyond and len(free) == n and (from_one or spread or n <= 2 or beyond * 2 > n):
        return [replace(one, value=value) for one, value in zip(named, free, strict=True)]
    return [replace(one, value=i) for i, one in enumerate(named)]


def _unnamed(values: Values, free: Sequence[int]) -> list[Named]:
    if len(free) == 2 and free[0] == 0:
        return [Named("background", 0), Named("foreground", free[1])]
    small = [value for value in free if 0 <= value <= 255]
    lone = _lone(values, small)
    return [Named(f"class {value}", value) for value in small if value not in lone]


def _lone(values: Values, free: Sequence[int]) -> set[int]:
    """Values far beyond 0, 1, ..., m that only one of many masks has: a slip of the hand, which would else become classes."""
    run = 0
    while run < len(free) and free[run] == run:
        run += 1
    rest = free[run:]
    far = run >= 2 and bool(rest) and rest[0] > run + max(4, run // 2)
    alone = len(rest) <= 2 and all(values.masks[value] == 1 for value in rest)
    return set(rest) if far and alone and values.masks[0] >= _LEAST_FOR_LONE else set()


def _with_colours(named: Sequence[Named], palette: dict[int, int]) -> tuple[MaskClass, ...]:
    """Each class with the colour that it is said to have, or has in the palette, or else one of its own."""
    own = palettes.default(len(named), background=palettes.is_background(named[0].name))
    of_palette = [unpacked(palette[one.value]) if one.value in palette else None for one in named if one.value is not None]
    if len(set(of_palette)) < len(named) or all(colour is None or len(set(colour)) == 1 for colour in of_palette):
        of_palette = [None] * len(named)  # greys, or the same colour twice: not meant to tell classes
    pairs = zip(named, of_palette, own, strict=True)
    return tuple(MaskClass(one.name, one.value or 0, one.colour or shown or default) for one, shown, default in pairs)


def _of_colours(values: Values, named: list[Named], layout: MaskLayout, data: Data) -> Coding:
    found = sorted(values.pixels)
    coloured = [one for one in named if one.colour is not None]
    if not coloured:
        if len(found) > MAX_CLASSES:
            raise _too_many(layout, f"{len(found):,} colours or more")
        if named and len(named) != len(found):
            where = "data.class_names" if data.class_names else layout.named_by
            raise InputError(
                f"The masks in {layout.root} have {len(found)} colours, but {where} names {len(named)} classes",
                "nothing says which colour is which class",
                "Put a class_dict.csv with the columns name,r,g,b beside the masks",
            )
        names = [one.name for one in named] or (["background", "foreground"] if len(found) == 2 and found[0] == 0 else [])
        names = names or [f"class {i}" for i in range(len(found))]
        coloured = [Named(name, None, unpacked(colour)) for name, colour in zip(names, found, strict=True)]
    left_out = set(data.ignore) if data.ignore != (255,) else set[int]()  # places in the list of colours
    ignore: list[Value] = [one.colour for i, one in enumerate(coloured) if i in left_out and one.colour is not None]
    classes = [
        MaskClass(one.name, one.colour, one.colour) for i, one in enumerate(coloured) if i not in left_out and one.colour is not None
    ]
    if len(classes) > MAX_CLASSES:
        raise _too_many(layout, f"{len(classes):,} classes")
    if not classes:
        raise InputError(f"The masks in {layout.root} show no class", "all their colours are left out by data.ignore", "Change data.ignore")
    return Coding("rgb", tuple(classes), tuple(ignore))


def _too_many(layout: MaskLayout, what: str) -> InputError:
    return InputError(
        f"The masks in {layout.root} hold {what}",
        f"there can be {MAX_CLASSES}; more come from smoothing, from lossy saving, or from numbering objects",
        "Save masks as PNG with one value or colour for each class, and name the classes in classes.txt or class_dict.csv",
    )

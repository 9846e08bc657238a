"""A tile with other colours, in the memory of the images that it has, is what it would be if it were painted for the first time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from tests.gui.overlay import plainly
from tlstudio.gui.overlay.colour_tables import Table, class_table, difference_table
from tlstudio.gui.overlay.distinct import MANY, Distinct
from tlstudio.gui.overlay.layers import Layer, layer
from tlstudio.gui.overlay.paint import colour
from tlstudio.gui.overlay.picture import ClassLook, Look

N, MARGIN, SIZE = 9, 2, (20, 26)
LOOK = Look(tuple(ClassLook(f"{i}", QColor.fromHsv(35 * i, 200, 220), i % 2 == 1) for i in range(N)))


def samples(per: int, seed: int = 3, *, noise: bool = False) -> np.ndarray:
    random = np.random.default_rng(seed)
    if noise:  # more different groups of pixels than are worth looking up
        return random.integers(0, N, ((SIZE[0] + 2 * MARGIN) * per, (SIZE[1] + 2 * MARGIN) * per), dtype=np.uint8)
    coarse = random.integers(0, N, (7, 8), dtype=np.uint8)
    coarse[2, 3] = 255
    return np.ascontiguousarray(coarse.repeat(9, 0).repeat(9, 1)[: (SIZE[0] + 2 * MARGIN) * per, : (SIZE[1] + 2 * MARGIN) * per])


def tile(per: int, seed: int = 3) -> Layer:
    return layer(samples(per, seed), SIZE, per=per, margin=MARGIN, rim=1.0)


def seen(images: tuple[QImage | None, QImage | None]) -> list[np.ndarray]:
    return [
        np.zeros(SIZE, np.uint32) if image is None else np.frombuffer(image.constBits(), np.uint32).reshape(SIZE).copy() for image in images
    ]


CHANGES = {
    "hidden": LOOK.with_class(1, visible=False),
    "two hidden": LOOK.with_class(1, visible=False).with_class(4, visible=False),
    "own opacity": LOOK.with_class(2, opacity=0.3),
    "own opacity of stripes": LOOK.with_class(3, opacity=0.3),
    "another colour": LOOK.with_class(5, colour=QColor(1, 2, 3)),
    "no stripes any more": LOOK.with_class(5, hatched=False),
    "alone": replace(LOOK, solo=3),
    "all colours": replace(LOOK, classes=LOOK.classes[1:] + LOOK.classes[:1]),
    "no stripes at all": replace(LOOK, classes=tuple(replace(one, hatched=False) for one in LOOK.classes)),
    "a class that is not there": replace(LOOK, classes=(*LOOK.classes, ClassLook("more", QColor("red")))),
}


@pytest.mark.parametrize("per", [1, 2])
@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("grouped", [True, False])
def test_any_way_from_one_look_to_another(per: int, filled: bool, grouped: bool) -> None:
    kept = tile(per)
    if grouped:
        kept.group()
    for name, look in [*CHANGES.items(), ("as at first", LOOK), *reversed(CHANGES.items())]:
        table = class_table(look)
        got = seen(colour(kept, table, (40, 12), 1.0, filled=filled))
        new = seen(colour(tile(per), table, (40, 12), 1.0, filled=filled))
        for a, b in zip(got, new, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


TABLES = {
    "classes": class_table(LOOK.with_class(3, opacity=0.3).with_class(2, visible=False)),
    "difference": difference_table(solo=False),
}


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("ratio", [1.0, 1.1, 1.25])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_pixel_is_what_its_samples_come_to(table: Table, ratio: float, noise: bool) -> None:
    for per in (1, 2):
        codes = samples(per, noise=noise)
        for filled in (True, False):
            wanted = plainly.tile(codes, SIZE, table, (40, 13), ratio, per=per, margin=MARGIN, filled=filled)
            for grouped in (False, True):
                made = layer(codes, SIZE, per=per, margin=MARGIN, rim=1.0)
                if grouped:
                    made.group()
                for got, one in zip(seen(colour(made, table, (40, 13), ratio, filled=filled)), wanted, strict=True):
                    np.testing.assert_array_equal(got, one)


@pytest.mark.parametrize(("n", "different"), [(0, 1), (1, 1), (9000, 3), (9000, MANY), (9000, 2 * MANY)])
def test_groups_are_found_again(n: int, different: int) -> None:
    words = np.random.default_rng(0).integers(0, 2**32, different, dtype=np.uint32)[np.arange(n) * 7 % different]
    found = Distinct.of(words)
    assert (found.which is None) == (different > MANY)
    assert len(found.codes) == (n if different > MANY else min(n, different))
    values = found.codes.reshape(-1).view(np.uint32)
    assert np.array_equal(found.spread(values), words)


def test_a_tile_without_the_class_that_changes_stays_as_it_is() -> None:
    kept = tile(2)
    kept.group()
    first = colour(kept, class_table(LOOK), (0, 0), 1.0)
    more = replace(LOOK, classes=(*LOOK.classes, ClassLook("more", QColor("red"))))
    assert colour(kept, class_table(more), (0, 0), 1.0) == first
    assert colour(kept, class_table(LOOK.with_class(1, visible=False)), (0, 0), 1.0)[0] is not None


def test_an_opaque_image_is_one_only_as_long_as_it_is() -> None:
    kept = tile(1, seed=4)
    codes = np.asarray(kept.codes)
    codes[codes == 255] = 0
    forms = []
    for look in (LOOK, LOOK.with_class(2, visible=False), LOOK):
        fill, _ = colour(kept, class_table(look), (0, 0), 1.0)
        assert fill is not None
        forms.append(fill.hasAlphaChannel())
    assert forms == [False, True, False]


def test_a_hidden_class_costs_no_other_memory() -> None:
    kept = tile(2)
    first, _ = colour(kept, class_table(LOOK), (0, 0), 1.0)
    second, _ = colour(kept, class_table(LOOK.with_class(0, visible=False)), (0, 0), 1.0)
    assert first is not None
    assert second is not None
    assert first.constBits() == second.constBits()


def test_the_stripes_of_a_difference_cross(qapp: object) -> None:
    codes = np.zeros((20 + 2 * MARGIN, 26 + 2 * MARGIN), np.uint8)
    codes[:, :14], codes[:, 14:] = 1, 2
    for solo in (True, False):
        kept = layer(codes, (20, 26), per=1, margin=MARGIN, rim=1.0)
        _, ink = seen(colour(kept, difference_table(solo), (0, 0), 1.0))
        left, right = ink[:, :8] > 0, ink[:, 16:24] > 0
        assert (left[1:, :-1] == left[:-1, 1:]).all()  # /
        assert (right[1:, 1:] == right[:-1, :-1]).all()  # \

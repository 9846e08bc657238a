from __future__ import annotations

import pytest

from tlstudio.data import palettes


def test_the_colours_of_pascal_voc() -> None:
    """As printed in the development kit: background, aeroplane, bicycle, bird, ..., sheep, ..., the border (255)."""
    wanted = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 17: (128, 64, 0), 255: (224, 224, 192)}
    assert {index: palettes.voc(index) for index in wanted} == wanted


@pytest.mark.parametrize("name", ["background", " Background", "_background_", "__background__", "bg", "void", "Unlabelled", "none"])
def test_what_is_called_background(name: str) -> None:
    assert palettes.is_background(name)
    assert palettes.left_clear(["leaf", name]) == {1}
    assert palettes.left_clear([name]) == frozenset()


def test_what_is_not() -> None:
    assert palettes.left_clear(["backgrounds", "sky", "nonesuch", ""]) == frozenset()


def test_no_two_classes_are_alike() -> None:
    assert len(set(palettes.default(254, background=True))) == 254
    assert palettes.default(3, background=False) == [*palettes.OKABE_ITO[:3]]

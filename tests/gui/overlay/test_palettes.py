"""Palettes: their colours, their hatches, and what the settings remember."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from tlstudio.gui.overlay import palettes
from tlstudio.gui.overlay.looking import Looking


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_okabe_ito_repeats_with_a_hatch() -> None:
    looks = palettes.looks(palettes.OKABE_ITO, [f"c{i}" for i in range(9)])
    assert [look.colour.name() for look in looks[:2]] == ["#e69f00", "#56b4e9"]
    assert looks[7].colour == looks[0].colour
    assert [look.hatched for look in looks] == [False] * 7 + [True] * 2


def test_the_colours_of_pascal_voc() -> None:
    assert [colour.getRgb()[:3] for colour in palettes.colours(palettes.VOC, ["background", "aeroplane"])] == [(0, 0, 0), (128, 0, 0)]


def test_cityscapes_and_the_colours_of_the_data() -> None:
    assert palettes.colours(palettes.CITYSCAPES, ["road", "sidewalk"])[1].name() == "#f423e8"
    assert palettes.colours(palettes.DATA, ["a", "b"], [(1, 2, 3), (4, 5, 6)])[1].getRgb()[:3] == (4, 5, 6)
    assert palettes.looks(palettes.DATA, ["a", "b"], [(1, 2, 3), (1, 2, 3)])[1].hatched


def test_the_background_is_not_drawn_unless_it_is_all_there_is() -> None:
    assert [look.visible for look in palettes.looks(palettes.OKABE_ITO, ["Background", "leaf"])] == [False, True]
    assert [look.visible for look in palettes.looks(palettes.OKABE_ITO, ["background"])] == [True]


def test_choices_are_remembered_and_nonsense_is_not_believed(settings: QSettings) -> None:
    assert palettes.chosen(settings) == palettes.OKABE_ITO
    palettes.choose(settings, palettes.VOC)
    assert palettes.chosen(settings) == palettes.VOC
    palettes.choose(settings, "rainbow")
    assert palettes.chosen(settings) == palettes.OKABE_ITO
    palettes.set_own_colours(settings, {"leaf": "#123456", "stem": "no colour"})
    assert palettes.own_colours(settings) == {"leaf": "#123456"}
    for nonsense in ("[1", "[]"):
        settings.setValue("overlay/own_colours", nonsense)
        assert palettes.own_colours(settings) == {}


@pytest.mark.parametrize(("said", "opacity"), [("0.25", 0.25), ("much", 0.5), ("7", 1.0)])
def test_opacity_comes_from_the_settings_within_bounds(settings: QSettings, said: str, opacity: float) -> None:
    settings.setValue("overlay/opacity", said)
    assert Looking(settings).look.opacity == opacity

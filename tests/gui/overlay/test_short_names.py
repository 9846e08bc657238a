"""Long names in a narrow column: what differs is seen."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.overlay.class_list import ClassList
from tlstudio.gui.overlay.picture import ClassLook, Look
from tlstudio.gui.overlay.short_names import short_names


@pytest.fixture
def metrics(qapp: QApplication) -> QFontMetrics:
    theme.apply(qapp, theme.LIGHT)
    return QFontMetrics(theme.font(9.5))


def test_what_fits_stays_and_a_name_of_its_own_loses_its_middle(metrics: QFontMetrics) -> None:
    long = "an extraordinarily long name of a class"
    width = metrics.horizontalAdvance("an extraordinarily")
    short, cut = short_names(["sky", long], width, metrics)
    assert short == "sky"
    first, _, last = cut.partition("…")
    assert long.startswith(first)
    assert long.endswith(last)
    assert min(len(first), len(last)) > 4


@pytest.mark.parametrize(
    "names",
    [
        [f"urban_scene_vehicle_{what}" for what in ("car_seen_from_the_front", "car_seen_from_the_back", "van_parked_there")],
        ["the_very_long_left_hand_side_of_a_leaf", "the_very_long_right_hand_side_of_a_leaf"],
        [f"{'x' * 30}{a}{'y' * 40}{b}" for a in "AB" for b in "CD"],
        [f"{'x' * 30}{a}{'y' * 40}{b}{'z' * 30}" for a in "AB" for b in "CD"],
        ["a_name_that_goes_on_and_on", "a_name_that_goes_on_and_on_and_on"],
        [f"species_of_the_northern_hemisphere_{i}" for i in range(150)],
    ],
)
@pytest.mark.parametrize("letters", [9, 14, 22])
def test_names_that_differ_look_different_and_keep_to_their_room(metrics: QFontMetrics, names: list[str], letters: int) -> None:
    width = metrics.horizontalAdvance("n" * letters)
    cut = short_names(names, width, metrics)
    assert len(set(cut)) == len(names)
    assert max(metrics.horizontalAdvance(one) for one in cut) <= width


def test_the_common_beginning_goes_before_what_differs(metrics: QFontMetrics) -> None:
    names = ["urban_scene_vehicle_car_front", "urban_scene_vehicle_lorry_rear"]
    short = short_names(names, metrics.horizontalAdvance("n" * 16), metrics)
    assert [one.rpartition("…")[2] for one in short] == ["car_front", "lorry_rear"]


def test_the_list_cuts_names_that_are_filtered_away_too_and_forgets_those_before(qtbot: QtBot, metrics: QFontMetrics) -> None:
    classes = ClassList()
    qtbot.addWidget(classes)
    colour = theme.class_colour(0)
    classes.lines.show_look(Look(tuple(ClassLook(name, colour) for name in ("sky", "road"))))
    assert classes.short_name(1, 100, metrics, bold=False) == "road"
    classes.lines.show_look(Look(tuple(ClassLook(name, colour) for name in ("sky", "tree"))))
    classes.lines.filter_by("tree")
    assert classes.short_name(1, 100, metrics, bold=False) == "tree"

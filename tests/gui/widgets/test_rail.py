"""The rail: all pages in sight, however low the window and large the text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.widgets.rail import BARE, CLOSE, ITEM, Rail

ABOVE_AND_BELOW = 40 + 56  # title strip and run bar, at text scale 1


@pytest.fixture
def rail(qtbot: QtBot, qapp: QApplication) -> Iterator[Rail]:
    theme.apply(qapp, theme.LIGHT)
    made = Rail()
    qtbot.addWidget(made)
    for key in ("home", "data", "model", "train", "results", "runs"):
        made.add(key, key.title(), "house")
    made.show_mark("data", "ready", "200 images, 5 classes")
    made.show()
    yield made
    theme.apply(qapp, theme.LIGHT)


@pytest.mark.parametrize(("window", "scale", "line"), [(800, 1.0, ITEM), (700, 1.0, ITEM), (800, 2.0, CLOSE), (700, 2.0, BARE)])
def test_all_pages_are_in_sight(rail: Rail, qapp: QApplication, window: int, scale: float, line: int) -> None:
    theme.apply(qapp, theme.LIGHT, scale)
    rail.resize(rail.width(), window - round(scale * ABOVE_AND_BELOW))
    last = rail.visualItemRect(rail.item(rail.count() - 1))
    assert last.height() == theme.px(line)
    assert last.bottom() < rail.viewport().height()


def test_how_a_page_stands_is_in_its_tooltip_too(rail: Rail) -> None:
    assert rail.item(1).toolTip() == "Data (Ctrl+2)\n200 images, 5 classes"
    assert rail.item(5).toolTip() == "Runs (Ctrl+6)"

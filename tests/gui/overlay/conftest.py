"""A canvas of 300 x 200 with three classes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.overlay.scenes import CLASSES
from tlstudio.gui import theme
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import Look


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> Iterator[OverlayCanvas]:
    theme.apply(qapp, theme.LIGHT)
    made = OverlayCanvas()
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.pixel_grid = False
    made.set_look(Look(CLASSES))
    made.show()
    yield made
    made.set_picture(None)

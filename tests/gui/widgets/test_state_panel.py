"""What stands in a page's place: its parts are as far apart on every page, and what is hidden leaves no gap."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, MARGIN, TIGHT
from tlstudio.gui.widgets.state_panel import Offer, StateColumn, StatePanel
from tlstudio.gui.widgets.tree_state import TreeState


def _gaps(column: StateColumn) -> list[int]:
    """Pixels between the parts that are seen, from the top."""
    parts: list[QWidget] = [part for _, _, part in column._gaps if part.isVisible()]
    tops = [(part.y(), part.geometry().bottom() + 1) for part in parts]
    return [below[0] - above[1] for above, below in itertools.pairwise(tops)]


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> StatePanel:
    out = StatePanel("somewhere")
    qtbot.addWidget(out)
    out.resize(800, 600)
    out.show()
    return out


def test_gaps_are_the_same_in_every_state(panel: StatePanel, session: Session, qtbot: QtBot) -> None:
    offer = Offer("Take", "Take it", lambda: None)
    near, middle, far = theme.px(TIGHT), theme.px(GAP), theme.px(MARGIN)
    panel.show_state("target", "muted", "Nothing here", "Not yet", [offer])
    qtbot.waitUntil(lambda: _gaps(panel._middle) == [near, far])
    panel.show_state("target", "muted", "Nothing here", "", [offer])
    qtbot.waitUntil(lambda: _gaps(panel._middle) == [far])
    panel.show_busy("Measuring", Progress(phase="evaluate", done=1, total=4, overall=0.25), [offer])
    qtbot.waitUntil(lambda: _gaps(panel._middle) == [near, middle, far])
    tree = TreeState(session)
    qtbot.addWidget(tree)
    tree.resize(600, 500)
    tree.show()
    tree.show_failure(StudioError("The weights cannot be read", "they are damaged", "Fetch them again"))
    qtbot.waitUntil(lambda: _gaps(tree._middle) == [near, far])
    tree.show_busy("ResNet-18")
    qtbot.waitUntil(lambda: _gaps(tree._middle) == [middle])


def test_it_keeps_its_buttons_while_figures_change(panel: StatePanel) -> None:
    taken: list[int] = []
    for done in range(3):
        panel.show_busy(
            "Measuring", Progress(phase="evaluate", done=done, total=4), [Offer("Cancel", "", lambda done=done: taken.append(done))]
        )
    buttons = [panel._buttons.itemAt(i).widget() for i in range(panel._buttons.count()) if panel._buttons.itemAt(i).widget() is not None]
    assert len(buttons) == 1
    buttons[0].click()  # type: ignore[union-attr]
    assert taken == [2]  # what it does follows

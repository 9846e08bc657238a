"""The curve of rates over depth under hands and keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from tlstudio.gui.depth_rates import DepthRates
from tlstudio.gui.group_rates import GroupRates
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.depth_curve import DepthCurve
from tlstudio.gui.widgets.depth_rates_form import DepthRatesForm
from tlstudio.recipe import Optimizer

LEFT = Qt.MouseButton.LeftButton
BLOCKS = [
    {"title": "stem", "path": "", "frozen": []},
    {"title": "blocks.0", "path": "blocks.0", "frozen": ["stem", "bn"]},
    {"title": "blocks.1", "path": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
]


@pytest.fixture
def form(session: Session, qtbot: QtBot, layers_document: dict[str, Any]) -> DepthRatesForm:
    """Bound to the session as the train page binds it; all learn."""
    session.choose_strategy("full")
    groups = GroupRates({**layers_document, "blocks": BLOCKS})
    made = DepthRatesForm(session)
    qtbot.addWidget(made)
    session.recipe_changed.connect(lambda: made.show_groups(groups))
    made.show_groups(groups)
    made.resize(300, 220)
    made.show()
    return made


def drag(qtbot: QtBot, curve: DepthCurve, start: QPointF, up: int) -> None:
    at = start.toPoint()
    qtbot.mousePress(curve, LEFT, pos=at)
    for part in (3, 2, 1):
        qtbot.mouseMove(curve, at - QPoint(0, up // part))
    qtbot.mouseRelease(curve, LEFT, pos=at - QPoint(0, up))


def test_dragging_a_point_sets_its_multiplier_in_one_step(form: DepthRatesForm, session: Session, qtbot: QtBot) -> None:
    curve, steps = form.curve, session.undo.count()
    drag(qtbot, curve, curve.position(1), -20)
    multipliers = session.recipe.optimizer.multipliers
    assert list(multipliers) == ["blocks.0"]
    assert 0.05 < multipliers["blocks.0"] < 0.9
    assert session.recipe.optimizer.layer_decay == 1.0
    assert session.undo.count() == steps + 1
    first = dict(multipliers)
    drag(qtbot, curve, curve.position(1), -10)
    assert session.undo.count() == steps + 2, "each drag is a step of its own"
    session.undo.undo()
    assert session.recipe.optimizer.multipliers == first


def test_dragging_the_line_sets_the_decay(form: DepthRatesForm, session: Session, qtbot: QtBot) -> None:
    curve = form.curve
    between = (curve.position(0) + curve.position(1)) / 2
    drag(qtbot, curve, between - QPointF(12, 0), -30)
    assert 0.05 <= session.recipe.optimizer.layer_decay < 0.9
    assert session.recipe.optimizer.multipliers == {}
    qtbot.mouseDClick(curve, LEFT, pos=QPoint(int(curve.position(0).x()), 20))
    assert session.recipe.optimizer.layer_decay == 1.0


def test_escape_drops_a_drag_and_a_double_click_resets_a_point(form: DepthRatesForm, session: Session, qtbot: QtBot) -> None:
    curve = form.curve
    at = curve.position(2).toPoint()
    qtbot.mousePress(curve, LEFT, pos=at)
    qtbot.mouseMove(curve, at + QPoint(0, 30))
    qtbot.keyClick(curve, Qt.Key.Key_Escape)
    qtbot.mouseRelease(curve, LEFT, pos=at + QPoint(0, 30))
    assert session.recipe.optimizer.multipliers == {}
    session.edit({"optimizer.multipliers": {"blocks.1": 0.2}}, "x")
    qtbot.mouseDClick(curve, LEFT, pos=curve.position(2).toPoint())
    assert session.recipe.optimizer.multipliers == {}


def test_keys_choose_and_move(form: DepthRatesForm, session: Session, qtbot: QtBot) -> None:
    curve = form.curve
    qtbot.keyClick(curve, Qt.Key.Key_Down)
    assert session.recipe.optimizer.layer_decay == 0.95
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    assert curve.chosen == 1, "what comes before the first block has no point"
    steps = session.undo.count()
    for _ in range(3):
        qtbot.keyClick(curve, Qt.Key.Key_Up)
    assert session.recipe.optimizer.multipliers["blocks.0"] == pytest.approx(1.35, abs=0.1)
    assert session.undo.count() == steps + 1, "a key held down is one step"
    assert "blocks.0" in curve.accessibleDescription()
    qtbot.keyClick(curve, Qt.Key.Key_Delete)
    assert session.recipe.optimizer.multipliers == {}
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    assert curve.chosen == 2
    qtbot.keyClick(curve, Qt.Key.Key_Home)
    assert curve.chosen == -1
    qtbot.keyClick(curve, Qt.Key.Key_Delete)
    assert session.recipe.optimizer.layer_decay == 1.0


def test_it_says_what_is_frozen_and_what_has_no_blocks(form: DepthRatesForm, session: Session, layers_document: dict[str, Any]) -> None:
    assert "frozen" not in form.curve.accessibleDescription()
    session.choose_strategy("head")
    assert "blocks.1: rate × 1, frozen" in form.curve.accessibleDescription()
    assert form._line.text() == "All blocks are frozen: this counts once they learn."
    form.show_groups(GroupRates({**layers_document, "blocks": BLOCKS[:1]}))
    assert form.curve.isHidden()
    form.show_groups(None)
    assert form._line.isHidden()


def test_hundreds_of_blocks_and_none_are_drawn(qtbot: QtBot) -> None:
    curve = DepthCurve()
    qtbot.addWidget(curve)
    assert not curve.grab().isNull()
    blocks = [{"title": f"b.{i}", "path": f"b.{i}", "frozen": []} for i in range(300)]
    curve.show_rates(DepthRates(blocks, Optimizer(layer_decay=0.9)), [True] * 300)
    curve.resize(280, 132)
    assert not curve.grab().isNull()

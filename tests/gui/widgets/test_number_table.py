"""Names with a number each: class weights as a small table, and the form that holds it."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import KindForm
from tlstudio.gui.widgets.number_table import NumberTable


@pytest.fixture
def form(qtbot: QtBot, session: Session) -> KindForm:
    session.data = Loading("ready", "/x", {"classes": [{"name": "ants", "count": 1}, {"name": "bees", "count": 1}]})
    made = KindForm(session, "loss", name="lossForm")
    qtbot.addWidget(made)
    made.show()
    return made


def table(form: KindForm) -> NumberTable:
    assert form.options is not None
    found = form.options.editors["weights"].input
    assert isinstance(found, NumberTable)
    return found


def test_the_table_stands_there_only_for_own_weights(form: KindForm, session: Session) -> None:
    assert not table(form).isVisible()
    assert form.options is not None
    combo = form.options.editors["class_weights"].input
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(i) for i in range(combo.count())] == ["None", "Balanced", "My own"]
    combo.activated.emit(combo.findData("own"))
    assert session.recipe.loss.options == {"class_weights": "own"}
    assert table(form).isVisible()


def test_each_class_has_a_row_and_counts_one(form: KindForm, session: Session) -> None:
    session.edit({"loss.options": {"class_weights": "own"}}, "own")
    rows = table(form)
    assert [(rows.item(i, 0).text(), rows.item(i, 1).text()) for i in range(rows.rowCount())] == [("ants", "1"), ("bees", "1")]
    rows.item(1, 1).setText("2,5")
    assert session.recipe.loss.options["weights"] == {"bees": 2.5}
    rows.item(1, 1).setText("")
    assert session.recipe.loss.options["weights"] == {}
    session.undo.undo()
    assert rows.item(1, 1).text() == "2.5"


def test_what_is_no_weight_stays_and_keeps_a_run_from_starting(form: KindForm, session: Session) -> None:
    session.edit({"loss.options": {"class_weights": "own"}}, "own")
    rows = table(form)
    rows.item(0, 1).setText("-1")
    assert rows.item(0, 1).text() == "-1"
    assert "at least 0" in session.objections["loss.options.weights"]
    rows.item(0, 1).setText("3")
    assert session.recipe.loss.options["weights"] == {"ants": 3.0}
    assert not session.objections

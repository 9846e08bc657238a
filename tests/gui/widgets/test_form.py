"""Forms from the recipe's fields: both ways, undone, and what happens to text that cannot be used."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from tlstudio import recipe
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import Editor
from tlstudio.gui.widgets.field_spec import Spec
from tlstudio.gui.widgets.form import KindForm, RecipeField, RecipeForm

# fields that pages show with widgets of their own
_NOT_TYPED = {"head.options", "optimizer.options", "schedule.options"}


def _type(qtbot: QtBot, field: Editor, text: str) -> None:
    line = field.input
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("training.epochs", QSpinBox),
        ("optimizer.lr", QLineEdit),
        ("optimizer.weight_decay", QDoubleSpinBox),
        ("training.device", QComboBox),
        ("augment.enabled", QCheckBox),
        ("augment.scale", QLineEdit),
        ("data.mean", QLineEdit),
    ],
)
def test_the_editor_follows_from_the_field(session: Session, qtbot: QtBot, key: str, kind: type) -> None:
    field = RecipeField(session, key)
    qtbot.addWidget(field)
    info = recipe.field_info(key)
    assert isinstance(field.input, kind)
    assert field.input.accessibleName() == info.title
    assert field.input.toolTip() == info.description


def test_every_field_of_the_recipe_has_an_editor_that_shows_its_default(session: Session, qtbot: QtBot) -> None:
    for key in set(recipe.keys()) - _NOT_TYPED:
        field = RecipeField(session, key)
        qtbot.addWidget(field)
        assert not field.wrong, key


def test_an_edit_reaches_the_recipe_and_can_be_undone(session: Session, qtbot: QtBot) -> None:
    field = RecipeField(session, "training.epochs")
    qtbot.addWidget(field)
    field.show()
    _type(qtbot, field, "5")
    assert session.recipe.training.epochs == 5
    assert session.undo.undoText() == "set Epochs to 5"
    session.undo.undo()
    assert field.input.value() == session.recipe.training.epochs == 20


def test_the_field_follows_the_recipe(session: Session, qtbot: QtBot) -> None:
    field = RecipeField(session, "optimizer.lr")
    qtbot.addWidget(field)
    session.edit({"optimizer.lr": 0.00025}, "x")
    assert field.input.text() == "0.00025"


@pytest.mark.parametrize(("text", "value"), [("1e-3", 0.001), (" 0.5 ", 0.5), ("0,02", 0.02), (".25", 0.25)])
def test_a_rate_takes_the_notations_people_use(session: Session, qtbot: QtBot, text: str, value: float) -> None:
    field = RecipeField(session, "optimizer.lr")
    qtbot.addWidget(field)
    field.show()
    _type(qtbot, field, text)
    assert session.recipe.optimizer.lr == value
    assert not field.wrong


@pytest.mark.parametrize("text", ["5000", "0", "-1", "fast", "nan", ""])
def test_what_cannot_be_used_stays_as_typed_and_keeps_a_run_from_starting(session: Session, qtbot: QtBot, text: str) -> None:
    field = RecipeField(session, "optimizer.lr")
    qtbot.addWidget(field)
    field.show()
    field.input.selectAll()
    qtbot.keyClick(field.input, Qt.Key.Key_Delete)
    _type(qtbot, field, text)
    assert session.recipe.optimizer.lr == 0.01
    assert field.input.text() == text
    assert field.input.property("wrong") is True
    assert "above 0 and at most 100" in field.input.toolTip()
    assert session.objections == {"optimizer.lr": field.wrong}
    session.edit({"training.epochs": 3}, "x")  # another change does not wipe what was typed
    assert field.input.text() == text
    _type(qtbot, field, "0.1")
    assert session.recipe.optimizer.lr == 0.1
    assert not session.objections
    assert not field.input.property("wrong")


def test_typing_the_value_in_force_again_takes_the_objection_back(session: Session, qtbot: QtBot) -> None:
    field = RecipeField(session, "optimizer.lr")
    qtbot.addWidget(field)
    field.show()
    _type(qtbot, field, "5000")
    _type(qtbot, field, "0.01")
    assert not field.wrong
    assert not session.objections


def test_a_strategy_that_brings_another_rate_replaces_the_wrong_text(session: Session, qtbot: QtBot) -> None:
    field = RecipeField(session, "optimizer.lr")
    qtbot.addWidget(field)
    field.show()
    _type(qtbot, field, "5000")
    session.choose_strategy("full")
    assert field.input.text() == f"{session.recipe.optimizer.lr:g}"
    assert not session.objections


def test_numbers_with_commas(session: Session, qtbot: QtBot) -> None:
    field = RecipeField(session, "augment.scale")
    qtbot.addWidget(field)
    field.show()
    _type(qtbot, field, "0.3, 0.9")
    assert session.recipe.augment.scale == (0.3, 0.9)
    _type(qtbot, field, "0.9, 0.3")  # the recipe refuses it
    assert session.recipe.augment.scale == (0.3, 0.9)
    assert "the smaller first" in field.input.toolTip()
    mean = RecipeField(session, "data.mean")
    qtbot.addWidget(mean)
    mean.show()
    _type(qtbot, mean, "0.5, 0.5, 0.5")
    assert session.recipe.data.mean == (0.5, 0.5, 0.5)
    mean.input.clear()
    _type(qtbot, mean, "")
    assert session.recipe.data.mean is None


def test_words_and_ticks(session: Session, qtbot: QtBot) -> None:
    form = RecipeForm(session, ["training.best_by", "augment.enabled"], name="someForm")
    qtbot.addWidget(form)
    combo = form.editors["training.best_by"].input
    assert [combo.itemText(i) for i in range(combo.count())] == ["Validation accuracy", "Validation loss"]
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    form.editors["augment.enabled"].input.click()
    assert session.recipe.training.best_by == "loss"
    assert session.recipe.augment.enabled
    assert session.undo.undoText() == "set Augmentation to on"


def test_a_wheel_over_a_field_without_focus_changes_nothing(session: Session, qtbot: QtBot) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    field = RecipeField(session, "training.epochs")
    qtbot.addWidget(field)
    turn = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(field.input, turn)
    assert session.recipe.training.epochs == 20


@pytest.mark.parametrize("section", ["head", "optimizer", "schedule"])
def test_each_kind_brings_the_form_of_its_options(session: Session, qtbot: QtBot, section: str) -> None:
    form = KindForm(session, section, name=f"{section}Form")
    qtbot.addWidget(form)
    for kind, told in form.kinds.items():
        session.edit({f"{section}.kind": kind, f"{section}.options": {}}, "x")
        shown = form.options.editors if form.options else {}
        assert list(shown) == list(told.Options.model_fields)
        for name, editor in shown.items():
            default = told.Options.model_fields[name].default
            assert editor.spec == Spec.of(told.Options.model_fields[name])
            assert editor.current() == default


def test_an_option_is_edited_checked_and_reset_with_its_kind(session: Session, qtbot: QtBot) -> None:
    form = KindForm(session, "head", name="headForm")
    qtbot.addWidget(form)
    form._choose("dropout_linear")
    assert session.recipe.head.kind == "dropout_linear"
    assert form.options is not None
    dropout = form.options.editors["dropout"].input
    dropout.setValue(0.45)
    assert session.recipe.head.options == {"dropout": 0.45}
    assert session.undo.undoText() == "set Dropout to 0.45"
    form._choose("linear")
    assert session.recipe.head.options == {}
    session.undo.undo()
    assert session.recipe.head.options == {"dropout": 0.45}
    assert form.options.editors["dropout"].input.value() == 0.45


def test_an_option_out_of_its_bounds_is_said(session: Session, qtbot: QtBot) -> None:
    form = KindForm(session, "schedule")
    qtbot.addWidget(form)
    session.edit({"schedule.kind": "step", "schedule.options": {}}, "x")
    assert form.options is not None
    factor = form.options.editors["factor"]
    form.show()
    _type(qtbot, factor, "7")
    assert "above 0 and at most 1" in factor.wrong
    assert session.objections
    session.edit({"schedule.kind": "cosine", "schedule.options": {}}, "x")
    assert not session.objections


def _fields(form: KindForm) -> dict[str, Editor]:
    assert form.options is not None
    return form.options.editors


def test_a_head_is_picked_from_a_list_with_a_line_on_what_it_is(session: Session, qtbot: QtBot) -> None:
    form = KindForm(session, "head", name="headForm", titled=False, task="classification")
    qtbot.addWidget(form)
    assert isinstance(form.choice, QComboBox)
    found = [form.choice.itemData(i) for i in range(form.choice.count())]
    assert {"linear", "mlp", "cosine"} <= set(found)
    assert not {"deeplab", "fcn"} & set(found), "heads for masks are not offered"
    form.choice.activated.emit(form.choice.findData("mlp"))
    assert session.recipe.head.kind == "mlp"
    assert form._line.text() == form.kinds["mlp"].help
    form.show_task("segmentation")
    assert "deeplab" in form.kinds
    assert "mlp" not in form.kinds


def test_hidden_sizes_are_typed_with_commas(session: Session, qtbot: QtBot) -> None:
    form = KindForm(session, "head", titled=False, task="classification")
    qtbot.addWidget(form)
    form.show()
    form._choose("mlp")
    hidden, activation = _fields(form)["hidden"], _fields(form)["activation"].input
    assert hidden.input.text() == "512"
    assert [activation.itemText(i) for i in range(activation.count())] == ["ReLU", "GELU", "SiLU", "Tanh"]
    _type(qtbot, hidden, "256, 128")
    assert session.recipe.head.options == {"hidden": (256, 128)}
    assert session.undo.undoText() == "set Hidden layers to 256, 128"
    _type(qtbot, hidden, "256, many")
    assert "whole numbers with commas" in hidden.wrong
    _type(qtbot, hidden, "0")
    assert "from 1 to 65536" in hidden.wrong
    assert "Value error" not in hidden.wrong
    assert session.objections
    _type(qtbot, hidden, "64")
    assert session.recipe.head.options == {"hidden": (64,)}
    assert not session.objections


def test_what_else_changes_with_a_kind_is_one_step(session: Session, qtbot: QtBot) -> None:
    form = KindForm(session, "head", titled=False, also=lambda kind: {"training.epochs": 3} if kind.log_probabilities else {})
    qtbot.addWidget(form)
    form._choose("mlp_log_softmax")
    assert session.recipe.training.epochs == 3
    session.undo.undo()
    assert (session.recipe.head.kind, session.recipe.training.epochs) == ("linear", 20)


def test_fields_of_the_other_task_are_left_out(session: Session, qtbot: QtBot) -> None:
    form = RecipeForm(session, ["augment.random_crop", "augment.rare_crop", "training.best_by"])
    qtbot.addWidget(form)
    form.show()
    assert not form.editors["augment.rare_crop"].isVisible()
    best = form.editors["training.best_by"].input
    assert best.itemText(0) == "Validation accuracy"
    session.choose_task("segmentation")
    assert form.editors["augment.rare_crop"].isVisible()
    assert best.itemText(0) == "Mean IoU on validation"
    loss = KindForm(session, "loss", task="segmentation")
    qtbot.addWidget(loss)
    assert "dice" in loss.kinds
    assert "hinge" not in loss.kinds
    loss.show_task("classification")
    assert "dice" not in loss.kinds

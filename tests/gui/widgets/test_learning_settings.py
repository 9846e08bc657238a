"""The settings of learning on the train page: loss, rates by group and by depth, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.basics_card import BasicsCard
from tlstudio.gui.widgets.form import RecipeField
from tlstudio.gui.widgets.loss_form import LossForm
from tlstudio.gui.widgets.schedule_preview import SchedulePreview
from tlstudio.gui.widgets.tracking_form import TrackingForm
from tlstudio.recipe import Recipe

BLOCKS = [
    {"title": "stem", "path": "", "frozen": []},
    {"title": "blocks.0", "path": "blocks.0", "frozen": ["stem", "bn"]},
    {"title": "blocks.1", "path": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
]


@pytest.fixture
def card(session: Session, qtbot: QtBot, data_document: dict[str, Any], layers_document: dict[str, Any]) -> BasicsCard:
    session.data = Loading("ready", "photos", data_document)
    session.layers = Loading("ready", "efficientnet_lite0", {**layers_document, "blocks": BLOCKS})
    made = BasicsCard(session, QPushButton("?"))
    qtbot.addWidget(made)
    made.resize(338, 1500)
    made.show()
    return made


def test_the_rest_is_folded_and_has_a_field_for_each_setting(card: BasicsCard) -> None:
    assert card.findChild(QWidget, "lossForm") is None
    card.fold.click()
    keys = [
        "optimizer.weight_decay", "optimizer.decay_norms", "optimizer.clip_norm", "optimizer.layer_decay", "schedule.warmup",
        "training.ema", "loss.kind", "loss.options.label_smoothing",
    ]  # fmt: skip
    for key in keys:
        found = card.findChild(QWidget, key)
        assert found is not None, key
        assert found.isVisible(), key
    assert card.findChild(QWidget, "depthCurve").isVisible()
    assert card.sizeHint().width() <= 338


def test_preview_and_curve_follow_recipe_and_layers(card: BasicsCard, session: Session, layers_document: dict[str, Any]) -> None:
    card.fold.click()
    assert card.preview is not None
    assert card.by_depth is not None
    session.choose_strategy("full")
    assert "backbone 0.0002 to" in card.preview.accessibleName()
    session.edit({"optimizer.layer_decay": 0.5}, "a")
    assert "backbone at most 0.00005 to 0.0002, by layer" in card.preview.accessibleName()
    session.edit({"frozen.strategy": "head"}, "b")
    assert "backbone" not in card.preview.accessibleName()
    session.edit({"model.name": "resnet18"}, "c")  # its layers are not known yet
    assert card.by_depth.curve.isHidden()


def test_the_fold_names_a_loss_that_is_not_the_usual(card: BasicsCard, session: Session) -> None:
    assert card._gist.whole == "AdamW, cosine"
    session.edit({"loss.kind": "focal"}, "a")
    assert card._gist.whole == "Focal, AdamW, cosine"


def test_a_loss_that_does_not_fit_the_head_is_mended_with_one_click(session: Session, qtbot: QtBot) -> None:
    form = LossForm(session)
    qtbot.addWidget(form)
    assert form._notice.isHidden()
    session.edit({"loss.kind": "nll", "loss.options": {"class_weights": "balanced"}}, "a")
    assert not form._notice.isHidden()
    assert form._words.text() == "The loss NLL takes logarithms of probabilities. The head 'linear' gives plain scores."
    assert form.mend.text() == "Use cross-entropy"
    form.mend.click()
    assert (session.recipe.loss.kind, session.recipe.loss.options) == ("cross_entropy", {"class_weights": "balanced"})
    assert form._notice.isHidden()
    session.undo.undo()
    assert not form._notice.isHidden()
    session.edit({"head.kind": "mlp_log_softmax"}, "b")
    assert form._notice.isHidden()
    session.edit({"loss.kind": "hinge", "loss.options": {}}, "c")
    assert form.mend.text() == "Use NLL"


def test_weights_of_classes_that_are_not_there_are_taken_out(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    session.data = Loading("ready", "photos", data_document)
    form = LossForm(session)
    qtbot.addWidget(form)
    session.edit({"loss.options": {"class_weights": "own", "weights": {"ants": 2.0, "wasps": 3.0}}}, "a")
    assert form._words.text() == "The loss weighs wasps, which the images do not have."
    assert [check.key for check in session.obstacles()] == ["loss"]
    form.mend.click()
    assert session.recipe.loss.options["weights"] == {"ants": 2.0}
    assert session.obstacles() == []


def test_the_preview_says_what_nobody_can_draw(qtbot: QtBot, session: Session) -> None:
    preview = SchedulePreview()
    qtbot.addWidget(preview)
    recipe = Recipe().with_strategy("full").set({"schedule.kind": "plateau", "stages.head_epochs": 0})
    preview.show_recipe(recipe)
    assert preview.accessibleName().endswith("head 0.002; backbone 0.0002; falls when the loss stops falling")
    warmed = recipe.set({"schedule.kind": "constant", "schedule.warmup": 2.0})
    preview.show_recipe(warmed, {"head": (1.0, 1.0), "backbone": (0.1, 1.0)})
    assert "head up to 0.002, ends at 0.002" in preview.accessibleName()
    assert "backbone at most 0.00002 to 0.0002, by layer" in preview.accessibleName()
    preview.resize(280, preview.height())
    assert not preview.grab().isNull()


def test_stop_early_shows_its_epochs_and_is_one_step(card: BasicsCard, session: Session) -> None:
    field = card.basic.editors["training.patience"]
    assert not field.isVisibleTo(card)
    card.early.click()
    assert session.recipe.training.patience == 5
    assert field.isVisibleTo(card)
    session.undo.undo()
    assert session.recipe.training.patience == 0
    assert not card.early.isChecked()


def test_trackers_are_ticked_and_only_what_leaves_the_folder_asks_more(card: BasicsCard, session: Session) -> None:
    card.fold.click()
    form = card.findChild(TrackingForm)
    form.ticks["csv"].click()
    assert session.recipe.tracking.to == ("csv",)
    assert not form.where.isVisibleTo(card)
    session.edit({"tracking.to": ("csv", "wandb")}, "x")
    assert form.where.isVisibleTo(card)
    form.ticks["csv"].click()
    assert session.recipe.tracking.to == ("wandb",)


def test_how_many_cards_is_asked_where_there_are_several(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    for many, seen in ((1, False), (2, True)):
        monkeypatch.setattr("tlstudio.gui.machine.cards", lambda many=many: many)
        card = BasicsCard(session, QWidget())
        qtbot.addWidget(card)
        card.fold.click()
        field = card.findChild(RecipeField, "training.gpus")
        qtbot.waitUntil(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)
        qtbot.waitUntil(lambda field=field, card=card, seen=seen: field.isVisibleTo(card) == seen)

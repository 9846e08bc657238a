"""The card that explains what to freeze, and its figure of four places."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tlstudio.events import Progress
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.advice_card import _RULES, AdviceCard

SAID = {
    "n_train": 317, "large": False, "similar": True, "strategy": "head",
    "probe": {"accuracy": 0.93, "interval": [0.87, 0.97], "n": 120, "chance": 0.55},
}  # fmt: skip


@pytest.fixture
def card(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> AdviceCard:
    session.data = Loading("ready", "photos", data_document)
    made = AdviceCard(session)
    qtbot.addWidget(made)
    qtbot.addWidget(made.ask)
    return made


def test_it_opens_when_asked_and_can_be_closed(card: AdviceCard, jobs: Any) -> None:
    assert card.isHidden()
    card.ask.click()
    assert not card.isHidden()
    assert not card.ask.isEnabled()
    assert not card._busy.isHidden()
    jobs.last("advise").events.emit([Progress(phase="probe", done=60, total=120)])
    assert card._phase.text() == "60 of 120 images"
    card.findChild(QPushButton, "cancelAdvice").click()
    assert jobs.last("advise").cancelled
    card.close_.click()
    assert card.isHidden()
    assert card.ask.isEnabled()


def test_it_says_what_was_measured_and_applies_it_once_asked(card: AdviceCard, session: Session, jobs: Any) -> None:
    session.choose_strategy("full")
    card.ask.click()
    jobs.last("advise").done.emit(SAID)
    assert session.recipe.frozen.strategy == "full", "it never decides"
    assert card.found.text() == "A straight line through the pretrained features is right on 93% of 120 images; guessing gives 55%."
    assert "317 images to learn from are few" in card.why.text()
    assert card.quadrant.accessibleName() == "few images, similar to what the model knows: the rules of thumb say Head only"
    assert card.apply.text() == "Use Head only"
    card.apply.click()
    assert session.recipe.frozen.strategy == "head"
    assert (card.apply.text(), card.apply.isEnabled()) == ("Head only is in force", False)
    session.undo.undo()
    assert session.recipe.frozen.strategy == "full"
    assert card.apply.isEnabled()


def test_what_cannot_be_measured_is_told(card: AdviceCard, session: Session) -> None:
    session.edit({"model.name": "resnet50"}, "a")
    card.ask.click()
    assert "not on this computer" in card._wrong.text()
    assert card._said.isHidden()


def test_the_rules_are_those_of_the_measurement() -> None:
    from tlstudio.evaluation.advice import STRATEGY

    assert _RULES == STRATEGY


def test_the_figure_is_drawn_for_every_place(card: AdviceCard) -> None:
    for large, similar in _RULES:
        card.quadrant.show_place(large, similar, _RULES)
        card.quadrant.resize(260, 112)
        assert not card.quadrant.grab().isNull()

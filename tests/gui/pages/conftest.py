"""A train page, empty and with images."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session


@pytest.fixture
def train_page(session: Session, qtbot: QtBot) -> TrainPage:
    out = TrainPage(session)
    qtbot.addWidget(out)
    out.resize(1096, 704)
    out.show()
    return out


@pytest.fixture
def ready(train_page: TrainPage, session: Session, data_document: dict[str, Any]) -> TrainPage:
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    session.data = Loading("ready", "photos", data_document)
    session.data_changed.emit()
    return train_page

"""Pages as they stand in a window of the usual size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session

P = TypeVar("P", bound=QWidget)


def standing(made: P) -> Iterator[P]:
    """The page shown, and deleted afterwards."""
    made.resize(1096, 704)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


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

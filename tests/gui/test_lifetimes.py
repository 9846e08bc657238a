"""What is closed is gone: Qt deletes it, neither side keeps it alive for the other, and nothing is freed twice."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import Any
from weakref import WeakSet

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QLayout, QSpacerItem, QWidget, QWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from tlstudio.errors import StudioError
from tlstudio.gui.app import build, take_apart
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.main_window import MainWindow
from tlstudio.gui.session import Session
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.layer_tree import LayerModel

_ITEMS = (QWidgetItem, QSpacerItem)


def test_a_closed_window_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication, jobs: Any, data_document: dict[str, Any], layers_document: dict[str, Any]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the window puts one of its own in its place
    before = QApplication.topLevelWidgets()
    _, window = build()
    assert isinstance(window, MainWindow)
    session = window.session
    session.open_data(data_document["source"])
    jobs.last("scan").done.emit(data_document)
    session.inspect()
    jobs.last("inspect").done.emit(layers_document)
    for key, page in window.pages.items():
        session.asked_for.emit(key)
        page.prepare()
        QApplication.processEvents()
    kept = {name: weakref.ref(part) for name, part in {**window.pages, "presentation": window.presentation}.items()}
    kept |= {"window": weakref.ref(window), "session": weakref.ref(session)}
    # an item of a layout, Qt's own, that Python keeps books on: its garbage collection would free it, and the layout once more
    twice = [_where(layout) for layout in window.findChildren(QLayout) if any(isinstance(one, _ITEMS) for one in gc.get_referents(layout))]
    window.close()
    take_apart(window)
    del window, session, page
    jobs.clear()
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    gc.collect()
    assert [widget for widget in QApplication.topLevelWidgets() if widget not in before] == []
    assert [name for name, part in kept.items() if part() is not None] == []
    assert twice == []


def test_sessions_of_earlier_tests_are_gone(session: Session, sessions: WeakSet[Session]) -> None:
    assert session in sessions
    assert len(sessions) < 10  # of hundreds; the last tests may still hold theirs, those that failed in their tracebacks


def _where(layout: QLayout) -> str:
    around = layout.parentWidget()
    return around.objectName() or type(around).__name__


def test_rows_of_the_model_before_are_deleted(qapp: QApplication, layers_document: dict[str, Any]) -> None:
    rows = layers_document["rows"]
    model = LayerModel()
    model.load(rows, Ticks(rows))
    before = [weakref.ref(item) for item in model._items]
    model.load(rows, Ticks(rows))
    gc.collect()
    assert len(before) == len(rows)
    assert [item for item in before if item() is not None] == []
    assert model.rowCount() == 5


def test_a_widget_that_is_gone_is_told_nothing(qtbot: QtBot) -> None:
    widget, said, held = QWidget(), list[int](), threading.Event()
    Background(lambda: held.wait(3), lambda _: said.append(widget.width()))
    handle = JobHandle("inspect", {}).connect_to(None, None, lambda _: said.append(widget.width()))
    delete(widget)
    handle.failed.emit(StudioError("No"))
    held.set()
    QThreadPool.globalInstance().waitForDone()
    after = list[int]()
    Background(lambda: 2, after.append)
    qtbot.waitUntil(lambda: bool(after))
    assert said == []

"""The run bar: what it says in the first seconds, and the one number of how far a run is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.run_bar import RunBar

Stream = Callable[..., list[Event]]


@pytest.fixture
def bar(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> RunBar:
    session.data = Loading("ready", "photos", data_document)
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    out = RunBar(session)
    qtbot.addWidget(out)
    out.resize(1280, 56)
    out.show()
    return out


def _start(session: Session, jobs: Any) -> JobHandle:
    session.start()
    handle: JobHandle = jobs.last("train")
    return handle


def _told(bar: RunBar, handle: JobHandle, event: Event) -> str:
    """What stands under the run's name then."""
    handle.events.emit([event])
    bar.refresh()
    return bar._detail.whole


def test_what_is_done_first_stands_there_in_words(bar: RunBar, session: Session, jobs: Any, run_events: Stream) -> None:
    handle = _start(session, jobs)
    assert bar._detail.whole == "starting"
    assert (bar._progress.maximum(), bar._share.isVisible()) == (0, False)  # something goes on, and nobody knows how far
    said = [
        _told(bar, handle, event)
        for event in (
            Progress(phase="start", done=0),
            Progress(phase="scan", done=0),
            Progress(phase="scan", done=40, total=200, unit="files"),
            Progress(phase="network", done=0),
            Progress(phase="download", done=25, total=100, unit="bytes"),
            Progress(phase="begin", done=0),
        )
    ]
    assert said == [
        "loading PyTorch",
        "reading the images",
        "reading the images: 40 of 200",
        "loading the network",
        "fetching the weights: 25%",
        "preparing the layers",
    ]
    assert bar._progress.maximum() == 0
    handle.events.emit(run_events(0))
    assert _told(bar, handle, Progress(phase="features", done=12, total=70, overall=0.1)) == "computing the frozen part: 12 of 70"
    assert _told(bar, handle, Progress(phase="train", done=0, total=4, overall=0.6)) == "epoch 1 of 10"


def test_the_number_is_of_the_time_of_the_whole_run_and_says_so(bar: RunBar, session: Session, jobs: Any, run_events: Stream) -> None:
    handle = _start(session, jobs)
    handle.events.emit(run_events(0))
    _told(bar, handle, Progress(phase="features", done=70, total=70, overall=0.62))
    assert bar._share.text() == "62% of the time"
    assert "Epochs are counted" in bar._share.toolTip()
    assert (bar._progress.maximum(), bar._progress.value()) == (1000, 620)
    _told(bar, handle, Progress(phase="begin", done=0))  # the next stage is prepared: what was known goes on to hold
    assert bar._share.text() == "62% of the time"
    _told(bar, handle, Progress(phase="train", done=1, total=4, overall=0.5))
    assert bar._share.text() == "62% of the time"  # never back
    handle.events.emit(run_events(10)[2:])
    _told(bar, handle, Progress(phase="validate", done=1, total=4, overall=0.97))
    assert bar._detail.whole == "measuring the best epoch"
    handle.failed.emit(StudioError("The disk is full"))
    assert bar._share.text() == "97% of the time"
    handle = _start(session, jobs)
    assert not bar._share.isVisible()  # another run
    handle.failed.emit(StudioError("There is no such folder"))
    assert not bar._progress.isVisible()  # nothing goes on, and nothing is known

"""What the recipe will cost: asked once hands rest, for what it depends on, and never in the way of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.gui import cost_estimate
from tlstudio.gui.cost_estimate import samples
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session

ANSWER = {"epoch_seconds": 1.5, "peak_bytes": 6e8, "steps": 3}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    session.cost._timer.setInterval(20)


@pytest.fixture
def ready(session: Session, data_document: dict[str, Any], layers_document: dict[str, Any]) -> Session:
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    session.data = Loading("ready", "photos", data_document)
    session.layers = Loading("ready", "efficientnet_lite0", layers_document)
    session.data_changed.emit()
    return session


def asked(jobs: Any) -> list[Any]:
    return [handle for handle in jobs if handle.job == "estimate"]


def test_it_is_asked_once_after_the_last_change(ready: Session, jobs: Any, qtbot: QtBot) -> None:
    ready.edit({"training.batch_size": 16}, "a")
    ready.edit({"training.batch_size": 8}, "b")
    assert ready.estimate.state == "busy"
    assert not asked(jobs)
    qtbot.waitUntil(lambda: bool(asked(jobs)))
    args = jobs.last("estimate").args
    assert len(asked(jobs)) == 1
    assert (args["recipe"]["training"]["batch_size"], args["classes"], args["n_train"], args["n_val"]) == (8, 2, 70, 20)
    with qtbot.waitSignal(ready.estimate_changed):
        jobs.last("estimate").done.emit(ANSWER)
    assert ready.estimate.document == ANSWER


def test_what_costs_do_not_depend_on_keeps_the_answer(ready: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(asked(jobs)))
    jobs.last("estimate").done.emit(ANSWER)
    ready.edit({"optimizer.lr": 0.5, "training.epochs": 3, "name": "x", "schedule.kind": "step"}, "a")
    assert ready.estimate.ready
    ready.choose_strategy("full")
    assert ready.estimate.state == "busy"
    assert not ready.estimate.document


def test_an_older_answer_is_not_taken(ready: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(asked(jobs)))
    old = jobs.last("estimate")
    ready.choose_strategy("full")
    assert old.cancelled
    old.done.emit(ANSWER)
    assert ready.estimate.state == "busy"


def test_a_run_comes_first_and_it_is_asked_again_afterwards(ready: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(asked(jobs)))
    ready.start()
    assert asked(jobs)[0].cancelled
    assert ready.estimate.state == "empty"
    ready.edit({"training.batch_size": 8}, "a")
    qtbot.wait(60)
    assert len(asked(jobs)) == 1, "nothing is measured beside a run"
    jobs.last("train").done.emit({"run": "/runs/one"})
    qtbot.waitUntil(lambda: len(asked(jobs)) == 2)


def test_a_failure_is_kept_as_a_sentence(ready: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(asked(jobs)))
    jobs.last("estimate").failed.emit(StudioError("Nothing learns"))
    assert ready.estimate.state == "failed"
    assert ready.estimate.error is not None
    assert ready.estimate.error.what == "Nothing learns"


def test_what_does_not_fit_into_memory_is_not_tried(
    ready: Session, jobs: Any, qtbot: QtBot, layers_document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = psutil.virtual_memory()._replace(available=8_000_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    totals = {**layers_document["totals"], "params": 632_000_000, "forward_backward_mb": 1500.0}
    ready.layers = Loading("ready", "vit_h_14", {**layers_document, "totals": totals})
    ready.choose_strategy("full")
    qtbot.waitUntil(lambda: ready.estimate.state == "failed")
    assert "Not measured: it takes about 58.1 GB of memory, and 8 GB are free" in str(ready.estimate.error)
    assert not asked(jobs)
    ready.choose_strategy("head")
    qtbot.waitUntil(lambda: bool(asked(jobs)))


def test_without_images_there_is_nothing_to_ask(session: Session, jobs: Any, qtbot: QtBot) -> None:
    session.edit({"training.batch_size": 8}, "a")
    qtbot.wait(60)
    assert session.estimate == Loading()
    assert not asked(jobs)


def test_a_few_pictures_are_named_from_the_index(tmp_path: Path) -> None:
    index = tmp_path / "index.jsonl"
    index.write_text("\n".join(json.dumps({"path": f"ants/{i}.jpg"}) for i in range(900)), encoding="utf-8")
    found = samples(str(index), "/photos")
    assert found == {"samples": [f"/photos/ants/{i}.jpg" for i in range(0, 600, 100)], "masks": []}
    assert len(found["samples"]) == cost_estimate.SAMPLES
    index.write_text(json.dumps({"path": "a.jpg", "mask": "/masks/a.png"}), encoding="utf-8")
    assert samples(str(index), "/photos") == {"samples": ["/photos/a.jpg"], "masks": ["/masks/a.png"]}
    assert samples(str(tmp_path / "gone"), "/photos") == {}
    index.write_text('{"path": ', encoding="utf-8")
    assert samples(str(index), "/photos") == {}

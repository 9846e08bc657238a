"""The list of runs: asked for once, again when runs change, and the live one follows its epochs."""

from __future__ import annotations

from typing import Any

from tlstudio.errors import StudioError
from tlstudio.events import EpochEnded, RunStarted
from tlstudio.gui.run_list import RunList
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe


def row(path: str, state: str = "finished") -> dict[str, Any]:
    return {"name": path, "path": path, "title": path, "state": state, "error": None, "epoch": 0, "curve": []}


def epoch(n: int) -> EpochEnded:
    return EpochEnded(
        epoch=n, stage="head", train_loss=1.0, train_accuracy=0.5, val_loss=0.9, val_accuracy=0.1 * n, correct=n, n=10,
        lr=0.1, backbone_lr=0.0, seconds=1.0, images_per_second=9.0, best=True,
    )  # fmt: skip


def started(run: str) -> RunStarted:
    return RunStarted(
        run=run, name="", task="classification", model="m", strategy="head", epochs=5, steps_per_epoch=1, n_train=1, n_val=1, n_test=0,
        classes=["a", "b"], device="cpu", params=1, params_learning=1, cached=True,
    )  # fmt: skip


def test_a_session_has_one_list(session: Session) -> None:
    assert RunList.of(session) is RunList.of(session)


def test_it_is_asked_for_once_and_again_when_runs_change(session: Session, jobs: Any) -> None:
    runs = RunList.of(session)
    runs.ask()
    runs.ask()
    assert [job.job for job in jobs] == ["runs"]
    session.runs_changed.emit()  # while it is being read: read once more afterwards
    assert len(jobs) == 1
    jobs.last("runs").done.emit([row("a"), row("b", "unfinished")])
    assert len(jobs) == 2
    jobs.last("runs").done.emit([row("a")])
    assert len(jobs) == 2
    assert [r["path"] for r in runs.finished] == ["a"]


def test_trouble_is_kept_for_the_page(session: Session, jobs: Any) -> None:
    runs = RunList.of(session)
    runs.ask()
    jobs.last("runs").failed.emit(StudioError("The disk is gone"))
    assert runs.loading.state == "failed"


def test_the_live_run_follows_its_epochs(session: Session, jobs: Any) -> None:
    runs = RunList.of(session)
    runs.ask()
    jobs.last("runs").done.emit([])
    session.live.start(Recipe(), session.trainer.submit("train"))
    jobs.last("train").events.emit([started("/runs/new")])
    assert len([job for job in jobs if job.job == "runs"]) == 2  # a run that the list does not know
    jobs.last("runs").done.emit([row("/runs/new", "live")])
    jobs.last("train").events.emit([epoch(1), epoch(2)])
    live = runs.find("/runs/new")
    assert live is not None
    assert (live["epoch"], live["curve"], live["val_accuracy"]) == (2, [0.1, 0.2], 0.2)
    assert len([job for job in jobs if job.job == "runs"]) == 2

"""Ticked runs beside each other: measured where needed, refused where that makes no sense, drawn in five views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tlstudio import events, places
from tlstudio.errors import StudioError
from tlstudio.gui.compared_lines import Told, smoothed
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.compare_card import CompareCard
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.trash_dialog import TrashDialog
from tlstudio.gui.widgets.verdict_host import VerdictHost
from tlstudio.recipe import Recipe
from tlstudio.run_rows.judged import Judged
from tlstudio.runs import Run


def judged(said: list[int], classes: list[str] | None = None) -> Judged:
    truth, answers = np.array([0, 0, 1, 1]), np.array(said)
    confusion = np.bincount(truth * 2 + answers, minlength=4).reshape(2, 2)
    recall = np.diag(confusion) / 2
    paths = [f"/p/{i}.jpg" for i in range(4)]
    counts = np.array([2, 2])
    return Judged("classification", classes or ["ants", "bees"], paths, truth, answers, (truth == answers) * 1.0, recall, counts, confusion)


@pytest.fixture
def card(qtbot: QtBot, session: Session) -> CompareCard:
    made = CompareCard(session)
    qtbot.addWidget(made)
    made.resize(800, 360)
    made.show()
    return made


def ticked(home: Path, n: int = 2) -> list[tuple[dict[str, Any], LineStyle]]:
    out = []
    for i in range(n):
        run = Run.create(Recipe().set({"name": f"run {i}", "training.seed": i}), home / "runs" / f"run-{i}")
        row = {"path": str(run.path), "name": run.name, "title": f"run {i}", "state": "finished", "task": "classification", "curve": [0.5]}
        out.append((row | {"epoch": 1, "seconds": 1.0, "val_loss": 0.1}, LineStyle(i)))
    return out


def answer(card: CompareCard, jobs: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, said: dict[str, Judged]) -> None:
    """Let each run be measured, and give what is read of it."""
    monkeypatch.setattr("tlstudio.run_rows.judged.read", lambda run, *_, **__: said[run.name])
    for _ in said:
        n = len(jobs)
        qtbot.waitUntil(lambda n=n: len(jobs) > n or (n > 0 and not getattr(jobs[-1], "answered", False)))
        n = len(jobs)
        jobs[-1].answered = True
        jobs[-1].done.emit({"predictions": "x", "per_class": []})
        qtbot.waitUntil(lambda n=n: len(jobs) > n or card.comparison.loading.state in ("ready", "failed"))


def test_runs_are_measured_then_shown_in_every_view(
    card: CompareCard, jobs: Any, home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.show_rows(ticked(home))
    assert not jobs  # nothing is measured for curves alone
    card.show_view("confusion")
    answer(card, jobs, qtbot, monkeypatch, {"run-0": judged([0, 1, 1, 1]), "run-1": judged([0, 0, 0, 1])})
    assert [job.args["run"] for job in jobs if job.job == "evaluate"] == [row["path"] for row, _ in card.finished]
    cells = card.findChild(object, "differenceMatrix")
    assert [[cells.model().index(i, j).data() for j in range(2)] for i in range(2)] == [["+1", "−1"], ["+1", "−1"]]
    card.show_view("classes")
    table = card.findChild(object, "classDifferences").model()
    assert [[table.index(i, j).data() for j in (0, 4)] for i in range(2)] == [["bees", "−50.0"], ["ants", "+50.0"]]
    card.show_view("pictures")
    pictures = card.findChild(object, "toldApart")
    assert pictures.places == [1]
    opened: list[tuple[str, str]] = []
    card.opened.connect(lambda row, picture: opened.append((row["title"], picture)))
    pictures.tiles[0].picture.clicked.emit()
    assert opened == [("run 0", "/p/1.jpg")]
    card.show_view("settings")
    qtbot.waitUntil(lambda: card.findChild(object, "differingSettings").model().rowCount() == 1)
    assert card.findChild(object, "differingSettings").model().index(0, 0).data() == "Training: seed"
    assert len([job for job in jobs if job.job == "evaluate"]) == 2


def test_where_the_views_do_not_stand_side_by_side_they_are_a_list(card: CompareCard) -> None:
    card.set_narrow(True)
    assert not card.choice.isVisible()
    at = card.choices.findData("settings")
    card.choices.setCurrentIndex(at)
    card.choices.activated.emit(at)
    assert card.view == "settings"
    card.set_narrow(False)
    assert card.choice.buttons["settings"].isChecked()
    assert not card.choices.isVisible()


def test_other_classes_are_refused_in_words(
    card: CompareCard, jobs: Any, home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.show_rows(ticked(home))
    card.show_view("classes")
    answer(card, jobs, qtbot, monkeypatch, {"run-0": judged([0] * 4), "run-1": judged([0] * 4, ["ants", "wasps"])})
    assert card.comparison.loading.state == "failed"
    assert "wasps" in str(card.comparison.loading.error)


def test_a_measurement_that_fails_offers_to_find_the_images(card: CompareCard, jobs: Any, home: Path, qtbot: QtBot) -> None:
    card.show_rows(ticked(home)[:1])
    card.show_view("confusion")
    assert "Tick two" in card.findChild(object, "compareState").accessibleName()
    card.show_rows(ticked_again(home))
    qtbot.waitUntil(lambda: bool(jobs))
    jobs.last("evaluate").failed.emit(StudioError("The images are gone"))
    assert card.comparison.failed_run is not None
    card.comparison.again("/elsewhere")
    assert jobs.last("evaluate").args["data"] == "/elsewhere"


def ticked_again(home: Path) -> list[tuple[dict[str, Any], LineStyle]]:
    return [(row | {"path": row["path"] + "x"}, style) for row, style in ticked(home / "more")]


def test_lines_lie_on_each_axis() -> None:
    def epoch(n: int, at: float) -> events.EpochEnded:
        return events.EpochEnded(
            epoch=n, stage="", train_loss=1.0, train_accuracy=0.5, val_loss=0.5, val_accuracy=0.1 * n, correct=1, n=10, lr=0.1,
            backbone_lr=0.1, seconds=1.0, images_per_second=1.0, best=True, at=at,
        )  # fmt: skip

    def started(at: float, **more: Any) -> events.RunStarted:
        return events.RunStarted(
            run="/r", name="", task="", model="", strategy="", epochs=2, steps_per_epoch=2, n_train=1, n_val=1, n_test=0, classes=[],
            device="", params=1, params_learning=1, cached=False, at=at, **more,
        )  # fmt: skip

    steps = {"loss": [1.0, 2.0], "accuracy": [0.5, 0.5], "lr": [0.1, 0.1], "backbone_lr": [0.0, 0.0]}
    told = Told.of(
        [
            started(100.0), events.Steps(epoch=1, first=1, at=130.0, **steps), epoch(1, 160.0),
            started(9000.0, resumed_from=(1, 0)), events.Steps(epoch=2, first=1, at=9030.0, **steps), epoch(2, 9060.0),
        ]
    )  # fmt: skip
    assert told.line("val", "epochs")[0].tolist() == [1, 2]
    assert told.line("val", "minutes")[0].tolist() == [1.0, 2.0]  # the night between is not counted
    assert told.line("train_loss", "steps")[0].tolist() == [1, 2, 3, 4]
    assert told.line("lr", "minutes")[0].tolist() == [0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.99])
def test_smoothing_is_the_running_mean(weight: float) -> None:
    values = np.random.default_rng(3).normal(size=5000)
    values[17] = np.nan
    mean, wanted = values[0], []
    for value in values:
        mean = mean if np.isnan(value) else weight * mean + (1 - weight) * value
        wanted.append(mean)
    np.testing.assert_allclose(smoothed(values, weight), wanted, rtol=1e-6, atol=1e-9)
    assert smoothed(values, 0.0) is values


def test_the_verdict_has_a_place_of_its_own(qtbot: QtBot) -> None:
    from tlstudio.gui.widgets.run_side_stack import RunSideStack

    side = RunSideStack()
    qtbot.addWidget(side)
    side.show()
    host = side.findChild(VerdictHost, "verdictHost")
    assert host.isHidden()
    assert side.run.isVisible()
    host.show_content(RunSideStack())
    assert host.isVisible()
    assert not side.run.isVisible()
    side.show_view("run")
    assert side.run.isVisible()
    host.show_content(None)
    assert host.isHidden()


def test_the_trash_is_restored_from_and_emptied(qtbot: QtBot, home: Path) -> None:
    from PySide6.QtWidgets import QMessageBox, QWidget

    runs = [Run.create(Recipe().set({"name": f"run {i}"}), places.runs() / f"run-{i}") for i in range(2)]
    for run in runs:
        run.to_trash()
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    dialog = TrashDialog(window)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() == 2)
    with qtbot.waitSignal(dialog.changed):
        dialog.restore.click()
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() == 1)
    assert runs[1].path.exists()
    dialog.empty.click()
    box = dialog.findChild(QMessageBox, "emptyQuestion")
    next(one for one in box.buttons() if "good" in one.text()).click()
    qtbot.waitUntil(lambda: list(places.trash().iterdir()) == [])
    qtbot.waitUntil(lambda: not dialog.empty.isEnabled())
    dialog.close()

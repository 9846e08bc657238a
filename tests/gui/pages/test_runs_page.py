"""The runs page: what is listed, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.pages.conftest import standing
from tlstudio import places
from tlstudio.gui import runs_text
from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.runs import RunsPage
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.runs_columns import COLUMNS
from tlstudio.gui.widgets.runs_model import NOTE
from tlstudio.gui.widgets.runs_table import RunsTable
from tlstudio.recipe import Recipe
from tlstudio.run_rows import elsewhere, notes
from tlstudio.runs import Run


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> Iterator[RunsPage]:
    yield from standing(RunsPage(session))


@pytest.fixture
def run(home: Path) -> Run:
    return Run.create(Recipe().set({"name": "Ants", "data.path": "/photos/ants", "training.epochs": 3}))


def row(run: Run, **changes: Any) -> dict[str, Any]:
    return {
        "name": run.name, "path": str(run.path), "title": "Ants", "state": "finished", "error": None, "reason": "completed",
        "failure": None, "model": "efficientnet_lite0", "strategy": "head", "data": "/photos/ants", "augment": False, "lr": 0.01,
        "backbone_lr": 0.0001, "batch_size": 32, "seed": 7, "epochs": 3, "epoch": 3, "best_epoch": 2, "started": 1.7e9, "seconds": 13.0,
        "val_accuracy": 0.9, "val_accuracy_interval": [0.8, 0.95], "val_loss": 0.2, "val_n": 40, "curve": [0.5, 0.9, 0.8],
    } | changes  # fmt: skip


def button(page: RunsPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def fill(page: RunsPage, jobs: Any, *rows: dict[str, Any]) -> RunsTable:
    page.entered()
    jobs.last("runs").done.emit(list(rows))
    QApplication.processEvents()
    table = page.findChild(RunsTable)
    assert isinstance(table, RunsTable)
    return table


def test_with_no_runs_it_says_so(page: RunsPage, jobs: Any) -> None:
    fill(page, jobs)
    assert any(label.text() == "There are no runs yet" and label.isVisible() for label in page.findChildren(QLabel))
    assert page.mark() == ("", "")


def test_runs_are_listed_counted_and_drawn(page: RunsPage, jobs: Any, run: Run) -> None:
    table = fill(page, jobs, row(run), row(run, path="/runs/b", name="b"))
    assert page.mark() == ("", "2 runs")
    assert table.objectName() == "runsTable"
    assert len(table.rows.compared) == 2
    assert page.findChild(object, "compareCurves") is not None


def test_the_filter_waits_for_the_hand(page: RunsPage, jobs: Any, run: Run, qtbot: QtBot) -> None:
    table = fill(page, jobs, row(run), row(run, path="/runs/b", title="Bees"))
    page.findChild(object, "runsFilter").setText("bees")
    qtbot.waitUntil(lambda: table.model().rowCount() == 1)
    assert any("1 of 2 runs" in label.text() for label in page.findChildren(QLabel))


def test_look_opens_the_results(page: RunsPage, jobs: Any, run: Run, session: Session, qtbot: QtBot) -> None:
    fill(page, jobs, row(run))
    with qtbot.waitSignal(session.asked_for) as asked:
        button(page, "lookButton").click()
    assert asked.args == ["results"]
    assert session.result_run == str(run.path)


def test_buttons_follow_the_selection(page: RunsPage, jobs: Any, run: Run) -> None:
    table = fill(page, jobs, row(run), row(run, path="/b", state="unfinished"), row(run, path="/c", state="live"))

    def enabled() -> list[bool]:
        return [button(page, name).isEnabled() for name in ("lookButton", "rerunButton", "resumeButton", "deleteButton")]

    assert enabled() == [True, True, False, True]
    table.select(["/b"])
    assert enabled() == [False, True, True, True]
    table.select(["/c"])
    assert enabled() == [False, True, False, False]
    table.clearSelection()
    assert enabled() == [False] * 4


def test_rerun_takes_the_recipe_and_starts_when_its_images_are_open(page: RunsPage, jobs: Any, run: Run, session: Session) -> None:
    fill(page, jobs, row(run))
    button(page, "rerunButton").click()
    assert session.recipe.training.epochs == 3
    assert not [job for job in jobs if job.job == "train"]
    classes = [{"name": name, "count": 4} for name in ("ants", "bees")]
    document = {"source": "/photos/ants", "classes": classes, "images": 8, "splits": {"train": 6, "val": 2}}
    session.data = Loading("ready", "/photos/ants", document)
    session.data_changed.emit()
    assert jobs.last("train").args["recipe"]["name"] == "Ants"
    session.data_changed.emit()
    assert len([job for job in jobs if job.job == "train"]) == 1
    session.undo.undo()
    assert session.recipe.training.epochs == 20


def test_resume_goes_on_with_an_unfinished_run(page: RunsPage, session: Session, jobs: Any, run: Run, qtbot: QtBot) -> None:
    fill(page, jobs, row(run, state="unfinished", reason=None))
    button(page, "resumeButton").click()
    qtbot.waitUntil(lambda: session.live.active)
    assert jobs.last("resume").args == {"run": str(run.path)}


def test_delete_can_be_undone(page: RunsPage, jobs: Any, run: Run, qtbot: QtBot) -> None:
    fill(page, jobs, row(run))
    before = len(jobs)
    button(page, "deleteButton").click()
    notice = page.findChild(object, "trashNotice")
    qtbot.waitUntil(lambda: not run.path.exists() and notice.isVisible())
    assert len(list(places.trash().iterdir())) == 1
    assert len(jobs) == before + 1  # the list is read again
    jobs.last("runs").done.emit([row(run, path="/b")])
    notice.undo.click()
    qtbot.waitUntil(lambda: (run.path / "recipe.toml").exists() and not notice.isVisible())
    assert list(places.trash().iterdir()) == []


def test_a_live_run_cannot_be_deleted_behind_the_pages_back(page: RunsPage, jobs: Any, run: Run, session: Session, qtbot: QtBot) -> None:
    fill(page, jobs, row(run))
    with run.locked(), qtbot.waitSignal(session.trouble) as told:
        button(page, "deleteButton").click()
    assert "being trained right now" in str(told.args[0])
    assert run.path.exists()


def test_a_clone_is_a_step_that_can_be_undone(page: RunsPage, jobs: Any, run: Run, session: Session, qtbot: QtBot) -> None:
    fill(page, jobs, row(run))
    with qtbot.waitSignal(session.asked_for) as asked:
        button(page, "cloneButton").click()
    assert asked.args == ["train"]
    assert (session.recipe.name, session.recipe.training.epochs) == ("Ants 2", 3)
    session.undo.undo()
    assert session.recipe == Recipe()
    page._do("next_seed")
    assert session.recipe.training.seed == run.recipe().training.seed + 1


def test_a_run_made_elsewhere_asks_where_its_images_are(page: RunsPage, jobs: Any, tmp_path: Path, session: Session, qtbot: QtBot) -> None:
    far = Run.create(Recipe().set({"name": "Far", "data.path": "/cluster/ants"}), tmp_path / "far")
    far.write_text("events.jsonl", "")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(far.path))])
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    fill(page, jobs)
    before = len(jobs)
    page.dropEvent(drop)
    qtbot.waitUntil(lambda: len(jobs) > before)
    jobs.last("runs").done.emit([row(far, title="Far", elsewhere=True)])
    assert [entry["title"] for entry in page._table.selected()] == ["Far"]
    assert button(page, "deleteButton").text() == "Remove"
    button(page, "cloneButton").click()
    box = page.findChild(QMessageBox, "imagesElsewhere")
    assert "/cluster/ants" in box.informativeText()
    box.reject()
    assert session.recipe == Recipe()
    session.data = Loading("ready", "/here", {"source": "/here"})
    session.recipe = session.recipe.set({"data.path": "/here"})
    button(page, "cloneButton").click()
    box = page.findChildren(QMessageBox, "imagesElsewhere")[-1]
    next(one for one in box.buttons() if "open images" in one.text()).click()
    assert (session.recipe.name, session.recipe.data.path) == ("Far 2", "/here")
    button(page, "deleteButton").click()
    qtbot.waitUntil(lambda: elsewhere.known() == [])
    assert far.path.exists()


def test_notes_and_tags_go_into_the_folder_and_the_table(page: RunsPage, jobs: Any, run: Run, qtbot: QtBot) -> None:
    table = fill(page, jobs, row(run), row(run, path="/runs/b", name="b"))
    note = table.model().index(0, NOTE)
    assert table.model().setData(note, "for the poster", Qt.ItemDataRole.EditRole)
    qtbot.waitUntil(lambda: note.data() == "for the poster")
    page.side.run.chips.new.setText("best")
    page.side.run.chips.new.returnPressed.emit()
    qtbot.waitUntil(lambda: notes.read(run)["tags"] == ["best"])
    qtbot.waitUntil(lambda: table.rows.all[0].get("tags") == ["best"])
    tags = page.head.tags
    assert tags.isVisible()
    assert [tags.itemText(i) for i in range(2)] == ["All tags", "best"]
    tags.setCurrentIndex(1)
    tags.activated.emit(1)
    assert table.model().rowCount() == 1
    assert "| for the poster |" in runs_text.as_markdown(*table.texts())
    page.side.run.note.setPlainText("longer\nthan a line")
    page.side.run.write()
    qtbot.waitUntil(lambda: notes.read(run)["note"] == "longer\nthan a line")
    qtbot.waitUntil(lambda: table.model().index(0, NOTE).data() == "longer")


def test_one_row_follows_the_live_run(page: RunsPage, jobs: Any, run: Run) -> None:
    table = fill(page, jobs, row(run), row(run, path="/runs/b", name="b", val_accuracy=0.5))
    resets: list[int] = []
    table.model().modelReset.connect(lambda: resets.append(1))
    page._list.change("/runs/b", val_accuracy=0.75)
    column = next(i for i, one in enumerate(COLUMNS) if one.key == "val_accuracy")
    assert table.model().index(1, column).data() == "75.0%"
    assert not resets

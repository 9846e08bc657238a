"""The table of runs: ticks, sorting, filtering, only what differs; and the curves of what is ticked."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.widgets.curves_of_runs import CurvesOfRuns
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.runs_model import COLUMNS, COMPARE, TITLE, names_of, state_of, state_words
from tlstudio.gui.widgets.runs_table import RunsTable

KEYS = {column.key: i for i, column in enumerate(COLUMNS)}


def row(i: int, **changes: Any) -> dict[str, Any]:
    return {
        "name": f"run-{i}", "path": f"/runs/run-{i}", "title": f"Ants {i}", "state": "finished", "error": None, "reason": "completed",
        "failure": None, "model": "efficientnet_lite0", "strategy": "head", "data": "/photos/ants", "augment": False, "lr": 0.01,
        "backbone_lr": 0.0001, "batch_size": 32, "seed": 7, "epochs": 20, "epoch": 20, "best_epoch": 9, "started": 1.7e9 - i,
        "seconds": 13.0 + i, "val_accuracy": 0.9 + 0.001 * (i % 50), "val_accuracy_interval": [0.85, 0.95], "val_loss": 0.2, "val_n": 153,
        "curve": [0.5, 0.7, 0.9],
    } | changes  # fmt: skip


def table(qtbot: QtBot, rows: list[dict[str, Any]]) -> RunsTable:
    made = RunsTable()
    qtbot.addWidget(made)
    made.resize(1000, 300)
    made.show()
    made.show_rows(rows)
    return made


def titles(made: RunsTable) -> list[str]:
    return [made.model().index(i, TITLE).data() for i in range(made.model().rowCount())]


def test_only_what_differs_is_shown_and_the_rest_is_said(qtbot: QtBot) -> None:
    made = table(qtbot, [row(0), row(1, strategy="full", lr=0.002)])
    assert made.isColumnHidden(KEYS["model"])
    assert not made.isColumnHidden(KEYS["strategy"])
    assert not made.isColumnHidden(KEYS["lr"])
    assert not made.isColumnHidden(KEYS["val_loss"])  # what came out is always shown
    assert ("Model", "efficientnet_lite0") in made.same
    made.show_only_differing(False)
    assert not made.isColumnHidden(KEYS["model"])
    made.show_only_differing(True)
    made.resize(2600, 300)
    made.filter_by("everything")
    assert titles(made) == ["Ants 1"]
    assert not made.isColumnHidden(KEYS["model"])  # one run alone: nothing to compare with
    assert made.same == []


def test_columns_give_way_before_the_table_scrolls_sideways(qtbot: QtBot) -> None:
    made = table(qtbot, [row(0), row(1, strategy="full", lr=0.002, seed=8, batch_size=16, epochs=40, model="resnet18", head="mlp")])

    def shown() -> set[str]:
        return {key for key, i in KEYS.items() if not made.isColumnHidden(i)}

    def scrolls() -> bool:
        return made.horizontalHeader().length() > made.viewport().width()

    assert not scrolls()
    assert {"compare", "title", "strategy", "val_accuracy", "lr", "seed"} <= shown()
    assert "note" not in shown(), "there is none"
    assert "95% interval" in made.left_out
    assert "Note" not in made.left_out, "nobody misses it"
    assert "95% interval" in made.texts()[0], "on paper there is room"
    made.select(["/runs/run-0"])
    made.write_note()
    assert "note" in shown()
    made.resize(2000, 300)
    assert made.left_out == []
    assert {"interval", "batch_size", "head", "note"} <= shown()
    made.resize(1000, 300)
    made.choose_column("interval", True)
    assert "interval" in shown(), "what was chosen stays"
    assert not scrolls(), "others give way to it"
    made.show_only_differing(False)
    assert scrolls(), "all settings are wanted"
    assert made.left_out == []


def test_ticks_give_each_run_a_line_of_its_own(qtbot: QtBot) -> None:
    made = table(qtbot, [row(i) for i in range(4)])
    box = made.visualRect(made.model().index(1, COMPARE)).center()
    QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=box)
    made.select(["/runs/run-3"])
    QTest.keyClick(made, Qt.Key.Key_Space)
    styles = {r["path"]: style.index for r, style in made.rows.compared_rows()}
    assert styles == {"/runs/run-1": 0, "/runs/run-3": 1}
    made.rows.compare("/runs/run-1", False)
    made.rows.compare("/runs/run-0", True)
    assert made.rows.compared["/runs/run-0"].index == 0  # the style that came free
    assert made.model().index(0, COMPARE).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    made.show_rows([row(3), row(4)])
    assert [entry["path"] for entry, _ in made.rows.compared_rows()] == ["/runs/run-3"]


def test_sorting_keeps_the_selection(qtbot: QtBot) -> None:
    made = table(qtbot, [row(0, val_accuracy=0.8), row(1, val_accuracy=None, state="unfinished"), row(2, val_accuracy=0.9)])
    made.select(["/runs/run-0"])
    made.sortByColumn(KEYS["val_accuracy"], Qt.SortOrder.DescendingOrder)
    assert titles(made) == ["Ants 2", "Ants 0", "Ants 1"]
    assert [r["path"] for r in made.selected()] == ["/runs/run-0"]
    made.sortByColumn(KEYS["seconds"], Qt.SortOrder.AscendingOrder)
    assert titles(made) == ["Ants 0", "Ants 1", "Ants 2"]


def test_states_are_words(qtbot: QtBot) -> None:
    live, torn = row(0, state="live", epoch=3), row(1, state="unfinished", epoch=7)
    assert state_words(live) == "running, 3 of 20"
    assert state_words(torn) == "unfinished, 7 of 20"
    assert state_of(row(2, state="unfinished", failure="The disk is full")) == "failed"
    assert state_of(row(2, reason="stopped")) == "stopped"
    bare = dict.fromkeys(row(3)) | {"name": "x", "path": "/x", "title": "x", "state": "unfinished", "error": "The recipe is broken"}
    made = table(qtbot, [live, torn, bare])
    assert state_of(bare) == "unreadable"
    assert made.model().index(2, KEYS["state"]).data(Qt.ItemDataRole.ToolTipRole) == "The recipe is broken"
    assert made.model().index(2, KEYS["val_accuracy"]).data() == "–"
    assert not made.grab().isNull()


def test_looking_at_a_run(qtbot: QtBot) -> None:
    made = table(qtbot, [row(0), row(1)])
    asked: list[str] = []
    made.looked_at.connect(lambda r: asked.append(r["path"]))
    made.select(["/runs/run-1"])
    QTest.keyClick(made, Qt.Key.Key_Return)
    assert asked == ["/runs/run-1"]


def test_ten_thousand_runs(qtbot: QtBot) -> None:
    made = RunsTable()
    qtbot.addWidget(made)
    rows = [row(i) for i in range(10_000)]
    began = time.thread_time()
    made.show_rows(rows)
    made.sortByColumn(KEYS["val_accuracy"], Qt.SortOrder.DescendingOrder)
    made.filter_by("ants 99")
    assert time.thread_time() - began < 3.0
    assert made.model().rowCount() == sum("99" in str(i) for i in range(10_000))


def test_names_are_as_short_as_tells_them_apart() -> None:
    assert names_of([row(0), row(1)]) == ["Ants 0", "Ants 1"]
    same = {"title": "Ants"}
    assert names_of([row(0, **same), row(1, strategy="full", **same)]) == ["Head only", "Everything"]
    names = names_of([row(0, **same), row(1, strategy="full", **same), row(2, title="Bees")])
    assert names == ["Ants, head only", "Ants, everything", "Bees, head only"]


def test_curves_follow_the_ticks_and_the_theme(qtbot: QtBot, qapp: Any) -> None:
    theme.apply(qapp, theme.LIGHT)
    made = table(qtbot, [row(0), row(1, curve=[0.2, None, 0.6, 0.7]), row(2, curve=[])])
    card = CurvesOfRuns()
    qtbot.addWidget(card)
    card.resize(600, 260)
    card.show()
    for i in range(3):
        made.rows.compare(f"/runs/run-{i}", True)
    card.show_rows(made.rows.compared_rows())
    plot = card.findChild(object, "compareCurves")
    assert plot is not None

    def lines() -> list[Any]:
        return [item for item in plot.getPlotItem().listDataItems() if item.xData is not None and len(item.xData)]

    assert [len(item.xData) for item in lines()] == [3, 4]  # a run without an epoch has no line
    ink = lines()[0].opts["pen"].color().name()
    theme.apply(qapp, theme.DARK)
    assert lines()[0].opts["pen"].color().name() != ink
    card.show_rows([])
    assert not plot.isVisible()
    theme.apply(qapp, theme.LIGHT)


def test_a_run_that_comes_back_out_of_the_trash_is_ticked_as_it_was(qtbot: QtBot) -> None:
    made = table(qtbot, [row(i) for i in range(3)])
    made.rows.compare("/runs/run-0", True)
    made.rows.compare("/runs/run-1", True)
    before = made.rows.compared["/runs/run-0"]
    made.show_rows([row(1), row(2)])
    assert [entry["name"] for entry, _ in made.rows.compared_rows()] == ["run-1"]
    made.show_rows([row(i) for i in range(3)])
    assert next((entry["name"], style.index) for entry, style in made.rows.compared_rows()) == ("run-0", before.index)


def test_only_what_the_filter_shows_is_drawn(qtbot: QtBot) -> None:
    made = table(qtbot, [row(0), row(1, strategy="full")])
    for path in ("/runs/run-0", "/runs/run-1"):
        made.rows.compare(path, True)
    told: list[list[str]] = []
    made.rows.compared_changed.connect(lambda: told.append([entry["name"] for entry, _ in made.rows.compared_rows()]))
    made.filter_by("everything")
    made.filter_by("")
    assert told == [["run-1"], ["run-0", "run-1"]]


def test_columns_and_curves_of_tasks(qtbot: QtBot) -> None:
    masks = {"task": "segmentation", "val_accuracy": None, "val_accuracy_interval": None, "val_mean_iou": 0.431, "val_pixel_accuracy": 0.8}
    made = table(qtbot, [row(0, task="classification"), row(1, task="classification")])
    hidden = [made.isColumnHidden(KEYS[key]) for key in ("task", "val_mean_iou", "val_pixel_accuracy", "val_accuracy")]
    assert hidden == [True, True, True, False]
    made.show_rows([row(0, **masks)])
    assert [made.isColumnHidden(KEYS[key]) for key in ("task", "val_mean_iou", "val_accuracy", "interval")] == [True, False, True, True]
    made.show_rows([row(0, **masks), row(1, task="classification")])
    model = made.model()
    assert [model.index(i, KEYS["task"]).data() for i in range(2)] == ["masks", "classes"]
    assert [model.index(i, KEYS["val_mean_iou"]).data() for i in range(2)] == ["0.431", "–"]
    assert not made.isColumnHidden(KEYS["task"])
    made.filter_by("masks")
    assert titles(made) == ["Ants 0"]
    curves = CurvesOfRuns()
    qtbot.addWidget(curves)
    both = [(row(0, **masks), LineStyle(0)), (row(1, task="classification"), LineStyle(1))]
    curves.show_rows(both[:1])
    curves.show()
    assert (curves.choice.currentText(), curves.unit.whole) == ("Mean IoU on validation", "%, on 153 images")
    curves.show_rows(both[1:])
    assert (curves.choice.currentText(), curves.unit.whole) == ("Validation accuracy", "% of 153 images")
    curves.show_rows(both)
    assert "cannot be compared" in curves.unit.whole

"""What is asked of studies, and what is shown of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio import api
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.studies.compare_sheet import CompareSheet
from tlstudio.gui.studies.studies_sheet import StudiesSheet
from tlstudio.gui.studies.sweep_sheet import SweepSheet
from tlstudio.gui.studies.verdict_card import VerdictCard
from tlstudio.gui.studies.verdict_watch import VerdictWatch
from tlstudio.gui.widgets.verdict_host import VerdictHost
from tlstudio.gui.words import percent
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.verdict import Judged, verdict


def document(*accuracies: float) -> dict[str, Any]:
    base = np.random.default_rng(0).random(100)
    names = ("Gradual", "Head only", "Everything")
    arms = [
        Judged(name, np.array([(base < accuracy + 0.01 * seed).astype(float) for seed in range(3)]), seconds=[20.0 * (i + 1)] * 3)
        for i, (name, accuracy) in enumerate(zip(names, accuracies, strict=False))
    ]
    return verdict(arms, question="Which?")


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    out = QWidget()
    out.resize(1200, 800)
    qtbot.addWidget(out)
    return out


def test_the_verdict_in_words_and_as_text(qtbot: QtBot, qapp: QApplication) -> None:
    card = VerdictCard()
    qtbot.addWidget(card)
    said = document(0.9, 0.5)
    card.show_verdict(said)
    assert card._headline.text() == said["headline"]
    (pair,) = card._forest.pairs
    assert pair["verdict"] == "better"
    assert card._forest.reach() >= 100 * max(abs(end) for end in pair["interval"])
    card.copy.click()
    copied = qapp.clipboard().text()
    assert said["headline"] in copied
    assert f"Gradual: {percent(said['arms'][0]['accuracy'])}" in copied
    card.show_busy()
    assert card._forest.isHidden()
    assert card.copy.isHidden()


def test_a_comparison_is_asked_for(session: Session, jobs: Any, parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = CompareSheet(session, parent)
    assert not sheet.start.isEnabled(), "there are no images"
    session.data = Loading("ready", "x", {"classes": []})
    monkeypatch.setattr(Session, "obstacles", lambda self: [])
    sheet.findChild(QCheckBox, "arm_gradual").click()
    sheet.findChild(QCheckBox, "compareShares").click()
    assert sheet.says.text().startswith("60 runs")
    for name in ("arm_gradual", "arm_full"):
        sheet.findChild(QCheckBox, name).click()
    assert not sheet.start.isEnabled()
    sheet.findChild(QWidget, "compareScratch").click()
    assert sheet.start.isEnabled()
    sheet.start.click()
    asked = jobs.last("compare_choices").args
    assert asked["arms"] == ["pretrained", "scratch"]
    assert (asked["seeds"], asked["shares"], asked["epochs"]) == (5, [0.1, 0.25, 0.5, 1.0], 20)
    assert session.studying.active


def test_a_sweep_is_asked_for(session: Session, jobs: Any, parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    session.data = Loading("ready", "x", {"classes": []})
    monkeypatch.setattr(Session, "obstacles", lambda self: [])
    sheet = SweepSheet(session, parent)
    words = sheet.findChild(QLineEdit, "range_optimizer.lr")
    words.setText("0.1..1000:log")
    assert not sheet.start.isEnabled(), "beyond the field's bounds"
    assert "optimizer.lr" in sheet.says.text()
    words.setText("0.001..0.1:log")
    sheet.findChild(QCheckBox, "vary_training.batch_size").click()
    at = sheet._more.findData("training.ema")
    sheet._more.setCurrentIndex(at)
    sheet._more.activated.emit(at)
    sheet.findChild(QLineEdit, "range_training.ema").setText("0.9,0.99")
    sheet.start.click()
    asked = jobs.last("sweep").args
    assert asked["vary"]["optimizer.lr"] == {"low": 0.001, "high": 0.1, "log": True}
    assert asked["vary"]["training.batch_size"] == {"choices": [8, 16, 32]}
    assert asked["vary"]["training.ema"] == {"choices": [0.9, 0.99]}


ROW = {"kind": "comparison", "title": "Comparing", "question": "", "state": "unfinished", "done": 1, "failed": 0, "of": 2, "headline": ""}


def test_a_study_can_be_looked_at_and_gone_on_with(
    session: Session, jobs: Any, parent: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"number": 1, "title": "Head only, seed 7", "state": "failed", "why": "Disk full", "seed": 7, "value": None, "seconds": None}
    one = {**ROW, "study": "one", "entries": [entry], "verdict": document(0.8, 0.8)}
    told: list[tuple[str, int, str]] = []
    monkeypatch.setattr(api, "study", lambda name: one)
    monkeypatch.setattr(api, "studies", lambda: [{**ROW, "study": "one"}])
    monkeypatch.setattr(api, "change_queue", lambda *asked: told.append(asked) or one)
    sheet = StudiesSheet(session, parent)
    sheet.show_studies([{**ROW, "study": "one"}, {**ROW, "study": "two", "title": "Sweep", "kind": "sweep"}])
    sheet.list.setCurrentRow(1)
    assert jobs.last("study").args == {"name": "two"}
    trial = {"number": 3, "state": "pruned", "values": {"optimizer.lr": 0.01}, "metric": 0.9, "run": "/r", "seconds": 2.0, "why": ""}
    found = {**ROW, "study": "two", "kind": "sweep", "entries": [], "verdict": None, "trials": [trial], "vary": {"optimizer.lr": {}}}
    jobs.last("study").done.emit({**found, "sentence": "The best came to 90 %", "importance": {"optimizer.lr": 1.0}})
    assert "optimizer.lr 100%" in sheet.view._found.text()
    assert [sheet.view.table.item(0, i).text() for i in range(3)] == ["3", "0.01", "ended early"]
    sheet.list.setCurrentRow(0)
    qtbot.waitUntil(lambda: sheet.view.verdict.text.startswith("Which?"))
    assert sheet.view.table.item(0, 1).text() == "failed: Disk full"
    sheet.view.table.selectRow(0)
    sheet.findChild(QPushButton, "entry_skip").click()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [("one", 1, "skip")]
    assert sheet.findChild(QPushButton, "entry_up").isHidden(), "the order of a comparison is its own"
    sheet.resume.click()
    assert jobs.last("resume_study").args == {"name": "one"}


def test_ticked_runs_get_a_verdict(session: Session, jobs: Any, qtbot: QtBot) -> None:
    host = VerdictHost()
    qtbot.addWidget(host)
    watch = VerdictWatch(session, host)
    rows = [{"path": f"/r{i}", "state": state} for i, state in enumerate(("finished", "unfinished", "finished"))]
    watch.show_rows(rows[:2])
    assert host.content is None
    watch.show_rows(rows)
    qtbot.waitUntil(lambda: any(one.job == "verdict" for one in jobs))
    assert jobs.last("verdict").args == {"runs": ["/r0", "/r2"]}
    jobs.last("verdict").done.emit(document(0.9, 0.9))
    assert watch.card._headline.text().startswith("No detectable difference")
    fair = host.findChild(QPushButton, "compareFairly")
    assert not fair.isHidden()
    watch.show_rows(rows[:1])
    assert host.content is None


def test_curves_over_the_share_of_the_images() -> None:
    from tlstudio.gui.studies.share_curve import lines_of

    curve = [{"arm": arm, "share": share, "mean": mean} for arm, share, mean in (("a", 1.0, 0.9), ("a", 0.1, 0.4), ("b", 1.0, 0.5))]
    (line,) = lines_of(curve)  # one point is no line
    assert line.name == "a"
    assert line.x.tolist() == [10.0, 100.0]
    assert line.y.tolist() == [0.4, 0.9]


def test_failed_runs_of_a_finished_study_can_be_tried_again(session: Session, jobs: Any, parent: QWidget) -> None:
    sheet = StudiesSheet(session, parent)
    done = {**ROW, "study": "one", "state": "finished", "done": 1, "failed": 1}
    sheet.show_studies([done])
    sheet._show({**done, "entries": [], "verdict": None, "why": "The runs were judged by different pictures"})
    assert "different pictures" in sheet.view.verdict.text
    assert sheet.resume.text() == "Try the failed ones again"
    sheet.resume.click()
    assert jobs.last("resume_study").args == {"name": "one"}


def test_a_discarded_study_comes_back(session: Session, parent: QWidget, qtbot: QtBot, home: Path) -> None:
    kept, gone = (StudyFolder.create("queue", name, title=name, question="", asked={}) for name in ("kept", "gone"))
    sheet = StudiesSheet(session, parent, "gone")
    sheet.show()
    qtbot.waitUntil(lambda: sheet.list.count() == 2 and sheet._document.get("study") == "gone")
    sheet.discard.click()
    qtbot.waitUntil(lambda: sheet.list.count() == 1 and sheet.notice.isVisible())
    assert (gone.exists(), kept.exists(), sheet.chosen) == (False, True, "kept")
    sheet.notice.undo.click()
    qtbot.waitUntil(lambda: sheet.list.count() == 2)
    assert gone.exists()
    assert sheet.chosen == "gone", "what came back is looked at"
    assert not sheet.notice.isVisible()

"""One study: what was asked, how far it is, and what came out: a verdict, or the best of a sweep with all its trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.studies.verdict_card import VerdictCard
from tlstudio.gui.widgets.parts import Button, Segments, column, label, row, widget
from tlstudio.gui.words import percent, took

STATES = ("waiting", "running", "done", "pruned", "failed", "skipped")
Cell = tuple[str, bool]  # text, and whether it is a number


class StudyView(QWidget):
    """objectName studyView; studyEntries is its table. Enter, or a double click, on a row asks for its run."""

    run_asked = Signal(str)
    change_asked = Signal(int, str)
    """An entry that waits, or failed: its number and what is to be done with it, as `api.change_queue` takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("studyView")
        self._title, self._asked = label("", "section", wrap=True), label("", "muted", wrap=True)
        self._found = label("", "", wrap=True)
        self.verdict = VerdictCard()
        self.table = QTableWidget(0, 0)
        self.table.setObjectName("studyEntries")
        self.table.setAccessibleName(self.tr("Runs of the study"))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.setToolTip(self.tr("Enter or double click: see the run's results"))
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setWordWrap(False)
        self.table.cellActivated.connect(lambda at, _: self._ask(at))
        self.table.itemSelectionChanged.connect(self._offer)
        self._runs: list[str] = []
        self._entries: Sequence[Mapping[str, Any]] = []
        self._kind = ""
        said = {
            "up": (self.tr("Earlier"), self.tr("Train it before the one above")),
            "down": (self.tr("Later"), self.tr("Train it after the one below")),
            "skip": (self.tr("Leave out"), self.tr("Do not train it; it can be taken back")),
            "take": (self.tr("Take back"), self.tr("Train it after all; for one that failed or was left out")),
            "remove": (self.tr("Remove"), self.tr("Take it off the queue; a run that was trained stays")),
        }
        self._does = {do: Button(word, "quiet", tip=tip, on=partial(self._change, do)) for do, (word, tip) in said.items()}
        for do, button in self._does.items():
            button.setObjectName(f"entry_{do}")
        self._tools = widget(row(*self._does.values(), None, spacing=4))
        self._tools.hide()
        words = {"verdict": self.tr("Verdict"), "runs": self.tr("Runs")}
        tips = {"verdict": self.tr("What the comparison says"), "runs": self.tr("Its runs, one by one")}
        self._choice = Segments(words, "verdict", self._choose, name="studyPart", tips=tips)
        self._part = "verdict"
        head = row((widget(column(self._title, self._asked, spacing=2)), 1), self._choice)
        self.setLayout(column(head, self._found, (self.verdict, 1), (self.table, 1), self._tools, spacing=6))
        self.show_looking()

    def show_looking(self) -> None:
        """A study is being read."""
        self._title.setText(self.tr("Looking…"))
        for part in (self._asked, self._found, self.verdict, self.table, self._tools, self._choice):
            part.hide()

    def show_study(self, study: Mapping[str, Any]) -> None:
        """study: its document."""
        title = study["title"] or study["study"]
        self._title.setText(name_of(study))
        self._asked.setText(f"{title} · {self._state(study)}" if study.get("question") else self._state(study))
        self._asked.show()
        verdict = study.get("verdict")
        self._kind = study["kind"]
        self._choice.setVisible(self._kind == "comparison")
        if verdict:
            self.verdict.show_verdict(verdict)
        else:
            self.verdict.show_nothing(study.get("why") or self.tr("The verdict comes when two choices have been trained."))
        self._found.setText(self._of_sweep(study))
        self._found.setVisible(bool(self._found.text()))
        self._entries = study["entries"]
        if study["kind"] == "sweep":
            self._fill_trials(study)
        else:
            self._fill_entries(study["entries"])
        self._choose(self._part)

    def _choose(self, part: str) -> None:
        """verdict or runs, of a comparison; other studies have their runs alone."""
        self._part = part
        verdict = self._kind == "comparison" and part == "verdict"
        self._choice.show_choice(part)
        self.verdict.setVisible(verdict)
        self.table.setVisible(not verdict)
        self._offer()

    def _state(self, study: Mapping[str, Any]) -> str:
        words = {
            "waiting": self.tr("not begun"),
            "running": self.tr("running"),
            "unfinished": self.tr("stopped, can be gone on with"),
            "finished": self.tr("finished"),
        }
        said = f"{words.get(study['state'], study['state'])}, {study['done']} / {study['of']}"
        return said + (f", {study['failed']} {self.tr('failed')}" if study["failed"] else "")

    def _of_sweep(self, study: Mapping[str, Any]) -> str:
        lines = [study.get("sentence") or ""]
        if study.get("importance"):
            shares = sorted(study["importance"].items(), key=lambda one: -one[1])
            lines.append(self.tr("What mattered: ") + ", ".join(f"{key} {share:.0%}" for key, share in shares))
        return "\n".join(line for line in lines if line)

    def _word(self, state: str) -> str:
        return {
            "waiting": self.tr("waits"),
            "running": self.tr("running"),
            "done": self.tr("done"),
            "pruned": self.tr("ended early"),
            "failed": self.tr("failed"),
            "skipped": self.tr("left out"),
        }.get(state, state)

    def _fill_entries(self, entries: Sequence[Mapping[str, Any]]) -> None:
        headings = [self.tr("Run"), self.tr("State"), self.tr("Seed"), self.tr("Validation"), self.tr("Took")]
        rows: list[list[Cell]] = [
            [
                (entry["title"], False),
                (self._word(entry["state"]) + (f": {entry['why']}" if entry.get("why") else ""), False),
                (str(entry["seed"]) if entry.get("seed") is not None else "–", True),
                (percent(entry.get("value")), True),
                (took(entry.get("seconds")), True),
            ]
            for entry in entries
        ]
        self._fill(headings, rows, [entry.get("run") or "" for entry in entries])

    def _fill_trials(self, study: Mapping[str, Any]) -> None:
        names = list(study.get("vary") or {})
        headings = [self.tr("Trial"), *names, self.tr("State"), self.tr("Validation"), self.tr("Took")]
        trials = sorted(study["trials"], key=lambda one: (one["metric"] is None, -(one["metric"] or 0.0)))
        rows: list[list[Cell]] = [
            [
                (str(one["number"]), True),
                *((_value(one["values"].get(name)), True) for name in names),
                (self._word(one["state"]) + (f": {one['why']}" if one.get("why") else ""), False),
                (percent(one["metric"]), True),
                (took(one.get("seconds")), True),
            ]
            for one in trials
        ]
        self._fill(headings, rows, [one.get("run") or "" for one in trials])

    def _fill(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]], runs: list[str]) -> None:
        before, self._runs = self.table.currentRow(), runs
        self.table.clearSelection()
        self.table.setColumnCount(len(headings))
        self.table.setHorizontalHeaderLabels(list(headings))
        self.table.setRowCount(len(rows))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for place, (_, number) in enumerate(rows[0] if rows else ()):
            heading = self.table.horizontalHeaderItem(place)
            if heading is not None:
                heading.setTextAlignment(right if number else left)
        for at, cells in enumerate(rows):
            for place, (text, number) in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if number:
                    item.setTextAlignment(right)
                self.table.setItem(at, place, item)
        self.table.resizeColumnsToContents()
        wide = headings.index(self.tr("Run")) if self.tr("Run") in headings else headings.index(self.tr("State"))
        for place in range(len(headings)):  # a long reason is in the tooltip, and does not push the figures out of sight
            self.table.setColumnWidth(place, min(self.table.columnWidth(place), theme.px(220)))
        self.table.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(theme.px(28))
        if 0 <= before < len(rows):
            self.table.selectRow(before)
        self._offer()

    def _offer(self) -> None:
        """What can be done with the entry that is chosen."""
        at = self.table.currentRow() if self.table.selectedItems() else -1
        state = str(self._entries[at]["state"]) if 0 <= at < len(self._entries) else ""
        waits = state == "waiting"
        offered = {
            "up": waits and self._kind == "queue" and at > 0,
            "down": waits and self._kind == "queue" and at < len(self._entries) - 1,
            "skip": waits or state == "failed",
            "take": state in ("failed", "skipped"),
            "remove": self._kind == "queue" and state in ("waiting", "failed", "skipped", "done"),
        }
        for do, button in self._does.items():
            button.setVisible(offered[do])
        self._tools.setVisible(any(offered.values()) and not self.table.isHidden())

    def _change(self, do: str) -> None:
        at = self.table.currentRow()
        if 0 <= at < len(self._entries):
            number = int(self._entries[at]["number"])
            if do in ("up", "down"):  # the mark goes with the entry
                self.table.setCurrentCell(at + (1 if do == "down" else -1), 0)
            self.change_asked.emit(number, do)

    def _ask(self, at: int) -> None:
        if self._runs[at]:
            self.run_asked.emit(self._runs[at])


def name_of(study: Mapping[str, Any]) -> str:
    """What it asks; of a queue, what it is."""
    if study["kind"] == "queue":
        tr = QCoreApplication.translate
        return tr("StudyView", "Queue") if study["study"] == "queue" else tr("StudyView", "Queue %1").replace("%1", study["study"])
    return str(study["question"] or study["title"] or study["study"])


def _value(value: object) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)

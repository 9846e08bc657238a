"""The head of Results: which run, measured on which split, which of its epochs, and the proof that what was frozen did not move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QSizePolicy, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_combo import ElidedCombo
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, label, row, widget
from tlstudio.gui.widgets.remark_line import RemarkLine, alone, head_was_better
from tlstudio.gui.words import count, strategy_word, when
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

MOST = 500  # runs that the chooser offers; the others are reached from the Runs page


def run_title(run: Row) -> str:
    """Ants and bees, head only. (The name of a folder, which stands for a run without a title, says its strategy itself.)"""
    strategy = strategy_word(run["strategy"]).lower() if run.get("strategy") and run["title"] != run["name"] else ""
    return ", ".join(part for part in (str(run["title"]), strategy) if part)


class ResultHeading(QWidget):
    """objectNames resultRun, resultSplit, resultFacts."""

    run_chosen = Signal(str)
    split_chosen = Signal(str)
    replay_asked = Signal()
    longer_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.runs, self.splits = ElidedCombo(letters=8), ElidedCombo(letters=18)  # "Validation, 40 images" is to be read whole
        self.runs.setObjectName("resultRun")
        self.runs.setAccessibleName(self.tr("Run"))
        self.splits.setObjectName("resultSplit")
        self.splits.setAccessibleName(self.tr("Measured on"))
        self.splits.setToolTip(
            self.tr(
                "Which images are asked. Validation chose the best epoch; test was never looked at while training, so it is the "
                "fairest; training images are known to the model, so their figure says nothing about new ones."
            )
        )
        for box in (self.runs, self.splits):
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.runs.activated.connect(lambda i: self.run_chosen.emit(self.runs.itemData(i)))
        self.splits.activated.connect(lambda i: self.split_chosen.emit(self.splits.itemData(i)))
        self._title = label(self.tr("Results"), "title")
        self._named, self._on = ElidedLabel("title"), ElidedLabel("muted", mode=Qt.TextElideMode.ElideRight)
        self._named.setObjectName("presentedRun")
        self._on.setObjectName("presentedSplit")
        self._on.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._presented = False
        self._run: Row | None = None
        self.replay = Button(self.tr("Replay"), "", "clock-counter-clockwise", on=self.replay_asked.emit)
        self.replay.setObjectName("replayRun")
        self.replay.setToolTip(self.tr("Watch this run once more as it was trained: curves, epochs, pictures, at up to 16 times its pace"))
        self.replay.setAccessibleName(self.tr("Replay this run"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        of_run, measured_on = label(self.tr("Run"), "muted", align=right), label(self.tr("measured on"), "muted", align=right)
        self._choosers_line = row((row(of_run, (self.runs, 1)), 3), (row(measured_on, (self.splits, 1), self.replay), 2), spacing=16)
        self.choosers = widget(self._choosers_line)
        self._epoch = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._snow, self._check = IconLabel("snowflake", "frozen"), IconLabel("check-circle", "good")
        self._proof = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        proof = widget(row(self._snow, self._check, self._proof, None, spacing=6))
        tip = self.tr("Further epochs for this run, from where it ended")
        self.longer = Button(self.tr("Train longer…"), "quiet", "fast-forward", edge=True, tip=tip, on=self.longer_asked.emit)
        self.longer.setObjectName("trainThisLonger")
        self._facts_line = row(self._epoch, proof, None, self.longer, spacing=4)
        self._facts = widget(self._facts_line, "resultFacts")
        for part in (self._epoch, self._proof):
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            part.setMinimumWidth(40)
        self._remark = RemarkLine()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(6)
        self._grid.setHorizontalSpacing(16)
        self._wide: bool | None = None
        self._grid.addWidget(self._named, 0, 0)
        self._grid.addWidget(self._on, 0, 1)
        self.set_wide(True)
        self.show_runs([], "")
        self.show_run(None, "val")

    def set_wide(self, wide: bool) -> None:
        """Choosers beside the title and facts in one line, or all under each other, as always in a presentation."""
        wide = wide and not self._presented
        for box, most in ((self.runs, 320), (self.splits, 210)):
            box.setMaximumWidth(theme.px(most) if wide else 16_777_215)
        self.splits.setMinimumContentsLength(18 if wide else 8)
        if wide == self._wide:
            return
        self._wide = wide
        self._grid.addWidget(self._title, 0, 0)
        self._grid.addWidget(self.choosers, *((0, 1) if wide else (1, 0, 1, 2)))
        self._grid.addWidget(self._facts, 2, 0, 1, 2)
        self._grid.addWidget(self._remark, 3, 0, 1, 2)
        self._facts_line.setSpacing(24 if wide else 4)
        for line in (self._facts_line, self._choosers_line):
            line.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def present(self, on: bool) -> None:
        """In a presentation the run and its split are said, and what one works with is away."""
        self._presented = on
        self.set_wide(not on)
        self._dress()

    def _dress(self) -> None:
        run, on = self._run, self._presented
        self._title.setVisible(not on or run is None)
        self._named.setVisible(on and run is not None)
        self._named.show_text(run_title(run) if run is not None else "")
        self._on.show_text(self.tr("measured on %1").replace("%1", self.splits.currentText()) if self.splits.count() else "")
        self._on.setVisible(on and run is not None)
        for column, stretch in enumerate((5, 4) if on else (0, 1)):
            self._grid.setColumnStretch(column, stretch)
        self.choosers.setVisible(not on and self.runs.count() > 0)
        self.longer.setVisible(not on and run is not None and run["state"] == "finished")
        self.replay.setVisible(not on and run is not None and bool(run.get("epoch") or run.get("best_epoch")))

    def show_runs(self, runs: list[Row], chosen: str) -> None:
        """runs: the finished ones, newest first, and the chosen one whatever its state."""
        offered = runs[:MOST]
        if chosen and all(run["path"] != chosen for run in offered):
            offered = [*offered, *(run for run in runs if run["path"] == chosen)]
        titles = [run_title(run) for run in offered]
        again = {title for title in titles if titles.count(title) > 1}
        entries = []
        for run, title in zip(offered, titles, strict=True):
            told = f"{title}, {when(run['started'])}" if title in again and run.get("started") else title
            if run["state"] != "finished":
                told += ", " + (self.tr("still training") if run["state"] == "live" else self.tr("unfinished"))
            entries.append((told, run["path"]))
        if entries != [(self.runs.itemText(i), self.runs.itemData(i)) for i in range(self.runs.count())]:
            self.runs.clear()
            for told, path in entries:
                self.runs.addItem(told, path)
                self.runs.setItemData(self.runs.count() - 1, path, Qt.ItemDataRole.ToolTipRole)
        self.runs.setCurrentIndex(self.runs.findData(chosen))
        self.runs.setToolTip(self.tr("The run whose results are shown") + f"\n{self.runs.currentText()}\n{chosen}")
        self._dress()

    def show_run(self, run: Row | None, split: str) -> None:
        """What is known of the chosen run: its splits, its best epoch, its proof."""
        self._run = run
        self._facts.setVisible(run is not None)
        if run is None:
            self._remark.show_remark("")
            self._dress()
            return
        words = {"val": self.tr("Validation"), "test": self.tr("Test"), "train": self.tr("Training")}
        entries = []
        for key, word in words.items():
            n = run.get(f"n_{key}")
            if n is None and key == "val":
                n = run.get("val_n")
            if key != "test" or n:
                images = count(int(n or 0), self.tr("image"), self.tr("images"))
                entries.append((self.tr("%1, %2").replace("%1", word).replace("%2", images) if n else word, key))
        if entries != [(self.splits.itemText(i), self.splits.itemData(i)) for i in range(self.splits.count())]:
            self.splits.clear()
            for told, key in entries:
                self.splits.addItem(told, key)
        self.splits.setCurrentIndex(self.splits.findData(split))
        self._dress()
        try:
            recipe = Run(Path(run["path"])).recipe()
        except StudioError:
            recipe = None
        said, short = self._epoch_words(run, recipe)
        self._epoch.show_text(said, short=short)
        first = alone(recipe) if recipe is not None and run["state"] == "finished" else 0
        self._remark.show_remark(head_was_better(run.get("curve") or [], run.get("best_epoch") or 0, first))
        self._show_proof(run.get("frozen_proof"))

    def _epoch_words(self, run: Row, recipe: Recipe | None) -> tuple[str, str]:
        """Which epoch is kept and why; and which, where there is little room."""
        if not run.get("best_epoch"):
            return "", ""
        by_loss = recipe is not None and recipe.training.best_by == "loss"
        masks = run.get("task") == MASKS
        best = self.tr("validation's mean IoU was highest") if masks else self.tr("validation accuracy was highest")
        why = self.tr("validation loss was lowest") if by_loss else best
        which = self.tr("Best: epoch %1 of %2") if run["state"] == "finished" else self.tr("Best so far: epoch %1 of %2")
        which = which.replace("%1", str(run["best_epoch"])).replace("%2", str(run.get("epochs_planned") or run.get("epochs") or "–"))
        said = self.tr("%1, kept because %2")
        first = alone(recipe) if recipe is not None else 0
        if run["state"] == "finished" and run.get("reason") == "early":
            said = self.tr("%1; it then stopped by itself").replace("%1", said)
        if 0 < first < run["best_epoch"]:
            why = self.tr("%1 after the head had learned alone (epochs 1 to %2)").replace("%1", why).replace("%2", str(first))
        return said.replace("%1", which).replace("%2", why), which

    def _show_proof(self, proof: dict[str, Any] | None) -> None:
        """One line: nothing that was frozen has moved, or what is known of that."""
        known = bool(proof)
        for part in (self._snow, self._check, self._proof):
            part.setVisible(known)
        if not proof:
            return
        n, short = int(proof.get("tensors") or 0), ""
        ok = bool(proof.get("ok"))
        self._snow.setVisible(n > 0)
        self._check.setVisible(n > 0)
        self._check.show_icon(*(("check-circle", "good") if ok else ("x-circle", "bad")))
        if n == 0:
            said = self.tr("Nothing was frozen in this run")
        elif ok:
            tensors = count(n, self.tr("frozen tensor"), self.tr("frozen tensors"))
            said = self.tr("%1: bit-identical before and after").replace("%1", tensors)
            short = self.tr("%1 unmoved").replace("%1", tensors)
        else:
            said = self.tr("Some of %1 frozen tensors have changed during training").replace("%1", f"{n:,}")
        tip = self.tr("%3\nBLAKE2b over all frozen parameters and buffers\nbefore %1\nafter  %2").replace("%3", said)
        tip = tip.replace("%1", str(proof.get("before"))).replace("%2", str(proof.get("after")))
        self._proof.show_text(said, tip, short=short)

    def minimum_wide(self) -> int:
        """The width from which on the choosers stand beside the title."""
        return theme.px(620)

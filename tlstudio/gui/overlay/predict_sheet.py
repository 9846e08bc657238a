"""What to ask before masks are predicted: which run, of which pictures or frames, how carefully."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QComboBox, QDialog, QWidget

from tlstudio.gui import theme
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.parts import MARGIN, Button, Segments, column, label, row
from tlstudio.gui.words import count

WIDE = 460


@dataclass(frozen=True)
class Wish:
    """run: its folder. all_: of all pictures, else of the one that is open. every: of a video, as `evaluation.video.Every` has it."""

    run: str
    all_: bool
    flips: bool
    every: str = ""


class PredictSheet(QDialog):
    """objectName predictSheet. `asked` carries a Wish."""

    asked = Signal(object)
    train_asked = Signal()

    def __init__(self, runs: Sequence[Row], pictures: int, parent: QWidget, *, video: bool = False, chosen: str = "") -> None:
        """runs: those that make masks, the newest first; chosen: the one to begin with. pictures: how many are open, or frames."""
        super().__init__(parent)
        self.setObjectName("predictSheet")
        self.setWindowTitle(self.tr("Predict masks"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._all, self._every = True, ""
        self.runs = QComboBox()
        self.runs.setObjectName("predictRun")
        self.runs.setAccessibleName(self.tr("Run"))
        self.runs.setToolTip(self.tr("The trained model that says what each pixel belongs to"))
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for run in runs:
            iou = run.get("val_mean_iou")
            score = self.tr(", mean IoU %1").replace("%1", f"{iou:.2f}") if iou is not None else ""
            self.runs.addItem(f"{run.get('title') or run['name']}{score}", run["path"])
        if chosen:
            self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))
        if video:
            frames = count(pictures, self.tr("frame"), self.tr("frames"))
            words = {"": self.tr("All %1").replace("%1", frames), "0.2s": self.tr("Five a second"), "1s": self.tr("One a second")}
            which = Segments(words, "", self._choose_every, name="predictEvery")
        else:
            words = {"all": count(pictures, self.tr("picture"), self.tr("pictures")), "one": self.tr("This picture")}
            which = Segments(words, "all", self._choose, name="predictWhich")
            which.setVisible(pictures > 1)
        self.flips = QCheckBox(self.tr("Look at each mirrored, too"))
        self.flips.setObjectName("predictFlips")
        self.flips.setToolTip(self.tr("Takes twice as long; the mean of both answers is often a little better"))
        more = self.tr("Pictures too large for the memory are looked at in overlapping parts. The masks are kept with the run.")
        if video:
            more = self.tr("Writes a mask for each of these frames, a table of them, and the whole video with the masks laid over it.")
        begin = Button(self.tr("Predict"), "primary", tip=self.tr("Begin; one can go on looking meanwhile"), on=self._begin)
        begin.setObjectName("beginPredict")
        begin.setDefault(True)
        close = Button(self.tr("Close"), tip=self.tr("Change nothing (Escape)"), on=self.reject)
        close.setAutoDefault(False)
        body: list[QWidget | QBoxLayout]
        if runs:
            body = [row(label(self.tr("Run"), "muted"), (self.runs, 1)), row(which, None), self.flips, label(more, "small", wrap=True)]
            buttons = row(None, close, begin)
        else:
            none = self.tr("No run that makes masks is finished yet. Open images with masks, train, and come back.")
            go = Button(self.tr("Go to Data"), "primary", tip=self.tr("Open images with masks to train on"), on=self._go)
            body = [label(none, wrap=True)]
            buttons = row(None, close, go)
        title = label(self.tr("Predict the whole video") if video else self.tr("Predict masks"), "title")
        self.setLayout(column(title, 4, *body, None, 8, buttons, spacing=12, margins=(MARGIN, 16, MARGIN, 16)))
        self.setMinimumWidth(min(theme.px(WIDE), parent.window().width() - 2 * MARGIN))

    def _choose(self, key: str) -> None:
        self._all = key == "all"

    def _choose_every(self, key: str) -> None:
        self._every = key

    def _begin(self) -> None:
        self.asked.emit(Wish(self.runs.currentData(), self._all, self.flips.isChecked(), self._every))
        self.accept()

    def _go(self) -> None:
        self.train_asked.emit()
        self.accept()

"""Ask for a fair comparison: which choices, how many seeds, on which shares of the images."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QDialog, QRadioButton, QSpinBox, QWidget

from tlstudio.gui.session import Session
from tlstudio.gui.studies.frame import framed
from tlstudio.gui.widgets.parts import Button, column, label, row, widget
from tlstudio.gui.words import strategy_word, took
from tlstudio.recipe.plan import epochs as planned_epochs

SEEDS, MOST_SEEDS = 5, 50
SHARES = (0.1, 0.25, 0.5, 1.0)
STRATEGIES = ("head", "last-block", "gradual", "full", "scratch")
ASKED = ("head", "full")


class CompareSheet(QDialog):
    """objectName compareSheet; arm_STRATEGY, compareScratch, compareShares, compareSeeds, compareEpochs, startComparison."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("compareSheet")
        self.setWindowTitle(self.tr("Compare choices"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        recipe = session.recipe
        about = label(
            self.tr(
                "Each choice is trained several times, from other random numbers, on the same split of the images and for as many epochs. "
                "Then the verdict says whether they differ, or whether that cannot be told. The window stays free meanwhile."
            ),
            "muted",
            wrap=True,
        )
        self._freezing = QRadioButton(self.tr("What learns"))
        self._freezing.setObjectName("compareFreezing")
        self._freezing.setToolTip(self.tr("Set ways to freeze side by side"))
        self._scratch = QRadioButton(self.tr("Pretrained against from scratch"))
        self._scratch.setObjectName("compareScratch")
        self._scratch.setToolTip(self.tr("What the pretrained weights are worth: this recipe, and the same network from random numbers"))
        group = QButtonGroup(self)
        group.addButton(self._freezing)
        group.addButton(self._scratch)
        self._freezing.setChecked(True)
        self.arms: dict[str, QCheckBox] = {}
        for strategy in (*STRATEGIES, *(["custom"] if recipe.frozen.strategy == "custom" else [])):
            box = QCheckBox(strategy_word(strategy))
            box.setObjectName(f"arm_{strategy}")
            box.setToolTip(self.tr("Train this choice, with the rates and stages that suit it"))
            box.setChecked(strategy in ASKED or strategy == recipe.frozen.strategy)
            box.toggled.connect(self._show)
            self.arms[strategy] = box
        self._shares = QCheckBox(self.tr("Also with 10, 25 and 50 % of the training images"))
        self._shares.setObjectName("compareShares")
        self._shares.setToolTip(self.tr("How much each choice gains from more images; four times the runs"))
        self._seeds = _number(SEEDS, 1, MOST_SEEDS, "compareSeeds", self.tr("Runs of each choice, each from other random numbers"))
        planned = planned_epochs(recipe)
        self._epochs = _number(planned, 1, 100_000, "compareEpochs", self.tr("Of every run, all its stages together"))
        self.says = label("", "", wrap=True)
        self.start = Button(self.tr("Start"), "primary", "play", tip=self.tr("Train them all, one after the other"), on=self.begin)
        self.start.setObjectName("startComparison")
        close = Button(self.tr("Cancel"), tip=self.tr("Train nothing (Escape)"), on=self.reject)
        arms = widget(column(*self.arms.values(), spacing=6, margins=(24, 0, 0, 0)))
        seeds, epochs = label(self.tr("Seeds")), label(self.tr("Epochs of each run"))
        seeds.setBuddy(self._seeds)
        epochs.setBuddy(self._epochs)
        inside = column(
            about, 8, self._freezing, arms, 4, self._scratch, 8, self._shares,
            row(seeds, self._seeds, 16, epochs, self._epochs, None), None,
        )  # fmt: skip
        foot = widget(column(self.says, row(None, close, self.start)))
        for changed in (self._freezing.toggled, self._shares.toggled, self._seeds.valueChanged, self._epochs.valueChanged):
            changed.connect(self._show)
        session.run_turned.connect(self._show)
        self._show()
        framed(self, self.tr("Compare choices"), widget(inside), foot, parent, 560)
        self.start.setDefault(True)

    @property
    def asked(self) -> dict[str, Any]:
        """What the job compare_choices is given."""
        arms = ["pretrained", "scratch"] if self._scratch.isChecked() else [name for name, box in self.arms.items() if box.isChecked()]
        shares = SHARES if self._shares.isChecked() else (1.0,)
        return {
            "recipe": self.session.recipe.model_dump(mode="json"),
            "arms": arms,
            "seeds": self._seeds.value(),
            "shares": list(shares),
            "epochs": self._epochs.value(),
        }

    def _show(self) -> None:
        for box in self.arms.values():
            box.setEnabled(self._freezing.isChecked())
        asked = self.asked
        runs = len(asked["arms"]) * asked["seeds"] * len(asked["shares"])
        said = self.tr("%1 runs").replace("%1", str(runs))
        estimate = self.session.estimate.document if self.session.estimate.state == "ready" else {}
        if estimate.get("run_seconds"):
            one = estimate["run_seconds"] * asked["epochs"] / max(1, planned_epochs(self.session.recipe))
            said += self.tr("; one like the present recipe takes about %1").replace("%1", took(one))
        why = self._obstacle(len(asked["arms"]))
        self.says.setText(why or said + ".")
        self.start.setEnabled(not why)

    def _obstacle(self, arms: int) -> str:
        session = self.session
        if session.trained.active or session.studying.active:
            return self.tr("Something is training: start when it has ended, or stop it first.")
        if session.data.state == "empty":
            return self.tr("There are no images yet: open some, or clone a run.")
        if session.obstacles() or not session.data.ready:
            return self.tr("The recipe cannot be trained yet: the Train page says what it needs.")
        return self.tr("Tick two choices, or more.") if arms < 2 else ""

    def begin(self) -> None:
        title = self.tr("Pretrained against from scratch") if self._scratch.isChecked() else self.tr("Comparing what learns")
        if self.session.studying.start("compare_choices", self.asked, title):
            self.session.asked_for.emit("train")
            self.accept()


def _number(value: int, low: int, high: int, name: str, tip: str) -> QSpinBox:
    out = QSpinBox()
    out.setRange(low, high)
    out.setValue(value)
    out.setObjectName(name)
    out.setAccessibleName(tip)
    out.setToolTip(tip)
    return out

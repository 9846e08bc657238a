"""Ask for a sweep: which fields of the recipe to vary, between what, and how often to try."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QGridLayout, QLineEdit, QSpinBox, QWidget

from tlstudio.doctor.software import pip
from tlstudio.errors import InputError
from tlstudio.gui.session import Session
from tlstudio.gui.studies.frame import framed
from tlstudio.gui.widgets.parts import Button, column, label, row, widget
from tlstudio.recipe import field_info, keys
from tlstudio.studies.space import axes, parsed

TRIALS, MOST_TRIALS = 20, 10_000
OFFERED = {
    "optimizer.lr": "0.0001..0.1:log",
    "optimizer.backbone_lr": "0.00001..0.01:log",
    "training.batch_size": "8,16,32",
    "optimizer.weight_decay": "0.0001..0.1:log",
    "augment.enabled": "true,false",
    "frozen.strategy": "head,last-block,full",
}
"""Fields that are mostly varied, and where."""
TICKED = ("optimizer.lr",)


class SweepSheet(QDialog):
    """objectName sweepSheet; vary_KEY and range_KEY for each field, addField, sweepTrials, startSweep."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("sweepSheet")
        self.setWindowTitle(self.tr("Sweep"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        about = label(
            self.tr(
                "Looks for the values that come to the best validation figure. Each trial is an ordinary run; where it looks next follows "
                "from those before (TPE), and a run that falls behind is ended early. Write a range as 0.001..0.1, with :log where ratios "
                "count, or some values as 8,16,32."
            ),
            "muted",
            wrap=True,
        )
        fields = QWidget()
        self._grid = QGridLayout(fields)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        self.fields: dict[str, tuple[QCheckBox, QLineEdit]] = {}
        for key, said in OFFERED.items():  # before what stands below them: the Tab key goes in this order
            self.add(key, said, ticked=key in TICKED)
        self._more = QComboBox()
        self._more.setObjectName("addField")
        self._more.setAccessibleName(self.tr("Add a field to vary"))
        self._more.setToolTip(self.tr("Any other field of the recipe"))
        self._more.addItem(self.tr("Another field…"), "")
        for key in keys():
            if key not in OFFERED and "." in key and not key.startswith(("data.path", "training.seed", "tracking.")):
                self._more.addItem(f"{_title(key)} ({key})", key)
        self._more.activated.connect(self._add_chosen)
        self.trials = QSpinBox()
        self.trials.setRange(2, MOST_TRIALS)
        self.trials.setValue(TRIALS)
        self.trials.setObjectName("sweepTrials")
        self.trials.setAccessibleName(self.tr("Trials"))
        self.trials.setToolTip(self.tr("How many runs in all"))
        self.says = label("", "", wrap=True)
        self.start = Button(self.tr("Start"), "primary", "play", tip=self.tr("Begin to look; it can be stopped and gone on with"))
        self.start.setObjectName("startSweep")
        self.start.clicked.connect(self.begin)
        close = Button(self.tr("Cancel"), tip=self.tr("Train nothing (Escape)"), on=self.reject)
        trials = label(self.tr("Trials"))
        trials.setBuddy(self.trials)
        inside = column(about, 8, fields, row(self._more, None), 4, row(trials, self.trials, None), None)
        foot = widget(column(self.says, row(None, close, self.start)))
        session.run_turned.connect(self._show)
        self._show()
        self._middle = framed(self, self.tr("Sweep"), widget(inside), foot, parent, 600)
        self.start.setDefault(True)
        self.fields[TICKED[0]][1].setFocus()

    def add(self, key: str, said: str, *, ticked: bool = True) -> None:
        """A field with the range that is offered for it."""
        box, words = QCheckBox(_title(key)), QLineEdit(said)
        box.setObjectName(f"vary_{key}")
        box.setToolTip(f"{key}\n{field_info(key).description or ''}")
        box.setChecked(ticked)
        words.setObjectName(f"range_{key}")
        words.setAccessibleName(self.tr("Values of %1").replace("%1", _title(key)))
        words.setToolTip(self.tr("LOW..HIGH, LOW..HIGH:log, LOW..HIGH:STEP, or A,B,C"))
        words.setEnabled(ticked)
        box.toggled.connect(words.setEnabled)
        box.toggled.connect(self._show)
        words.textChanged.connect(self._show)
        at = len(self.fields)
        self._grid.addWidget(box, at, 0)
        self._grid.addWidget(words, at, 1)
        self.fields[key] = (box, words)

    def vary(self) -> dict[str, dict[str, Any]]:
        """As the job sweep takes it. Raises InputError for a range that cannot be used."""
        out = dict(parsed(f"{key}={words.text()}") for key, (box, words) in self.fields.items() if box.isChecked())
        axes(self.session.recipe, out)
        return out

    def _add_chosen(self) -> None:
        key = str(self._more.currentData())
        if key and key not in self.fields:
            now = self.session.recipe.get(key)
            self.add(key, "true,false" if isinstance(now, bool) else f"{now},{now}" if isinstance(now, str) else f"{now}..{now}")
            self._more.removeItem(self._more.currentIndex())
            box, words = self.fields[key]
            above = list(self.fields.values())[-2][1]
            for before, after in pairwise((above, box, words, self._more)):
                self.setTabOrder(before, after)
            words.setFocus()
            QTimer.singleShot(0, words, lambda: self._middle.ensureWidgetVisible(words))  # once it has its place
        self._more.setCurrentIndex(0)
        self._show()

    def _show(self) -> None:
        session, why = self.session, ""
        try:
            varied = len(self.vary())
        except InputError as error:
            why, varied = str(error), 0
        if importlib.util.find_spec("optuna") is None:
            why = self.tr("Optuna, which looks for the values, is not installed. Run: %1").replace("%1", pip("tlstudio[all]"))
        elif session.trained.active or session.studying.active:
            why = self.tr("Something is training: start when it has ended, or stop it first.")
        elif session.data.state == "empty":
            why = self.tr("There are no images yet: open some, or clone a run.")
        elif session.obstacles() or not session.data.ready:
            why = self.tr("The recipe cannot be trained yet: the Train page says what it needs.")
        one = self.tr("one field") if varied == 1 else self.tr("%1 fields together").replace("%1", str(varied))
        self.says.setText(why or self.tr("Varies %1; all else stays as in the recipe.").replace("%1", one))
        self.start.setEnabled(not why)

    def begin(self) -> None:
        args = {"recipe": self.session.recipe.model_dump(mode="json"), "vary": self.vary(), "trials": self.trials.value()}
        if self.session.studying.start("sweep", args, self.tr("Sweep")):
            self.session.asked_for.emit("train")
            self.accept()


def _title(key: str) -> str:
    return str(field_info(key).title or key)

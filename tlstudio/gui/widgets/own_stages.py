"""Stages of one's own: for each what learns, how many epochs, and its rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.stage_plan import last_words
from tlstudio.gui.widgets.editors import Editor
from tlstudio.gui.widgets.field_spec import Spec
from tlstudio.gui.widgets.parts import CONTROL, Button, ToolButton, column, hairline, label, row
from tlstudio.recipe import Optimizer, Stage

MOST = 20  # stages; more are for recipes written by hand


class OwnStages(QWidget):
    """objectName ownStages. `given`: all stages, after one was changed, added or taken away; `refused(key, sentence)`: text that cannot
    be used, "" once it is mended."""

    given = Signal(tuple)
    refused = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ownStages")
        self._rows: list[_StageRow] = []
        self._stages: tuple[Stage, ...] = ()
        self._blocks: tuple[str, ...] = ()
        self._column = column(spacing=8)
        tip = self.tr("One more stage at the end, one step deeper than the last one")
        self.add = Button(self.tr("Add a stage"), "quiet", "plus", edge=True, tip=tip, on=self._add)
        self.add.setObjectName("addStage")
        self.setLayout(column(self._column, row(self.add, None), spacing=8))

    def show_stages(self, stages: Sequence[Stage], blocks: Sequence[str], optimizer: Optimizer) -> None:
        """blocks: paths of the backbone's, first to last. optimizer: its rates count where a stage has none of its own."""
        self._stages, self._blocks = tuple(stages), tuple(blocks)
        while len(self._rows) > len(stages):
            gone = self._rows.pop()
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self._rows) < len(stages):
            at = len(self._rows)
            made = _StageRow(at)
            made.changed.connect(lambda name, value, at=at: self._change(at, name, value))
            made.refused.connect(self.refused)
            made.removed.connect(lambda at=at: self._give(self._stages[:at] + self._stages[at + 1 :]))
            self._column.addWidget(made)
            self._rows.append(made)
        for made, stage in zip(self._rows, stages, strict=True):
            made.show_stage(stage, blocks, optimizer, alone=len(stages) == 1)
        self.add.setEnabled(len(stages) < MOST)

    def _change(self, at: int, name: str, value: Any) -> None:
        stage = self._stages[at].model_copy(update={name: value})
        self._give((*self._stages[:at], stage, *self._stages[at + 1 :]))

    def _add(self) -> None:
        last = self._stages[-1] if self._stages else Stage()
        self._give((*self._stages, last.model_copy(update={"learns": self._deeper(last.learns)})))

    def _deeper(self, learns: str) -> str:
        """What one step more of the backbone is; a layer that is no block stays."""
        if learns == "everything" or (learns != "head" and learns not in self._blocks):
            return learns
        at = (len(self._blocks) if learns == "head" else self._blocks.index(learns)) - 1
        return self._blocks[at] if at > 0 and self._blocks[at] else "everything"

    def _give(self, stages: tuple[Stage, ...]) -> None:
        self.given.emit(stages)


class _StageRow(QWidget):
    """One stage, in two lines."""

    changed = Signal(str, object)
    refused = Signal(str, str)
    removed = Signal()

    def __init__(self, at: int) -> None:
        super().__init__()
        number = str(at + 1)
        self.learns = QComboBox()
        self.learns.setObjectName(f"stages.own.{at}.learns")
        self.learns.setAccessibleName(self.tr("What learns in stage %1").replace("%1", number))
        self.learns.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.learns.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.learns.setToolTip(Stage.model_fields["learns"].description or "")
        self.learns.activated.connect(lambda i: self.changed.emit("learns", self.learns.itemData(i)))
        self._blocks: list[str] | None = None
        self.editors: dict[str, Editor] = {}
        for name in ("epochs", "lr", "backbone_lr"):
            spec = replace(Spec.of(Stage.model_fields[name]), unit="")  # the words stand in front
            editor = Editor(spec, width=80)
            key = f"stages.own.{at}.{name}"
            editor.input.setObjectName(key)
            editor.given.connect(lambda value, name=name: self.changed.emit(name, value))
            editor.refused.connect(lambda sentence, key=key: self.refused.emit(key, sentence))
            self.editors[name] = editor
        self.remove = ToolButton("x", self.tr("Take stage %1 away").replace("%1", number), role="muted", on=self.removed.emit)
        self.remove.setObjectName(f"removeStage{at}")
        grid = QGridLayout()  # on the row only once it is full: see CardRows
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.setColumnStretch(4, 1)
        grid.addLayout(row((self.learns, 1), self.remove, spacing=2), 0, 0, 1, 5)
        cells = ((1, 0, self.tr("epochs"), "epochs"), (2, 0, self.tr("head"), "lr"), (2, 2, self.tr("backbone"), "backbone_lr"))
        for line, at_column, word, name in cells:
            grid.addWidget(label(word, "small"), line, at_column)
            grid.addWidget(self.editors[name], line, at_column + 1)
        grid.addWidget(hairline(), 3, 0, 1, 5)
        self.setLayout(grid)

    def show_stage(self, stage: Stage, blocks: Sequence[str], optimizer: Optimizer, *, alone: bool) -> None:
        self._offer(stage.learns, blocks)
        for name, editor in self.editors.items():
            editor.show_value(getattr(stage, name))
        for name in ("lr", "backbone_lr"):
            self.editors[name].show_empty(f"{getattr(optimizer, name):g}")
        self.editors["backbone_lr"].setEnabled(stage.learns != "head")
        self.remove.setEnabled(not alone)
        self.learns.setFixedHeight(theme.px(CONTROL))

    def _offer(self, learns: str, blocks: Sequence[str]) -> None:
        if self._blocks != list(blocks):
            self._blocks = list(blocks)
            self.learns.clear()
            self.learns.addItem(self.tr("Head"), "head")
            for deep, path in enumerate(reversed(self._blocks), 1):
                if path and deep < len(self._blocks):
                    word = last_words(deep)
                    self.learns.addItem(word[:1].upper() + word[1:], path)
                    from_here = self.tr("%1 and what comes after it").replace("%1", path)
                    self.learns.setItemData(self.learns.count() - 1, from_here, Qt.ItemDataRole.ToolTipRole)
            self.learns.addItem(self.tr("Everything"), "everything")
        if self.learns.findData(learns) < 0:  # a layer that is no block, named in a recipe written by hand
            self.learns.addItem(learns, learns)
        self.learns.setCurrentIndex(self.learns.findData(learns))

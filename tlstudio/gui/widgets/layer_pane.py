"""The middle of the model page: the layer tree with its filter, the presets over it, what the choice costs under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QFrame, QStackedWidget

from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.ticks import Mask, Ticks
from tlstudio.gui.widgets.cost_panel import CostPanel
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.freeze_bar import FreezeBar
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.gui.widgets.layer_tree.layer_model import shape
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, SearchField, Segments, column, hairline, label, row, widget
from tlstudio.gui.widgets.tree_state import TreeState
from tlstudio.gui.widgets.weights_notice import WeightsNotice
from tlstudio.gui.words import count, short
from tlstudio.models import catalogue

PATIENCE = 200  # ms before a busy mark
NARROW, WIDE = 440, 560  # below the first the tools stand under the title, below the second one word is left out
_MANY = 2_000  # rows from which on a filter waits for the typing to rest


class LayerPane(QFrame):
    """objectNames layerTree, layerFilter, freezePreset, costPanel, toTrain. What is ticked stands in the recipe, nowhere else."""

    changed = Signal()
    """Other layers, or other ticks."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "pane")
        self.document: dict[str, Any] = {}
        self.ticks = Ticks(())
        self.frozen: Mask = self.ticks.mask(())
        self.problem = ""
        self._depth = 2
        self.tree, self.state = LayerTree(), TreeState(session)
        self.presets, self.notice = FreezeBar(), WeightsNotice(session)
        self.train = Button(
            self.tr("Train"), "primary", "arrow-right", tip=self.tr("On to training"), on=lambda: session.asked_for.emit("train")
        )
        self.train.setObjectName("toTrain")
        self.cost = CostPanel(self.train)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.state)
        self._cost_line = hairline()
        self.setLayout(
            column(self._header(), self.presets, self.notice, hairline(), (self._stack, 1), self._cost_line, self.cost, spacing=0)
        )
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._show_busy)
        self._typing = QTimer(self, singleShot=True, interval=120)
        self._typing.timeout.connect(self._find)
        self.tree.layers.ticked.connect(self._tick)
        self.tree.layers.loaded.connect(self._laid_out)
        self.presets.chosen.connect(session.choose_strategy)
        self.presets.inverted.connect(self._invert)
        session.layers_changed.connect(self.refresh)
        session.recipe_changed.connect(self._show_ticks)
        self.refresh()

    def _header(self) -> QFrame:
        self._title, self._facts = ElidedLabel("section"), ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.filter = SearchField(self.tr("Filter layers"), "layerFilter")
        self.filter.setToolTip(self.tr("Part of a layer's name or type; with a dot, of its path (Ctrl+F)"))
        self.filter.setMinimumWidth(theme.px(96))
        self.filter.setMaximumWidth(theme.px(160))
        self.filter.textChanged.connect(self._typed)
        for key, does in (
            (Qt.Key.Key_Escape, self.filter.clear),
            (Qt.Key.Key_Down, self.tree.setFocus),
            (Qt.Key.Key_Return, self.tree.setFocus),
        ):
            QShortcut(QKeySequence(key), self.filter, does, context=Qt.ShortcutContext.WidgetShortcut)
        self._word = label(self.tr("Depth"), "small")
        tips = {str(depth): self.tr("Open the tree %1 deep").replace("%1", str(depth)) for depth in (1, 2, 3)}
        words = {"1": "1", "2": "2", "3": "3", "0": self.tr("All")}
        tips["0"] = self.tr("Open everything, weights and biases too")
        self.depths = Segments(words, "2", self._take_depth, name="layerDepth", tips=tips)
        names = widget(column(self._title, self._facts, spacing=0))
        tools = widget(row(self._word, self.depths, 4, (self.filter, 1)))
        header = QFrame()
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setContentsMargins(GAP, TIGHT, GAP, 0)
        self._head.setSpacing(TIGHT)
        self._head.addWidget(names, 1)
        self._head.addWidget(tools)
        header.setLayout(self._head)
        return header

    # what is shown

    @property
    def fresh(self) -> bool:
        """Whether the layers shown are those of the recipe's model."""
        return bool(self.document) and self.document["model"] == self.session.recipe.model.name

    def refresh(self) -> None:
        """Follow the session's layers: empty, busy, ready, failed."""
        layers = self.session.layers
        entry = catalogue.find(self.session.recipe.model.name)
        self._title.show_text(entry.title)
        if layers.ready:
            self._patience.stop()
            self._load(layers.document)
        elif layers.state == "failed" and layers.error is not None:
            self._patience.stop()
            self.document = {}
            self.state.show_failure(layers.error)
            self._show_tree(False)
        elif not self._patience.isActive():
            self._patience.start()
        self._show_facts()
        self.changed.emit()

    def _show_busy(self) -> None:
        """It takes its time: say so. The tree of the same model stays; one of another would mislead."""
        if not self.fresh:
            self.state.show_busy(catalogue.find(self.session.recipe.model.name).title)
            self._show_tree(False)
        self._show_facts()

    def _show_tree(self, there: bool) -> None:
        self._stack.setCurrentWidget(self.tree if there else self.state)
        for part in (self.cost, self._cost_line):
            part.setVisible(there)
        for control in (self.presets, self.filter, self.depths):
            control.setEnabled(there)

    def _load(self, document: dict[str, Any]) -> None:
        if document is self.document:
            self._show_tree(True)
            return
        same = bool(self.document) and document["model"] == self.document["model"]
        self._opened = self.tree.expanded_paths() if same else None
        current = self.tree.currentIndex()
        self._looked_at = self.ticks.paths[self.tree.layers.row(current)] if same and current.isValid() else ""
        self.document, self.ticks = document, Ticks(document["rows"])
        self.frozen = self.ticks.mask(self._frozen_paths())
        self.tree.forget_filter()
        self.tree.layers.load(document["rows"], self.ticks)
        self._show_tree(True)
        self._show_ticks()

    def _laid_out(self) -> None:
        """The rows are in the tree: open it as it was, or as deep as is wished."""
        self.tree.fit_columns()
        self.tree.layers.show_ticks(self.frozen, self.session.recipe.frozen.batchnorm)
        if self._opened is None:
            self.tree.show_depth(self._depth)
        else:
            self.tree.open_paths(self._opened)
        at = self.ticks.row_of.get(self._looked_at) or next((i for i, path in enumerate(self.ticks.paths) if path), None)
        if at is not None:
            self.tree.pick(at)
        if self.filter.text():
            self._find()

    def _show_facts(self, matches: int | None = None) -> None:
        if not self.fresh:
            self._facts.show_text("" if self.session.layers.state == "failed" else self.tr("looking inside…"))
            return
        root = self.document["rows"][0]
        classes = (root["output"] or [0])[-1]
        words = count(classes, self.tr("class"), self.tr("classes"))
        tip = "" if self.session.classes else self.tr("The classes it was published with, until images are open")
        facts = self.tr("%1, input %2").replace("%1", words).replace("%2", shape(self.document["input"]))
        if matches is not None:
            rows = len(self.ticks.paths) - 1
            facts = self.tr("%1 of %2 rows match").replace("%1", f"{matches:,}").replace("%2", f"{rows:,}")
        elif self.session.layers.state == "busy" and not self._patience.isActive():
            facts = self.tr("looking inside…")
        self._facts.show_text(facts, f"{facts}\n{tip}" if tip else "")

    # ticks

    def _show_ticks(self) -> None:
        """Follow the recipe: what is frozen, what that costs, which preset it is."""
        recipe = self.session.recipe
        self.presets.show_strategy(recipe.frozen.strategy)
        if not self.fresh:
            return
        paths = self._frozen_paths()
        self.frozen = self.ticks.mask(paths)
        self.tree.layers.show_ticks(self.frozen, recipe.frozen.batchnorm)
        learning = self.ticks.learning(self.frozen, recipe.frozen.batchnorm)
        unknown = self.ticks.unknown(paths)
        self.problem = ""
        if not learning:
            self.problem = self.tr("Nothing learns: untick at least the head (%1).").replace("%1", self.document["head_path"])
        elif unknown:
            self.problem = self.tr("%1 is not in this model: choose a preset, or tick anew.").replace("%1", unknown[0])
        self.cost.show_cost(self.document, learning, self.problem)
        self.tree.viewport().update()
        self.changed.emit()

    def _frozen_paths(self) -> Sequence[str]:
        frozen = self.session.recipe.frozen
        return frozen.paths if frozen.strategy == "custom" else self.document["presets"].get(frozen.strategy, ())

    def _tick(self, rows: list[int], frozen: bool) -> None:
        if not self.fresh:
            return
        first = self.ticks.paths[rows[0]]
        if len(rows) > 1:
            first = self.tr("%1 and %2 more").replace("%1", first).replace("%2", str(len(rows) - 1))
        text = (self.tr("freeze %1") if frozen else self.tr("let %1 learn")).replace("%1", first)
        self._put(self.ticks.toggled(self.frozen, rows, frozen), text)

    def _invert(self) -> None:
        if self.fresh:
            mask = np.logical_not(self.frozen)
            learning = short(self.ticks.learning(mask))
            self._put(mask, self.tr("invert: %1 parameters learn").replace("%1", learning))

    def _put(self, mask: Mask, text: str) -> None:
        weights = self.session.recipe.model.weights
        strategy, paths = self.ticks.strategy(mask, self.document["presets"], weights=weights)
        self.session.edit({"frozen.strategy": strategy, "frozen.paths": paths}, text)

    # filter and depth

    def _typed(self) -> None:
        if len(self.ticks.paths) > _MANY:
            self._typing.start()
        else:
            self._find()

    def _find(self) -> None:
        text = self.filter.text()
        matches = self.tree.filter_rows(text)
        self._show_facts(matches if text.strip() else None)

    def _take_depth(self, depth: str) -> None:
        self._depth = int(depth)
        self.tree.show_depth(self._depth)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(NARROW)
        self._word.setVisible(narrow or self.width() >= theme.px(WIDE))
        self._head.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

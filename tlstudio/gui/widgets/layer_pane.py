"""The middle of the model page: the layer tree with its filter, the presets over it, what the choice costs under it."""

from __future__ import annotations

import functools
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QMenu, QStackedWidget

from tlstudio.errors import InputError, StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.layer_rates import LayerRates
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import one_stage
from tlstudio.gui.ticks import Mask, Ticks
from tlstudio.gui.widgets import layer_files
from tlstudio.gui.widgets.cost_panel import CostPanel, batch_of
from tlstudio.gui.widgets.freeze_bar import FreezeBar
from tlstudio.gui.widgets.layer_choice import LayerChoice
from tlstudio.gui.widgets.layer_head import LayerHead
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.gui.widgets.layer_tree.layer_facts import shape
from tlstudio.gui.widgets.pane_notice import PaneNotice
from tlstudio.gui.widgets.parts import Button, column, hairline
from tlstudio.gui.widgets.signal_feed import SignalFeed
from tlstudio.gui.widgets.tree_state import TreeState
from tlstudio.gui.widgets.weights_notice import WeightsNotice
from tlstudio.gui.words import count

PATIENCE = 200  # ms before a busy mark
LEAST = 340  # px of width
LOW = 440  # px; in a window that is lower, what is least needed gives way to the tree
_COLUMNS = "model/columns"
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
        self.blocks: list[Mask] = []
        """What is frozen when learning begins at each block."""
        self.problem, self._depth = "", 2
        self.head, self.tree, self.state = LayerHead(), LayerTree(), TreeState(session)
        self.feed = SignalFeed(session, self.tree)
        self.filter, self.depths = self.head.filter, self.head.depths
        self.presets, self.notice = FreezeBar(), WeightsNotice(session)
        self.ending = PaneNotice("cutNotice", "useWholeNetwork", "scissors", "accent")
        self.trouble = PaneNotice("layersTrouble", "mendLayers", "x-circle", "bad")
        self.train = Button(
            self.tr("Train"), "primary", "arrow-right", tip=self.tr("On to training"), on=lambda: session.asked_for.emit("train")
        )
        self.train.setObjectName("toTrain")
        self.cost = CostPanel(self.train)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.state)
        self._cost_line = hairline()
        notices = self.notice, self.ending, self.trouble, self.feed.bar
        self.setLayout(column(self.head, self.presets, *notices, hairline(), (self._stack, 1), self._cost_line, self.cost, spacing=0))
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._show_busy)
        self._typing = QTimer(self, singleShot=True, interval=120)
        self._typing.timeout.connect(self._find)
        self.choice = LayerChoice(self)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        session, head, tree, choice = self.session, self.head, self.tree, self.choice
        tree.head.take_keys(str(session.settings.value(_COLUMNS, "")))
        tree.head.chosen_changed.connect(lambda: session.settings.setValue(_COLUMNS, tree.head.keys()))
        tree.layers.loaded.connect(self._laid_out)
        tree.layers.ticked.connect(choice.tick)
        tree.rate_wanted.connect(choice.ask_rate)
        tree.cut_wanted.connect(lambda row: choice.cut(self.ticks.paths[row]))
        self.presets.chosen.connect(session.choose_strategy)
        self.presets.inverted.connect(choice.invert)
        self.presets.last.chosen.connect(choice.last_blocks)
        self.presets.pattern_asked.connect(choice.ask_pattern)
        self.ending.acted.connect(lambda: choice.cut(""))
        self.trouble.acted.connect(self._mend)
        head.typed.connect(self._typed)
        head.stepped.connect(self._step)
        head.left.connect(tree.setFocus)
        head.depth_given.connect(self._take_depth)
        head.size_given.connect(self._take_size)
        head.batch_given.connect(session.look_with)
        head.menu_asked.connect(lambda: self.menu().popup(head.more.mapToGlobal(head.more.rect().bottomLeft())))
        session.estimate_changed.connect(lambda: self.cost.show_estimate(session.estimate, one_stage(session.recipe)))
        session.layers_changed.connect(self.refresh)
        session.recipe_changed.connect(self._show_ticks)

    def menu(self) -> QMenu:
        """The columns, and the tree as a file."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addMenu(self.tree.head.menu(menu))
        menu.addSeparator()
        for form, word in layer_files.words().items():
            menu.addAction(word, functools.partial(self.save, form))
        return menu

    def save(self, form: str) -> None:
        """The tree as a file, with what learns as it is ticked now."""
        learning = self.ticks.learning(self.frozen, self.session.recipe.frozen.batchnorm)
        try:
            layer_files.save(self, layer_files.as_ticked(self.document, self.tree.layers, learning), form)
        except InputError as error:
            self.session.trouble.emit(error)

    # what is shown

    @property
    def fresh(self) -> bool:
        """Whether the layers shown are those of the recipe's model."""
        return bool(self.document) and self.document["model"] == self.session.recipe.model.name

    def refresh(self) -> None:
        """Follow the session's layers: empty, busy, ready, failed."""
        layers = self.session.layers
        self.head.title.show_text(entry_of(self.session.recipe).title)
        if layers.ready:
            self._patience.stop()
            self.trouble.say("")
            self._load(layers.document)
        elif layers.state == "failed" and layers.error is not None:
            self._patience.stop()
            self._fail(layers.error)
        elif not self._patience.isActive():
            self._patience.start()
        self._show_facts()
        self.changed.emit()

    def _fail(self, error: StudioError) -> None:
        """The tree of the same model stays, and the sentence stands over it: a size was tried, or an end, that cannot be."""
        if not self.fresh:
            self.document = {}
            self.state.show_failure(error)
            self._show_tree(False)
            return
        size, whole = self.document["input"][-1], self.tr("Use the whole network again")
        back = self.tr("Back to %1 px").replace("%1", str(size))
        word = back if self._other_size() else whole if self.session.recipe.model.cut else self.tr("Try again")
        self.trouble.say(sentences(error.what, error.why, error.do), word, self.tr("The tree is still the one before"))
        self._show_tree(True)

    def _other_size(self) -> bool:
        return bool(self.document["input"][-1] != self._size())

    def _mend(self) -> None:
        if self._other_size():
            self._take_size(self.document["input"][-1])
        elif self.session.recipe.model.cut:
            self.choice.cut("")
        else:
            self.session.look_with(1)
            self.session.inspect()

    def _show_busy(self) -> None:
        """It takes its time: say so. The tree of the same model stays; one of another would mislead."""
        if not self.fresh:
            self.state.show_busy(entry_of(self.session.recipe).title)
            self._show_tree(False)
        self._show_facts()

    def _show_tree(self, there: bool) -> None:
        self._stack.setCurrentWidget(self.tree if there else self.state)
        for part in (self.cost, self._cost_line):
            part.setVisible(there)
        self.presets.setEnabled(there)
        self.head.show_tree(there)

    def _load(self, document: dict[str, Any]) -> None:
        if document is self.document:
            self._show_tree(True)
            return
        same = bool(self.document) and document["model"] == self.document["model"]
        self._opened = self.tree.expanded_paths() if same else None
        current = self.tree.currentIndex()
        self._looked_at = self.ticks.paths[self.tree.layers.row(current)] if same and current.isValid() else ""
        self.document, self.ticks = document, Ticks(document["rows"])
        self.rates = LayerRates(self.ticks, document)
        self.blocks = [self.ticks.mask(block["frozen"]) for block in document.get("blocks", ())]
        self.frozen = self.ticks.mask(self.choice.paths())
        self.tree.forget_filter()
        self.tree.can_end = document.get("task") != "segmentation"  # masks need the way from features to pixels
        self.tree.layers.load(document["rows"], self.ticks, batch_of(document))
        self._show_tree(True)
        self.choice.drop_what_is_gone()
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

    def _show_facts(self) -> None:
        """What stands around the tree: the sizes it is worked out for, the classes, where the network ends."""
        recipe = self.session.recipe
        self.head.show_sizes(self._size(), self.session.batch)
        whole = self.tr("The network ends at %1").replace("%1", recipe.model.cut)
        self.ending.say(
            whole if recipe.model.cut else "", self.tr("Use the whole network again"), self.tr("Take the layers behind it back in")
        )
        if not self.fresh:
            self.head.show_facts("" if self.session.layers.state == "failed" else self.tr("looking inside…"), "")
            return
        classes = (self.document["rows"][0]["output"] or [0, 0])[1]  # of (B, C), and of masks (B, C, H, W)
        facts = count(classes, self.tr("class"), self.tr("classes"))
        tip = self.tr("Input %1").replace("%1", shape(self.document["input"]))
        tip += "" if self.session.classes else "\n" + self.tr("The classes it was published with, until images are open")
        if self.session.layers.state == "busy" and not self._patience.isActive():
            facts = self.tr("looking inside…")
        self.head.show_facts(facts, tip)

    def _show_ticks(self) -> None:
        """Follow the recipe: what is frozen, what that costs, which preset it is."""
        recipe = self.session.recipe
        if not self.fresh:
            self.presets.show_strategy(recipe.frozen.strategy)
            return
        paths, batchnorm, layers = self.choice.paths(), recipe.frozen.batchnorm, self.tree.layers
        self.frozen = self.ticks.mask(paths)
        self.presets.show_strategy(recipe.frozen.strategy, self.document.get("blocks", ()), self.choice.last())
        layers.show_rates(self.rates.shares(recipe.optimizer), self.frozen, batchnorm, recipe.optimizer.multipliers)
        layers.show_ticks(self.frozen, batchnorm)
        learning = self.ticks.learning(self.frozen, batchnorm)
        unknown = self.ticks.unknown([*paths, *recipe.optimizer.multipliers])
        self.problem = ""
        if not learning:
            self.problem = self.tr("Nothing learns: untick at least the head (%1).").replace("%1", self.document["head_path"])
        elif unknown:
            self.problem = self.tr("%1 is not in this model: choose a preset, or tick anew.").replace("%1", unknown[0])
        self.cost.show_cost(self.document, learning, self.problem)
        self.cost.show_estimate(self.session.estimate, one_stage(recipe))
        if layers.meant:
            self._find()
        self.tree.viewport().update()
        self.changed.emit()

    # size, filter and depth

    def _size(self) -> int:
        recipe = self.session.recipe
        return recipe.data.image_size or entry_of(recipe).input_size

    def _take_size(self, size: int) -> None:
        trained = entry_of(self.session.recipe).input_size
        self.session.edit({"data.image_size": 0 if size == trained else size}, self.tr("set the image size"))

    def _typed(self) -> None:
        if len(self.ticks.paths) > _MANY:
            self._typing.start()
        else:
            self._find()

    def _find(self) -> None:
        text = self.filter.text()
        matches = self.tree.filter_rows(text)
        self.head.show_matches(matches if text.strip() else None, rows=len(self.ticks.paths) - 1)

    def _step(self, step: int) -> None:
        if at := self.tree.next_match(step):
            self.head.show_matches(len(self.tree.layers.matches), at, rows=len(self.ticks.paths) - 1)

    def _take_depth(self, depth: int) -> None:
        self._depth = depth
        self.tree.show_depth(depth)

    def minimumSizeHint(self) -> QSize:
        """Less than its parts want at first: they find another place once there is less room."""
        return QSize(theme.px(LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for part in (self.head, self.cost):
            part.show_low(self.height() < theme.px(LOW))

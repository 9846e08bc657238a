"""Brings what a run says of its layers to the layer tree: of the live run, of a replay, or of the finished one that is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from PySide6.QtCore import QObject, QTimer

from tlstudio.events import FrozenProof, from_json
from tlstudio.gui.background import Background
from tlstudio.gui.layer_signals import LayerSignals
from tlstudio.gui.run_state import run_name
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.gui.widgets.signal_bar import NONE, SignalBar
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

PAUSE = 200  # ms between two drawings, however fast events come
_SIGNAL, _HEAT = "model/signal", "model/signal_heat"


@dataclass(frozen=True)
class Recorded:
    """What a run told, by its folder; "" where none speaks of these layers."""

    run: str
    model: str = ""
    cut: str = ""
    told: LayerSignals | None = None
    proof: FrozenProof | None = None
    recipe: Recipe | None = None


class SignalFeed(QObject):
    """Belongs to the pane with the tree. bar: to stand over it."""

    def __init__(self, session: Session, tree: LayerTree) -> None:
        super().__init__(tree)
        self.session, self._tree, self.bar = session, tree, SignalBar()
        self._recorded = Recorded("")
        self._asked = ""
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.refresh)
        bar = self.bar
        bar.show_choice(
            str(session.settings.value(_SIGNAL, "gradient")), heat=str(session.settings.value(_HEAT, "false")).lower() == "true"
        )
        bar.chosen.connect(self._choose)
        tree.layers.loaded.connect(self.refresh)
        session.run_changed.connect(self._soon)
        session.result_changed.connect(self._soon)
        session.recipe_changed.connect(self._soon)
        self._tree.layers.signals.choose(bar.signal, bar.heat)

    def _soon(self) -> None:
        if not self._pause.isActive():
            self._pause.start()

    def _choose(self) -> None:
        self.session.settings.setValue(_SIGNAL, self.bar.signal or NONE)
        self.session.settings.setValue(_HEAT, "true" if self.bar.heat else "false")
        self._tree.layers.signals.choose(self.bar.signal, self.bar.heat)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is to say of the layers in the tree."""
        self._pause.stop()
        said = self._of_run()
        told, proof, recipe = said.told, said.proof, said.recipe
        of = run_name(recipe) if recipe is not None and recipe.frozen != self.session.recipe.frozen else ""
        layers, header = self._tree.layers, self._tree.head
        layers.signals.run = PurePosixPath(said.run.replace("\\", "/")).name
        layers.show_signals(told, proof, of)
        seen = layers.signals.there
        self.bar.show_run(bool(told), proof if seen else None, of if seen else "")
        shown = seen and bool(self.bar.signal)
        if shown != header.signals:
            header.signals = shown
            self._tree.fit_columns()

    def _of_run(self) -> Recorded:
        """What is known of these layers."""
        live, recipe, wanted = self.session.live, self.session.recipe, self.session.result_run
        alone = live.active or self.session.replaying is not None or not wanted or wanted == live.run
        if alone and live.history.started is not None:
            started, history, model = live.history.started, live.history, live.recipe.model if live.recipe is not None else None
            if started.model == recipe.model.name and (model is None or model.cut == recipe.model.cut):
                return Recorded(started.run, told=history.signals, proof=history.proof, recipe=live.recipe)
            return Recorded("")
        if alone or not wanted:
            return Recorded("")
        if self._recorded.run != wanted:
            self._ask(wanted)
        elif (self._recorded.model, self._recorded.cut) == (recipe.model.name, recipe.model.cut):
            return self._recorded
        return Recorded("")

    def _ask(self, run: str) -> None:
        """Read what a finished run said, in a thread."""
        if self._asked == run:
            return
        self._asked = run

        def read() -> Recorded:
            from tlstudio import api

            said = api.signals(run)
            proof = from_json(said["proof"]) if said["proof"] else None
            proof = proof if isinstance(proof, FrozenProof) else None
            return Recorded(run, said["model"], said["cut"], LayerSignals.of(said), proof, Run.open(run).recipe())

        Background(read, self._take, lambda _: self._take(Recorded(run)))

    def _take(self, found: Recorded) -> None:
        self._asked = ""
        self._recorded = found
        self.refresh()

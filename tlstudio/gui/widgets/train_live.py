"""The live half of the train page: failure, curves, epoch table, proof and log of the run that is trained now, or was last.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from tlstudio import runs
from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.in_turn import InTurn
from tlstudio.gui.run_state import doing, ended, lower, preparing, run_name, stopped_by_itself
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.cache_line import CacheLine
from tlstudio.gui.widgets.curves_card import CurvesCard
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.epoch_table import EpochTable
from tlstudio.gui.widgets.failure_card import FailureCard
from tlstudio.gui.widgets.log_drawer import LogDrawer
from tlstudio.gui.widgets.longer_popover import LongerPopover
from tlstudio.gui.widgets.masks_forming import MasksForming
from tlstudio.gui.widgets.parts import GAP, Button, column, row, widget
from tlstudio.gui.widgets.proof_line import ProofLine
from tlstudio.gui.widgets.remark_line import RemarkLine
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import parts

_PARTS = ("table", "loss", "lr", "accuracy", "backbone_lr", "masks")


class TrainLive(QWidget):
    """Draws by a timer, only what changed and only while it is seen."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.failure = FailureCard(self._resume, session.start)
        self.curves, self.table, self.proof, self.log = CurvesCard(), EpochTable(), ProofLine(), LogDrawer()
        self._turn = InTurn(self, _PARTS, self._draw)
        self.masks, self.cache = MasksForming(session), CacheLine()
        self.remark, self.of_run = RemarkLine(), ElidedLabel("muted")
        self.of_run.setObjectName("plottedRun")
        tip = self.tr("Further epochs for this run, from where it ended")
        self.longer = Button(self.tr("Train longer…"), "quiet", "fast-forward", tip=tip, on=self._longer)
        self.longer.setObjectName("trainLonger")
        tip = self.tr("Watch this run once more as it was trained: curves, epochs, pictures, at up to 16 times its pace")
        self.replay = Button(self.tr("Replay"), "quiet", "clock-counter-clockwise", tip=tip, on=self._replay)
        self.replay.setObjectName("replayThisRun")
        self._popover: LongerPopover | None = None
        self._of_run = widget(row((self.of_run, 1), self.replay, self.longer))
        self._of_run.hide()
        foot = column(self.cache, self.remark, self.proof, self.log, spacing=GAP // 2)
        self.setLayout(column(self.failure, self._of_run, (self.curves, 5), self.masks, (self.table, 3), foot, spacing=GAP))
        session.run_changed.connect(self._run_changed)
        session.recipe_changed.connect(self.changed)
        session.layers_changed.connect(self.changed)
        self.log.fold.toggled.connect(self.curves.make_room)
        self.table.setMinimumHeight(theme.px(32 + 3 * 28 + 4))
        self.draw()

    def changed(self) -> None:
        """Draw everything soon."""
        self._turn.soon(hurry=self._still)

    def _run_changed(self) -> None:
        self._turn.follow(self.session.live, "table", hurry=self._still)

    @property
    def _still(self) -> bool:
        live = self.session.live
        return not live.active and live.state != "running"  # a replay runs, and is not active

    @property
    def waiting(self) -> bool:
        """Whether something is still to be drawn."""
        return self.isVisible() and bool(self._turn.dirty)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._turn.dirty:
            self.draw()

    def draw(self) -> None:
        """Draw all parts now."""
        self._turn.now()

    def _draw(self, part: str) -> None:
        live = self.session.live
        if part == "masks":
            self.masks.follow(live.history)
            return
        # with nothing drawn yet it is the next run's plan that stands here
        recipe = live.recipe if live.recipe is not None and (live.active or live.history.x) else self.session.recipe
        if part != "table":
            if part in ("lr", "backbone_lr"):
                self.curves.know_layers(self.session.layers.document)
                self.curves.draw_rates(live.history, recipe, (part,))
            else:
                self.curves.draw_half(part, live.history, recipe)
            return
        self.curves.say(self._message())
        n_val = self.session.data.document.get("splits", {}).get("val", 0)
        self.table.follow(live.history, recipe.data.task, staged=len(parts(recipe)) > 1, n_val=n_val)
        self.log.follow(live.history)
        self.proof.show_proof(live.history.proof)
        self.cache.show_caches(live.history.caches)
        self.remark.show_remark(" ".join(self._remarks()))
        self._name_run()
        saved = live.history.checkpoint
        failed = live.state == "failed"
        resumable = failed and bool(live.run) and saved is not None
        self.failure.show_error(live.error if failed else None, saved.epoch if saved else None, resumable=resumable)

    def _remarks(self) -> list[str]:
        """What a user should know of how the run goes."""
        history = self.session.live.history
        said = [note.message for note in (*reversed(history.warnings), *(history.remarks or history.outset))]
        if history.back is not None:
            said.insert(0, history.back.sentence)
        if history.ended is not None and history.ended.reason == "early":
            said.insert(0, stopped_by_itself(history) + ".")
        return said

    def _name_run(self) -> None:
        """Whose plots these are, once the run has ended: what is chosen on the page may be something else by now."""
        live = self.session.live
        recipe = live.recipe
        shown = not live.active and recipe is not None and bool(live.history.x)
        self._of_run.setVisible(shown)
        for button in (self.replay, self.longer):
            button.setVisible(live.state in ("done", "stopped") and live is self.session.trained and bool(live.run))
        if not shown or recipe is None:
            return
        how = {"done": lower(ended(live.history)), "stopped": self.tr("stopped"), "failed": self.tr("failed")}.get(live.state, "")
        name = ", ".join(part for part in (run_name(recipe), how) if part)
        now, said = self.session.recipe, self.tr("Run %1").replace("%1", name)
        if _gist(now) != _gist(recipe):
            said = self.tr("%1 (not what is chosen now)").replace("%1", said)
        self.of_run.show_text(said, f"{said}\n{live.run}")

    def _message(self) -> str:
        """What to say while there is no curve yet."""
        live = self.session.live
        history = live.history
        if len(history.x):
            return ""
        if live.state in ("idle", "failed", "stopped"):
            return self.tr("The curves grow here. Press Start.") if live.state != "failed" else ""
        progress = history.progress
        if progress is not None and progress.phase == "features":
            text = self.tr("The frozen part looks at each image once: %1 of %2")
            return text.replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
        if live.state == "stopping":
            return doing(live)
        return (preparing(live) or self.tr("The first steps of epoch 1")) if live.active else ""

    def _longer(self) -> None:
        if self._popover is None:
            self._popover = LongerPopover(self.session, self)
        self._popover.ask(self.longer.mapToGlobal(QPoint(0, self.longer.height())), self.session.trained.run)

    def _replay(self) -> None:
        self.session.replay(self.session.trained.run)

    def _resume(self) -> None:
        try:
            run = runs.Run.open(self.session.live.run)
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self.session.resume(run)


def _gist(recipe: Recipe) -> tuple[object, ...]:
    """What makes runs different things to look at; not whether one was trained longer."""
    stages = recipe.stages.model_copy(update={"longer": ()})
    return recipe.data.path, recipe.model.name, recipe.frozen, stages

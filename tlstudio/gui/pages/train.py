"""Train: strategy, settings and checklist on the left, the live half on the right."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.checks import Check
from tlstudio.gui.leaks import leave_copies_out
from tlstudio.gui.opening import open_folder
from tlstudio.gui.paced import Paced
from tlstudio.gui.page import Page
from tlstudio.gui.piecemeal import Piecemeal
from tlstudio.gui.run_state import doing, lower
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import one_stage
from tlstudio.gui.widgets.parts import GAP, Button, column, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.train_empty import TrainEmpty

_PARTS = ("advice_card", "basics_card", "checklist", "cost_measured", "stages_card", "strategy_cards", "train_halves", "train_live")


def _load() -> None:
    """What the page is built from: pyqtgraph takes half a second to import, in a thread nobody notices."""
    for name in _PARTS:
        importlib.import_module(f"tlstudio.gui.widgets.{name}")


class TrainPage(Page):
    """objectNames strategyCards, optimizerForm, schedulePreview, startButton, lossPlot, metricPlot, epochTable."""

    key, icon_name, order = "train", "chart-line", 3

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._body: QWidget | None = None
        self._pieces = Piecemeal(self, self._make())
        self._empty: QWidget | None = None
        self._shown: tuple[object, ...] = ()
        self._paced = Paced(self, self._show_run, lambda: (session.live.state, session.live.run), unseen=True)  # the rail says it too
        self._stack = QStackedLayout()
        self.setLayout(self._stack)
        session.data_changed.connect(self._data_changed)
        session.run_changed.connect(self._run_changed)
        session.recipe_changed.connect(self._check)
        session.layers_changed.connect(self._check)
        session.objections_changed.connect(self._check)
        session.estimate_changed.connect(self._show_cost)
        session.recipe_changed.connect(self._show_cost)

    def word(self) -> str:
        return self.tr("Train")

    def mark(self) -> tuple[str, str]:
        live = self.session.live
        if live.active:
            return "running", doing(live)
        if live.state == "failed":
            return "problem", doing(live)
        if live.state in ("done", "stopped"):
            early = live.history.ended is not None and live.history.ended.reason == "early"
            done = self.tr("Stopped by itself") if early else self.tr("Finished")
            return "ready", done if live.state == "done" else self.tr("Stopped, best is kept")
        if not self._has_data or self.session.data.state == "failed":
            return "none", self.tr("Needs images")
        if self.session.obstacles():
            return "problem", self.tr("Cannot start yet")
        return "ready", self.tr("Ready to start")

    def guide(self) -> str:
        return self.tr(
            "Choose what learns, then press Start (Ctrl+Enter). Every default is set.\n\n"
            "Head only is the place to begin: the pretrained backbone stays as it is, and a run takes seconds to minutes. "
            "If that is not good enough, try Last block, then Gradual, then Everything. What should I freeze? measures how near your "
            "images are to what the model knows. Beside Start stands what a run will take, measured on this computer.\n\n"
            "Where more than the head learns, the head learns first: see Stages, and the bands above the plots. What frozen layers make of "
            "each image is computed once and kept, also for the next run; the line below the table says so (File, Kept data).\n\n"
            "Advanced holds optimizer, loss and schedule, and the rates by depth: drag the line so that early blocks change less, or "
            "a point for one block; with the keys, Left and Right choose, Up and Down move, Delete resets.\n\n"
            "In the plots the thin line is each step, the bold one its running mean (0.85), the dashed one the validation images after "
            "each epoch; the star marks the epoch whose weights are kept. Move the mouse over a plot to read it; every number stands in "
            "the epoch table.\n\n"
            "Where masks are learned, the dashed line is the mean IoU, and Masks forming shows a few validation images under the masks "
            "that the network makes of them; a click opens them on the overlay page.\n\n"
            "Find, beside the rate, tries rising rates on a copy of the model. Rates, at the bottom, changes those of the running run.\n\n"
            "Pause and Stop are at the bottom of every page, beside how much is over of the time that the whole run is expected to take. "
            "Stop keeps the best epoch; the arrow beside it discards the run. Train longer goes on with a finished one. If the "
            "program or the computer dies, Home offers to resume the run."
        )

    # what is shown

    @property
    def _has_data(self) -> bool:
        return bool(self.session.data.document)

    @property
    def _wants_body(self) -> bool:
        return self._has_data or self.session.live.state != "idle"

    @property
    def busy(self) -> bool:
        return self.session.data.state == "busy" or self.session.live.active or (self._body is not None and self.live.waiting)

    def prepare(self) -> None:
        Background(_load, lambda _: self._pieces.begin())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_half()

    def entered(self) -> None:
        self._show_half()

    def _show_half(self) -> None:
        """The page itself where there is something to train on, else what is needed; each built when it is first seen."""
        if self._wants_body:
            self._pieces.finish()
            if self._body is not None:
                self._stack.setCurrentWidget(self._body)
                self._check()
            return
        if self._empty is None:
            self._empty = scrolling(TrainEmpty(self.session, lambda: open_folder(self, self.session)))
            self._stack.addWidget(self._empty)
        self._stack.setCurrentWidget(self._empty)

    def _make(self) -> Iterator[None]:
        from tlstudio.gui.widgets.advice_card import AdviceCard
        from tlstudio.gui.widgets.basics_card import BasicsCard
        from tlstudio.gui.widgets.checklist import Checklist
        from tlstudio.gui.widgets.cost_measured import CostLines
        from tlstudio.gui.widgets.stages_card import StagesCard
        from tlstudio.gui.widgets.strategy_cards import StrategyCards
        from tlstudio.gui.widgets.train_halves import TrainHalves
        from tlstudio.gui.widgets.train_live import TrainLive

        session = self.session
        yield
        self.advice = AdviceCard(session)
        self.strategies = StrategyCards(session)
        yield
        self.basics = BasicsCard(session, self.advice.ask)
        yield
        self.stages, self.checklist = StagesCard(session), Checklist(self._mend)
        yield
        self.live = TrainLive(session)
        yield
        self.cost = CostLines()
        self.start = Button(self.tr("Start"), "primary", "play", on=self._start)
        self.start.setObjectName("startButton")
        self.see = Button(
            self.tr("See results"), "primary", "target", tip=self.tr("Where the model is right and wrong"), on=self._see_results
        )
        self.see.setObjectName("seeResultsButton")
        self.hint = label("", "muted", wrap=True)
        settings = widget(column(self.advice, self.basics, self.stages, self.checklist, None, spacing=GAP))
        begin = widget(row(self.start, self.see, (self.hint, 100), (self.cost, 100), None))
        yield
        self.halves = TrainHalves(self.strategies, settings, self.live, begin, self.basics, self.checklist)
        self._fit()
        yield
        self._body = self.halves
        self._stack.addWidget(self._body)
        self._check()
        self._show_cost()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "start"):
            self._fit()

    def _fit(self) -> None:
        for button in (self.start, self.see):
            button.setFixedSize(theme.px(128), theme.px(40))

    # the run

    def _run_changed(self) -> None:
        live = self.session.live
        phase = live.history.progress.phase if live.history.progress else ""
        now = (live.state, live.run, len(live.history.epochs), live.history.started is not None, phase)
        if now != self._shown:  # steps come thirty times a second, and change nothing here
            self._shown = now
            self._paced.changed()  # epochs may come as fast

    def _show_run(self) -> None:
        self.mark_changed.emit()
        if self._body is None:
            if self.isVisible() and self._wants_body:
                self._show_half()
            return
        live = self.session.live
        done = live.state in ("done", "stopped") and bool(live.run)
        self.see.setVisible(done)
        self.start.set_kind("" if done or live.state == "failed" else "primary")
        self.start.setText(self.tr("Start again") if live.state in ("done", "stopped", "failed") else self.tr("Start"))
        stopped = self.checklist.stops or not self.session.data.ready
        self.start.setEnabled(not self.session.training and not stopped)
        self.start.setToolTip(self.tr("Begin training with these settings (Ctrl+Enter)"))
        self.hint.setText(self._how())
        costs = not self.session.training and not stopped and self.session.estimate.state != "empty"
        self.cost.setVisible(costs and not done)
        self.hint.setVisible(not costs and not done)

    def _show_cost(self) -> None:
        if self._body is not None:
            self.cost.show_estimate(self.session.estimate, one_stage(self.session.recipe))
            self._show_run()

    def _how(self) -> str:
        live = self.session.live
        if self.session.replaying is not None:
            return self.tr("A recorded run is replayed")
        if live.state == "running" and live.history.started is not None:
            return self.tr("Running: %1").replace("%1", lower(doing(live)))
        if live.active:
            return doing(live)
        if self.checklist.stops:
            return self.tr("See the problem above")
        if self.session.data.state == "busy":
            return self.tr("As soon as the images are read")
        return self.tr("Ctrl+Enter")

    def _start(self) -> None:
        self.session.start()

    def _see_results(self) -> None:
        self.session.show_result(self.session.live.run)

    # data and checks

    def _data_changed(self) -> None:
        self.mark_changed.emit()
        if self.isVisible():
            self._show_half()
        else:
            self._check()

    def _check(self) -> None:
        if self._body is None:
            self.mark_changed.emit()
            return
        session = self.session
        self.checklist.show_checks(session.checks())
        self._show_run()

    def _mend(self, check: Check) -> None:
        if check.remedy == "leak":
            leave_copies_out(self.session)
        elif check.remedy == "find":
            self.basics.find_rate()
        elif check.changes:
            self.session.edit(check.changes, check.action)
        elif check.page:
            self.session.asked_for.emit(check.page)


PAGE = TrainPage

"""Train: strategy, settings and checklist on the left, the live half on the right."""

from __future__ import annotations

import importlib

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QStackedLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.checks import Check
from tlstudio.gui.leaks import leave_copies_out
from tlstudio.gui.opening import open_folder
from tlstudio.gui.page import Page
from tlstudio.gui.run_state import doing, lower
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import one_stage
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, column, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.train_empty import TrainEmpty

LEFT, LESS = 338, 312
_SIDE_BY_SIDE = LESS + 396  # narrower than that, the live half stands below


class TrainPage(Page):
    """objectNames strategyCards, optimizerForm, schedulePreview, startButton, lossPlot, metricPlot, epochTable."""

    key, icon_name, order = "train", "chart-line", 3

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._body: QWidget | None = None
        self._empty: QWidget | None = None
        self._shown: tuple[object, ...] = ()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._give_height)
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
            "Pause and Stop are at the bottom of every page. Stop keeps the best epoch; the arrow beside it discards the run. Train longer "
            "goes on with a finished one. If the program or the computer dies, Home offers to resume the run."
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
        # pyqtgraph takes half a second to import: in a thread nobody notices
        Background(lambda: importlib.import_module("tlstudio.gui.widgets.train_live"), self._imported)

    def _imported(self, module: object) -> None:
        self._built()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_half()

    def entered(self) -> None:
        self._show_half()

    def _show_half(self) -> None:
        """The page itself where there is something to train on, else what is needed; each built when it is first seen."""
        if self._wants_body:
            self._stack.setCurrentWidget(self._built())
            self._check()
            return
        if self._empty is None:
            self._empty = scrolling(TrainEmpty(self.session, lambda: open_folder(self, self.session)))
            self._stack.addWidget(self._empty)
        self._stack.setCurrentWidget(self._empty)

    def _built(self) -> QWidget:
        if self._body is None:
            self._body = self._build()
            self._stack.addWidget(self._body)
            self._check()
            self._show_cost()
            self._arrange()
        return self._body

    def _build(self) -> QWidget:
        from tlstudio.gui.widgets.advice_card import AdviceCard
        from tlstudio.gui.widgets.basics_card import BasicsCard
        from tlstudio.gui.widgets.checklist import Checklist
        from tlstudio.gui.widgets.cost_measured import CostLines
        from tlstudio.gui.widgets.stages_card import StagesCard
        from tlstudio.gui.widgets.strategy_cards import StrategyCards
        from tlstudio.gui.widgets.train_live import TrainLive

        session = self.session
        self.advice = AdviceCard(session)
        self.strategies, self.basics = StrategyCards(session), BasicsCard(session, self.advice.ask)
        self.stages = StagesCard(session)
        self.checklist, self.live = Checklist(self._mend), TrainLive(session)
        self.cost = CostLines()
        self.start = Button(self.tr("Start"), "primary", "play", on=self._start)
        self.start.setObjectName("startButton")
        self.see = Button(
            self.tr("See results"), "primary", "target", tip=self.tr("Where the model is right and wrong"), on=self._see_results
        )
        self.see.setObjectName("seeResultsButton")
        self.hint = label("", "muted", wrap=True)
        self._settings = widget(column(self.advice, self.basics, self.stages, self.checklist, None, spacing=GAP))
        self._settings.installEventFilter(self)
        self._settings_area = scrolling(self._settings)
        self._settings_area.viewport().installEventFilter(self)
        begin = row(self.start, self.see, (self.hint, 100), (self.cost, 100), None)
        self._left = widget(column((self._settings_area, 1), begin, spacing=GAP))
        self._halves = row(self._left, (self.live, 1), spacing=GAP)
        inner = widget(column(self.strategies, (self._halves, 1), spacing=GAP, margins=(MARGIN, GAP, MARGIN, GAP)))
        return scrolling(inner)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_body"):
            self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if self._body is not None and (
            (watched is self._settings and kind == QEvent.Type.LayoutRequest)  # a card was opened or folded
            or (watched is self._settings_area.viewport() and kind == QEvent.Type.Resize)
        ):
            self._soon.start()  # the cards' own layouts come first
        return super().eventFilter(watched, event)

    def _give_height(self) -> None:
        """One below the other, the page scrolls as a whole; side by side only the settings do, and Start stays in sight."""
        beside = self._halves.direction() == QBoxLayout.Direction.LeftToRight
        self._settings_area.setMinimumHeight(theme.px(120) if beside else self._settings.sizeHint().height())
        whole = self._settings.sizeHint().height() + self.checklist.folded
        self.checklist.set_tight(beside and whole > self._settings_area.viewport().height())

    def _arrange(self) -> None:
        if self._body is None:
            return
        room = self.width() - 2 * MARGIN - GAP
        beside = room >= theme.px(_SIDE_BY_SIDE)
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        least = room < theme.px(LEFT + 396)
        wide = theme.px(LESS if least else LEFT)
        self.basics.set_narrow(least and beside)
        self._left.setMinimumWidth(wide if beside else 0)
        self._left.setMaximumWidth(wide if beside else 16_777_215)
        vertical = QSizePolicy.Policy.Ignored if beside else QSizePolicy.Policy.Preferred
        self._settings_area.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        self._give_height()
        for button in (self.start, self.see):
            button.setFixedSize(theme.px(128), theme.px(40))

    # the run

    def _run_changed(self) -> None:
        live = self.session.live
        phase = live.history.progress.phase if live.history.progress else ""
        now = (live.state, live.run, len(live.history.epochs), live.history.started is not None, phase)
        if now != self._shown:  # steps come thirty times a second, and change nothing here
            self._shown = now
            self._show_run()

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

"""The run bar at the bottom of every page: what runs, how far, remaining time as a range, Rates, Pause, Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMenu, QProgressBar

from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.paced import Paced
from tlstudio.gui.run_state import before_training, doing, ended, lower, measuring_best, preparing, run_name
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, ToolButton, column, icon, label, row, widget
from tlstudio.gui.words import remaining, took

if TYPE_CHECKING:
    from tlstudio.gui.widgets.steer_popover import SteerPopover

_LOOK = {
    "idle": ("moon-stars", "muted"),
    "starting": ("play-circle", "accent"),
    "running": ("play-circle", "accent"),
    "paused": ("pause-circle", "warn"),
    "stopping": ("stop-circle", "warn"),
    "done": ("check-circle", "good"),
    "stopped": ("stop-circle", "muted"),
    "failed": ("x-circle", "bad"),
}


class RunBar(QFrame):
    """objectNames runProgress, pauseButton, stopButton; runRates opens the rates, stopMenu the other way to stop, undoDiscard takes it
    back."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "runBar")
        self._mark = IconLabel("moon-stars", "muted", 20)
        self._name, self._detail = ElidedLabel("section"), ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._progress = QProgressBar()
        self._progress.setObjectName("runProgress")
        self._progress.setAccessibleName(self.tr("Progress of the run"))
        self._progress.setTextVisible(False)
        self._share, self._left = label("", "section"), ElidedLabel("muted", mode=Qt.TextElideMode.ElideRight)
        self._share.setObjectName("runShare")
        self._of: RunHistory | None = None
        self._far: float | None = None
        """How far the run is, 0..1, as it was told last; None: nobody knows yet."""
        self._speed = label("", "muted")
        self._pause = Button(
            self.tr("Pause"), "", "pause", tip=self.tr("Wait after the present step; nothing is lost"), on=lambda: session.live.toggle()
        )
        self._pause.setObjectName("pauseButton")
        self._stop = Button(self.tr("Stop"), "", "stop", tip=self.tr("End now and keep the best so far"), on=session.trained.stop)
        self._stop.setObjectName("stopButton")
        self._rates = Button(
            self.tr("Rates"), "", "sliders-horizontal", tip=self.tr("Change the learning rates while it trains"), on=self._steer
        )
        self._rates.setObjectName("runRates")
        self._ways = ToolButton("caret-up", self.tr("Stop in another way"), on=self._show_ways)
        self._ways.setObjectName("stopMenu")
        self._undo = Button(
            self.tr("Undo"), "quiet", "arrow-u-up-left", tip=self.tr("Take the run back out of the trash"), on=session.steering.take_back
        )
        self._undo.setObjectName("undoDiscard")
        self._popover: SteerPopover | None = None
        self._words = widget(column(None, self._name, self._detail, None, spacing=2))
        self.setLayout(
            row(
                self._mark, 4, self._words, 8, self._progress, 8, self._share, 8, (self._left, 1), self._speed, self._undo, 16,
                self._rates, self._pause, row(self._stop, self._ways, spacing=2),
                margins=(24, 0, 24, 0),
            )
        )  # fmt: skip
        self._left.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._widest = 0
        self._paced = Paced(self, self.refresh, lambda: (session.live.state, session.studying.active))
        session.run_changed.connect(self._changed)
        session.steering.changed.connect(self.refresh)
        self._paced.now()

    def _changed(self) -> None:
        self._paced.changed()

    def refresh(self) -> None:
        live = self.session.live
        self.setFixedHeight(theme.px(56))
        self._mark.show_icon(*_LOOK[live.state])
        idle = live.state == "idle"
        thrown = self.session.steering.thrown if idle else None
        if thrown is not None:
            self._mark.show_icon("trash", "muted")
        far = self._known(live)
        over = idle or live.state in ("done", "stopped") or (live.state == "failed" and far is None)
        self._progress.setVisible(not over)
        self._share.setVisible(not over and far is not None)
        self._pause.setVisible(live.state in ("running", "paused"))
        studying = self.session.studying.active
        stoppable = live.state in ("starting", "running", "paused")
        self._stop.setVisible(stoppable)
        self._ways.setVisible(stoppable and not studying)  # without one of its runs a study has no answer
        tip = self.tr("End the study now: finished runs stay, the present one can be gone on with")
        self._stop.setToolTip(tip if studying else self.tr("End now and keep the best so far"))
        steerable = live.active and not studying  # runs that are compared keep their rates
        self._rates.setVisible(steerable and live.state in ("running", "paused") and not before_training(live))
        self._undo.setVisible(thrown is not None)
        kind = "muted" if idle else "section"
        if self._name.property("kind") != kind:
            self._name.setProperty("kind", kind)
            self._name.style().unpolish(self._name)
            self._name.style().polish(self._name)
        name = run_name(live.recipe) if live.recipe is not None else ""
        if idle:
            name = self.tr("Nothing is running")
        if thrown is not None:
            name = self.tr("%1 is in the trash").replace("%1", thrown[1].name)
        self._name.show_text(name, str(thrown[0]) if thrown is not None else "")
        self._detail.setVisible(not idle)
        self._detail.show_text(self._how(live))
        if live.state == "starting":
            self._widest = 0
        self._fit()
        progress = _of_training(live.history.progress)
        self._progress.setRange(0, 1000 if far is not None or over else 0)  # no number while there is none
        self._progress.setValue(round((far or 0.0) * 1000))
        if self._progress.property("state") != live.state:
            self._progress.setProperty("state", live.state)
            self._progress.style().polish(self._progress)
        self._share.setText(self.tr("%1 of the time").replace("%1", f"{far or 0.0:.0%}"))
        about = self._meaning() if far is not None else doing(live)
        if about != self._share.toolTip():
            for part in (self._progress, self._share):
                part.setToolTip(about)
        self._progress.setAccessibleDescription(self._share.text() if far is not None else doing(live))
        left = remaining(progress.remaining) if progress and live.state == "running" else ""
        self._left.show_text(str(live.error.what) if live.state == "failed" and live.error else left)
        self._speed.setText(self.tr("%1 images/s").replace("%1", f"{progress.per_second:.0f}") if progress and progress.per_second else "")
        paused = live.state == "paused"
        self._pause.setText(self._pause_word() if self._pause.text() else "")
        self._pause.show_icon("play" if paused else "pause")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._paced.shown()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_words"):
            self.setFixedHeight(theme.px(56))
            self._fit()

    def _fit(self) -> None:
        """In a narrow window, or with large text, the bar and the name give way before Pause and Stop do."""
        narrow = self.width() < theme.px(1100)
        needed = max(part.sizeHint().width() for part in (self._name, self._detail)) + 4
        if self.session.live.active:  # it does not shrink and grow with every word
            longest = self.tr("computing the frozen part: %1 of %1").replace("%1", "8,888")
            needed = max(needed, self._detail.fontMetrics().horizontalAdvance(longest))
        self._widest = max(self._widest, needed)
        share = 0.5 if self.session.live.state in ("idle", "done", "stopped", "failed") else 0.3 if narrow else 0.34
        self._words.setFixedWidth(min(self._widest, max(120, round(self.width() * share))))
        self._progress.setFixedWidth(200 if not narrow else 72)
        widest = self._share.fontMetrics().horizontalAdvance(self.tr("%1 of the time").replace("%1", "88%"))
        self._share.setMinimumWidth(widest + 2)  # what stands behind it does not move with every figure
        self._speed.setVisible(self.session.live.state == "running" and not narrow)
        tight = self.width() < theme.px(900)  # then icons have to do
        for button, word in ((self._rates, self.tr("Rates")), (self._pause, self._pause_word()), (self._stop, self.tr("Stop"))):
            button.setText("" if tight else word)
            button.setAccessibleName(word)

    def _how(self, live: LiveRun) -> str:
        history, started = live.history, live.history.started
        if live.state == "stopping":
            return lower(doing(live))
        if live.state == "starting" or started is None:
            return lower(preparing(live)) if live.active else ""
        if live.state == "done":
            seconds, how = live.summary.get("seconds"), lower(ended(history))
            return self.tr("%1, took %2").replace("%1", how).replace("%2", took(seconds)) if seconds is not None else how
        if live.state in ("running", "paused") and before_training(live):
            said = lower(preparing(live))
            return self.tr("paused: %1").replace("%1", said) if live.state == "paused" else said
        if measuring_best(live):
            return lower(doing(live))
        epoch = self.tr("epoch %1 of %2").replace("%1", str(history.epoch_now)).replace("%2", str(started.epochs))
        stage = history.stage_of(history.epoch_now)
        if stage is not None and (len(history.stages) > 1 or stage.last_epoch < started.epochs):  # what learns now is not what learns later
            epoch = self.tr("%1, %2").replace("%1", stage.learns).replace("%2", epoch)
        if live.state == "stopped":
            return self.tr("stopped in %1; the best is kept").replace("%1", epoch)
        if live.state == "failed":
            return self.tr("failed in %1").replace("%1", epoch)
        if live.state == "paused":
            return self.tr("paused in %1").replace("%1", epoch)
        return epoch

    def _known(self, live: LiveRun) -> float | None:
        """How far the run is; what is said of it goes on to hold while the next stage is prepared, and is never taken back."""
        if live.history is not self._of:
            self._of, self._far = live.history, None
        progress = _of_training(live.history.progress)
        if progress is not None and progress.overall is not None:
            self._far = max(self._far or 0.0, progress.overall)
        return self._far

    def _meaning(self) -> str:
        return self.tr(
            "How much is over of the time that the whole run is expected to take: what is computed once, all epochs, measuring the best in "
            "the end. Epochs are counted under the run's name; they need not all take equally long."
        )

    def _pause_word(self) -> str:
        return self.tr("Go on") if self.session.live.state == "paused" else self.tr("Pause")

    def _steer(self) -> None:
        from tlstudio.gui.widgets.steer_popover import SteerPopover  # numpy comes with it

        if self._popover is None:
            self._popover = SteerPopover(self.session, self)
        self._popover.ask(self._rates.mapToGlobal(QPoint(0, 0)))

    def _show_ways(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("waysToStop")
        keep = menu.addAction(icon("stop"), self.tr("Stop and keep the best"), self.session.trained.stop)
        gone = menu.addAction(icon("trash"), self.tr("Cancel and discard the run"), self.session.steering.discard)
        keep.setToolTip(self.tr("The epoch that was best so far is the result"))
        gone.setToolTip(self.tr("Its folder goes to the trash; you can take it back"))
        menu.setToolTipsVisible(True)
        at = self._ways.mapToGlobal(QPoint(self._ways.width(), 0))
        menu.popup(QPoint(at.x() - menu.sizeHint().width(), at.y() - menu.sizeHint().height()))
        menu.aboutToHide.connect(menu.deleteLater)


def _of_training(progress: Progress | None) -> Progress | None:
    """What says how far the run is: reading the images and fetching weights come before it, and count by themselves."""
    return progress if progress is not None and progress.phase in ("features", "train", "validate") else None

"""The run bar at the bottom of every page: what runs, how far, remaining time as a range, Pause, Stop."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QProgressBar

from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, column, label, row, widget
from tlstudio.gui.words import remaining, strategy_word, took

_LOOK = {
    "idle": ("moon-stars", "muted"),
    "starting": ("play-circle", "accent"),
    "running": ("play-circle", "accent"),
    "paused": ("pause-circle", "warn"),
    "stopping": ("stop-circle", "warn"),
    "done": ("check-circle", "good"),
    "stopped": ("check-circle", "good"),
    "failed": ("x-circle", "bad"),
}
_EVERY = 150  # milliseconds


class RunBar(QFrame):
    """objectNames runProgress, pauseButton, stopButton."""

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
        self._progress.setRange(0, 1000)
        self._share, self._left = label("", "section"), ElidedLabel("muted", mode=Qt.TextElideMode.ElideRight)
        self._speed = label("", "muted")
        self._pause = Button(
            self.tr("Pause"), "", "pause", tip=self.tr("Wait after the present step; nothing is lost"), on=self._pause_or_go
        )
        self._pause.setObjectName("pauseButton")
        self._stop = Button(self.tr("Stop"), "", "stop", tip=self.tr("End now and keep the best so far"), on=session.live.stop)
        self._stop.setObjectName("stopButton")
        self._words = widget(column(None, self._name, self._detail, None, spacing=2))
        self.setLayout(
            row(
                self._mark, 4, self._words, 8, self._progress, 8, self._share, 8, (self._left, 1), self._speed, 16,
                self._pause, self._stop,
                margins=(24, 0, 24, 0),
            )
        )  # fmt: skip
        self._left.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._shown = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_EVERY)
        self._soon.timeout.connect(self.refresh)
        session.run_changed.connect(self._changed)
        self.refresh()

    def _changed(self) -> None:
        """A new state at once; progress as often as somebody can read it."""
        if self.session.live.state != self._shown:
            self.refresh()
        elif not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        live = self.session.live
        self._shown = live.state
        self.setFixedHeight(theme.px(56))
        self._mark.show_icon(*_LOOK[live.state])
        idle = live.state == "idle"
        for part in (self._progress, self._share):
            part.setVisible(not idle and live.state != "done")
        self._pause.setVisible(live.state in ("running", "paused"))
        self._stop.setVisible(live.state in ("starting", "running", "paused"))
        kind = "muted" if idle else "section"
        if self._name.property("kind") != kind:
            self._name.setProperty("kind", kind)
            self._name.style().unpolish(self._name)
            self._name.style().polish(self._name)
        self._name.show_text(self._run_name(live) if not idle else self.tr("Nothing is running"))
        self._detail.setVisible(not idle)
        self._detail.show_text(self._how(live))
        self._fit()
        progress = _of_training(live.history.progress)
        share = progress.overall or 0.0 if progress is not None else 0.0
        self._progress.setValue(round(share * 1000))
        if self._progress.property("state") != live.state:
            self._progress.setProperty("state", live.state)
            self._progress.style().polish(self._progress)
        self._share.setText(f"{share:.0%}")
        left = remaining(progress.remaining) if progress and live.state == "running" else ""
        self._left.show_text(str(live.error.what) if live.state == "failed" and live.error else left)
        self._speed.setText(self.tr("%1 images/s").replace("%1", f"{progress.per_second:.0f}") if progress and progress.per_second else "")
        paused = live.state == "paused"
        self._pause.setText(self.tr("Go on") if paused else self.tr("Pause"))
        self._pause.show_icon("play" if paused else "pause")

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
        self._words.setFixedWidth(min(theme.px(240), max(120, self.width() // 4)))
        self._progress.setFixedWidth(240 if not narrow else 120)
        self._speed.setVisible(self.session.live.state == "running" and not narrow)

    def _run_name(self, live: LiveRun) -> str:
        recipe = live.recipe
        if recipe is None:
            return ""
        return ", ".join(part for part in (recipe.name, strategy_word(recipe.frozen.strategy).lower()) if part)

    def _how(self, live: LiveRun) -> str:
        history, started = live.history, live.history.started
        if live.state == "starting" or started is None:
            return self._starting(live) if live.active else ""
        if live.state == "done":
            seconds = live.summary.get("seconds")
            return self.tr("finished, took %1").replace("%1", took(seconds)) if seconds is not None else self.tr("finished")
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
        if live.state == "stopping":
            return self.tr("stopping; the best is kept")
        if history.progress and history.progress.phase == "features":
            return self.tr("frozen part looks at each image once")
        return epoch

    def _starting(self, live: LiveRun) -> str:
        """What comes before the first epoch, as far as it takes long enough to be read."""
        progress = live.history.progress
        if progress is not None and progress.total and progress.done < progress.total:
            words = {
                "scan": self.tr("reading the images, %1"),
                "unpack": self.tr("unpacking, %1"),
                "download": self.tr("fetching weights, %1"),
            }
            return words.get(progress.phase, self.tr("starting")).replace("%1", f"{progress.done / progress.total:.0%}")
        return self.tr("starting")

    def _pause_or_go(self) -> None:
        live = self.session.live
        (live.go_on if live.state == "paused" else live.pause)()


def _of_training(progress: Progress | None) -> Progress | None:
    """What says how far the run is: reading the images and fetching weights come before it, and count by themselves."""
    return progress if progress is not None and progress.phase in ("features", "train", "validate") else None

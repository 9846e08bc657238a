"""The last line of a presentation: how far it is or, calmly, what went wrong; the keys; and where a replay is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame

from tlstudio.errors import StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.paced import Paced
from tlstudio.gui.run_state import ended, preparing
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import IconLabel, column, label, row
from tlstudio.gui.widgets.replay_bar import chip, speed_and_place, where
from tlstudio.gui.widgets.replay_line import ReplayLine
from tlstudio.gui.words import remaining, took

SIDE = 25  # of the text from the window's edge, at text scale 1
STAYS = 15_000  # milliseconds for which an error is said


class Foot(QFrame):
    """objectName presentationFoot."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("presentationFoot")
        self._mark, self._keys = IconLabel("warning", "warn"), label("", "muted")
        self._said = ElidedLabel("muted", mode=Qt.TextElideMode.ElideRight)
        self._said.setObjectName("presentationLine")
        self._mark.hide()
        self._chip = label("", "section")
        self._chip.setObjectName("presentationReplay")
        self.line = ReplayLine(bare=True)
        self.line.sought.connect(self._seek)
        self._row = row(self._chip, self._mark, (self._said, 1), 16, self._keys)
        self._page = "train"
        self._trouble = ""
        self._over = QTimer(self)
        self._over.setSingleShot(True)
        self._over.setInterval(STAYS)
        self._over.timeout.connect(self._calm)
        self.setLayout(column(self._row, self.line, spacing=0))
        self._paced = Paced(self, self.refresh, self._turn)
        session.run_changed.connect(self._changed)
        self._fit()
        self._paced.now()

    def show_page(self, key: str) -> None:
        self._page = key
        self._paced.now()

    def say(self, error: StudioError) -> None:
        """In one line, for a while; nothing has to be clicked away."""
        self._trouble = sentences(error.what, error.do)
        self._said.show_text(self._trouble)
        self._over.start()
        self._paced.now()

    def _calm(self) -> None:
        self._trouble = ""
        self._paced.now()

    def _turn(self) -> tuple[object, ...]:
        """What does not wait: the state, and what the keys of a replay do."""
        live, played = self.session.live, self.session.replaying
        return live.state, live.run, speed_and_place(played) if played is not None else None

    def _changed(self) -> None:
        if self.isVisible():
            self.line.follow(self.session.replaying)  # it moves on smoothly; words are read
        self._paced.changed()

    def refresh(self) -> None:
        live, played = self.session.live, self.session.replaying
        self._chip.setVisible(played is not None)
        self.line.setVisible(played is not None)
        if played is not None:
            self._chip.setText(chip(played))
            self.line.follow(played)
        failed = live.state == "failed" and live.error is not None
        self._mark.setVisible(bool(self._trouble) or failed)
        self._mark.show_icon(*(("warning", "warn") if self._trouble else ("x-circle", "bad")))
        if self._trouble:
            text = self._trouble
        elif failed and live.error is not None:
            text = sentences(live.error.what, live.error.do)
        else:
            text = where(played) if played is not None else self._how(live)
        self._said.show_text(text)
        self._keys.setText(self._hints())

    def _how(self, live: LiveRun) -> str:
        history, started = live.history, live.history.started
        if live.state == "idle":
            return ""
        if live.state == "done":
            seconds = live.summary.get("seconds")
            how = ended(history)
            return self.tr("%1, took %2").replace("%1", how).replace("%2", took(seconds)) if seconds is not None else how
        if live.state == "stopped":
            return self.tr("Stopped; the best is kept")
        progress = history.progress
        if live.state == "starting" or started is None:
            return preparing(live)
        if live.state == "paused":
            return self.tr("Paused in epoch %1").replace("%1", str(history.epoch_now))
        if live.state == "stopping":
            return self.tr("Stopping; the best is kept")
        if progress is not None and progress.phase == "features":
            text = self.tr("The frozen part looks at each image once: %1 of %2")
            return text.replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
        left = remaining(progress.remaining) if progress is not None else ""
        return self.tr("Training, %1").replace("%1", left) if left else self.tr("Training")

    def _hints(self) -> str:
        """The keys that mean something here, as many as there is room for."""
        played, live = self.session.replaying, self.session.live
        keys = [self.tr("Esc: leave")]
        if self._trouble or live.state == "failed":  # the sentence needs the room
            return keys[0]
        if self._page == "train" and played is not None:
            pause = self.tr("Space: play") if played.state != "running" else self.tr("Space: pause")
            keys = [pause, self.tr("+/−: speed"), self.tr("←/→: epoch"), *keys]
        else:
            keys = [self.tr("←/→: page"), *keys]
            if self._page == "train" and live.state in ("running", "paused"):
                keys.insert(0, self.tr("Space: go on") if live.state == "paused" else self.tr("Space: pause"))
        metrics = self._keys.fontMetrics()
        while len(keys) > 1 and metrics.horizontalAdvance("    ".join(keys)) > self.width() * 0.55:
            del keys[-2]
        return "    ".join(keys)

    def _seek(self, share: float) -> None:
        played = self.session.replaying
        if played is not None:
            played.seek(share * played.lasts)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._paced.shown()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keys.setText(self._hints())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_row"):
            self._fit()

    def _fit(self) -> None:
        side = theme.px(SIDE)
        self._row.setContentsMargins(side, theme.px(4), side, theme.px(5))
        self._row.setAlignment(Qt.AlignmentFlag.AlignVCenter)

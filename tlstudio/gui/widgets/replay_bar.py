"""What stands in place of the run bar while a run is replayed: that it is a replay, of what, where it is, and its controls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame

from tlstudio.gui import theme
from tlstudio.gui.paced import Paced
from tlstudio.gui.replay import ReplayedRun
from tlstudio.gui.session import Session
from tlstudio.gui.timeline import SPEEDS
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, Segments, ToolButton, column, label, row, widget
from tlstudio.gui.widgets.replay_line import ReplayLine
from tlstudio.gui.words import strategy_word


class ReplayBar(QFrame):
    """objectNames replayBar, replayRestart, replayPause, replayLine, replaySpeed, leaveReplay. It knows the keys when it has the focus."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("replayBar")
        self.setAccessibleName(self.tr("Replay"))
        self.setProperty("kind", "runBar")
        self._mark, self._chip = IconLabel("clock-counter-clockwise", "accent", 20), label("", "section")
        self._name = ElidedLabel("small")
        restart = ToolButton("skip-back", self.tr("From the beginning (Home)"), on=self._with(ReplayedRun.restart))
        restart.setObjectName("replayRestart")
        self._pause = ToolButton("pause", "", on=self._with(ReplayedRun.toggle))
        self._pause.setObjectName("replayPause")
        self.line = ReplayLine()
        self.line.sought.connect(self._seek)
        self._where = label("", "muted")
        speeds = {str(speed): f"{speed}×" for speed in SPEEDS}
        tip = self.tr("Times as fast as the run was; nothing lasts longer than two seconds (+ and −)")
        self.speeds = Segments(speeds, "", lambda key: self._set_speed(int(key)), name="replaySpeed", tips=dict.fromkeys(speeds, tip))
        self.speeds.setAccessibleName(self.tr("Speed of the replay"))
        leave = Button(self.tr("Leave the replay"), "", "x", tip=self.tr("Show again what was here before"), on=session.leave_replay)
        leave.setObjectName("leaveReplay")
        self._leave = leave
        self._words = widget(column(None, self._chip, self._name, None, spacing=2))
        self.setLayout(
            row(
                self._mark, 4, self._words, 8, restart, self._pause, (self.line, 1), 4, self._where, 8, self.speeds, 8, leave,
                margins=(24, 0, 24, 0),
            )
        )  # fmt: skip
        self._paced = Paced(self, self.refresh, self._turn)
        session.run_changed.connect(self._changed)
        self._fit()
        self._paced.now()

    def _with(self, do: Callable[[ReplayedRun], Any]) -> Callable[[], None]:
        def done() -> None:
            if self.session.replaying is not None:
                do(self.session.replaying)

        return done

    def _set_speed(self, speed: int) -> None:
        if self.session.replaying is not None:
            self.session.replaying.set_speed(speed)

    def _seek(self, share: float) -> None:
        if self.session.replaying is not None:
            self.session.replaying.seek(share * self.session.replaying.lasts)

    def _turn(self) -> tuple[object, ...]:
        """What does not wait: another run or state, and what the keys do."""
        played = self.session.replaying
        return (played.run, played.state, speed_and_place(played)) if played is not None else ()

    def _changed(self) -> None:
        if self.isVisible():
            self.line.follow(self.session.replaying)  # it moves on smoothly; words are read
        self._paced.changed()

    def refresh(self) -> None:
        played = self.session.replaying
        if played is None:
            return
        self._chip.setText(chip(played))
        self._name.show_text(said_of(played), f"{said_of(played)}\n{played.run}")
        self.line.follow(played)
        self._where.setText(where(played))
        self.speeds.show_choice(str(played.speed))
        running = played.state == "running"
        self._pause.show_icon("pause" if running else "play")
        word = self.tr("Pause") if running else self.tr("Play")
        if word != self._pause.accessibleName():
            self._pause.setToolTip(self.tr("Pause (Space)") if running else self.tr("Play (Space)"))
            self._pause.setAccessibleName(word)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        played = self.session.replaying
        does = replay_key(played, event.key()) if played is not None else None
        if does is None:
            super().keyPressEvent(event)
        else:
            does()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._paced.shown()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_words"):
            self._fit()

    def _fit(self) -> None:
        """In a narrow window, or with large text, the words give way before the controls do."""
        self.setFixedHeight(theme.px(56))
        wide = self.width() / theme.scale()
        self._words.setFixedWidth(min(theme.px(240), max(theme.px(92), self.width() // 6)))
        self._leave.setText(self.tr("Leave the replay") if wide >= 1180 else self.tr("Leave"))
        self._where.setVisible(wide >= 1100)
        self._mark.setVisible(wide >= 620)
        self.speeds.setVisible(wide >= 620)


def tr(text: str) -> str:
    return QCoreApplication.translate("replay", text)


def chip(played: ReplayedRun) -> str:
    """Replay 4×"""
    return tr("Replay %1×").replace("%1", str(played.speed))


def speed_and_place(played: ReplayedRun) -> tuple[int, int]:
    """Its speed, and where it stands still the epoch at which it does: what a key changes, and is to be seen at once."""
    return played.speed, played.history.epoch_now if played.state != "running" else -1


def said_of(played: ReplayedRun) -> str:
    """Ants and bees, gradual"""
    recipe = played.recipe
    if recipe is None:
        return ""
    return ", ".join(part for part in (recipe.name, strategy_word(recipe.frozen.strategy).lower()) if part)


def where(played: ReplayedRun) -> str:
    """epoch 12 of 20; how it ended."""
    started = played.history.started
    if started is None:
        return tr("being read") if played.state == "starting" else tr("before the start")
    epoch = tr("epoch %1 of %2").replace("%1", str(played.history.epoch_now)).replace("%2", str(started.epochs))
    form = {"paused": tr("%1, paused"), "done": tr("%1, finished"), "stopped": tr("%1, stopped"), "failed": tr("%1, failed")}
    return form.get(played.state, "%1").replace("%1", epoch)


def replay_key(played: ReplayedRun, key: int) -> Callable[[], Any] | None:
    """What a key does to a replay: Space, Home, Left, Right, + and −. None for all others."""
    does: dict[int, Callable[[], Any]] = {
        Qt.Key.Key_Space: played.toggle,
        Qt.Key.Key_Home: played.restart,
        Qt.Key.Key_Left: lambda: played.step(-1),
        Qt.Key.Key_Right: lambda: played.step(1),
        Qt.Key.Key_Plus: played.faster,
        Qt.Key.Key_Equal: played.faster,  # the same key without Shift on many keyboards
        Qt.Key.Key_Minus: lambda: played.faster(-1),
        Qt.Key.Key_Underscore: lambda: played.faster(-1),
    }
    return does.get(key)

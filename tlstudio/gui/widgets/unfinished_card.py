"""A run that was interrupted: go on with it, look at it, or throw it away (and get it back)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFrame

from tlstudio import runs
from tlstudio.errors import StudioError
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, Button, IconLabel, column, row
from tlstudio.gui.words import strategy_word, when


class UnfinishedCard(QFrame):
    """objectName unfinishedRun. Hidden while there is nothing to say."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "card")
        self.setObjectName("unfinishedRun")
        self._run: dict[str, Any] | None = None
        self._thrown: tuple[Path, Path] | None = None  # where it lies now, where it lay
        self._title, self._text = ElidedLabel("section"), ElidedLabel("muted")
        self.resume = Button(self.tr("Resume"), "", "play", tip=self.tr("Go on where it was interrupted"), on=self._resume)
        self.resume.setObjectName("resumeUnfinished")
        self.look = Button(self.tr("Look"), tip=self.tr("What it has reached so far"), on=self._look)
        self.discard = Button(self.tr("Discard"), tip=self.tr("Move it to the trash"), on=self._discard)
        self.back = Button(self.tr("Put back"), "", "arrow-counter-clockwise", tip=self.tr("Out of the trash again"), on=self._put_back)
        words = column(self._title, self._text, spacing=2)
        out = row(IconLabel("hourglass-medium", "warn", 24), 8, (words, 1), self.resume, self.look, self.discard, self.back)
        out.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(out)
        session.run_changed.connect(self._refresh)
        self._refresh()

    def show_run(self, run: dict[str, Any] | None) -> None:
        """A row of `api.list_runs`, or None."""
        if run is not None and self._thrown is not None and run["path"] == str(self._thrown[1]):
            run = None  # the list has not heard of it yet
        if run is not None and (self._run is None or run["path"] != self._run["path"]):
            self._thrown = None
        self._run = run
        self._refresh()

    def _refresh(self) -> None:
        run, live = self._run, self.session.live
        shown = run is not None and not (live.active and live.run == run["path"])
        self.setVisible(shown or self._thrown is not None)
        for button in (self.resume, self.look, self.discard):
            button.setVisible(shown)
        self.back.setVisible(self._thrown is not None and not shown)
        if not shown or run is None:
            if self._thrown is not None:
                self._text.show_text(self.tr("It lies in the trash of the program."), str(self._thrown[0]))
            return
        self.resume.setEnabled(not self.session.training)
        strategy = strategy_word(run["strategy"]).lower() if run.get("strategy") else ""
        self._title.show_text(self.tr("Unfinished run: %1").replace("%1", ", ".join(part for part in (run["title"], strategy) if part)))
        self._text.show_text(self._how(run), run["path"])
        self.look.setVisible(bool(run.get("epoch")))

    def _how(self, run: dict[str, Any]) -> str:
        done, epochs = run.get("epoch") or 0, run.get("epochs_planned") or run.get("epochs") or 0
        if run.get("failure"):
            text = str(run["failure"]).rstrip(".") + "."
        else:
            text = self.tr("Interrupted in epoch %1 of %2, begun %3.").replace("%1", str(min(done + 1, epochs))).replace("%2", str(epochs))
            text = text.replace("%3", when(run["started"]) if run.get("started") else "–")
        if done:
            saved = self.tr("Epoch %1 is saved.").replace("%1", str(done))
        elif runs.Run(Path(run["path"])).last.exists():
            saved = self.tr("It goes on from its last saved step.")
        else:
            saved = self.tr("Nothing is saved yet: it starts over.")
        return f"{text} {saved}"

    def _resume(self) -> None:
        if self._run is not None:
            try:
                self.session.resume(runs.Run.open(self._run["path"]))
            except StudioError as error:
                self.session.trouble.emit(error)

    def _look(self) -> None:
        if self._run is not None:
            self.session.show_result(self._run["path"])

    def _discard(self) -> None:
        if self._run is None:
            return
        try:
            run = runs.Run.open(self._run["path"])
            self._thrown = (run.to_trash(), run.path)
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self._title.show_text(self.tr("Discarded: %1").replace("%1", self._run["title"]))
        self._run = None
        self._refresh()
        self.session.runs_changed.emit()

    def _put_back(self) -> None:
        if self._thrown is None:
            return
        now, before = self._thrown
        try:
            shutil.move(now, before)
        except OSError as error:
            self.session.trouble.emit(runs.cannot_write(before, error))
            return
        self._thrown = None
        self._refresh()
        self.session.runs_changed.emit()

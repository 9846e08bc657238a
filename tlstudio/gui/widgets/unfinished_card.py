"""A run that was interrupted: go on with it, or with the study that it belongs to, look at it, or throw it away (and get it back)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFrame

from tlstudio import runs
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
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
        self._study: dict[str, Any] | None = None  # the row of the study that it belongs to, where that is not through
        self._asking: Background[dict[str, Any] | None] | None = None
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
        session.run_turned.connect(self._refresh)
        self._refresh()

    def show_run(self, run: dict[str, Any] | None) -> None:
        """A row of `api.list_runs`, or None."""
        if run is not None and self._thrown is not None and run["path"] == str(self._thrown[1]):
            run = None  # the list has not heard of it yet
        if run is not None and (self._run is None or run["path"] != self._run["path"]):
            self._thrown = None
        if run is None or self._run is None or run["path"] != self._run["path"]:
            self._study = None
        self._run = run
        self._ask_for_study()
        self._refresh()

    def _ask_for_study(self) -> None:
        """Whether the run is one of a study; that may have gone on, or away, since it was last asked."""
        if self._asking is not None:
            self._asking.forget()
            self._asking = None
        if self._run is None:
            return
        path = Path(self._run["path"])

        def study() -> dict[str, Any] | None:
            from tlstudio.studies.membership import study_of  # numpy comes with it

            return study_of(path)

        self._asking = Background(study, self._found)

    def _found(self, study: dict[str, Any] | None) -> None:
        self._asking = None
        self._study = study if study is not None and study["state"] in ("waiting", "unfinished") else None
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
        study, how = self._study, self._how(run)
        if study is not None:
            from tlstudio.gui.studies.study_view import name_of

            said = self.tr("Unfinished study: %1 (%2 of %3 runs are done)").replace("%2", str(study["done"]))
            said = said.replace("%3", str(study["of"]))
            self._title.show_text(said.replace("%1", name_of(study)))
            self._text.show_text(f"{run['title']}. {how}", run["path"])
        else:
            strategy = strategy_word(run["strategy"]).lower() if run.get("strategy") else ""
            said = self.tr("Unfinished run: %1")
            self._title.show_text(said.replace("%1", ", ".join(part for part in (run["title"], strategy) if part)))
            self._text.show_text(how, run["path"])
        of_study = self.tr("Train this run to its end, then those that are left")
        self.resume.setText(self.tr("Resume") if study is None else self.tr("Go on with the study"))
        self.resume.setToolTip(self.tr("Go on where it was interrupted") if study is None else of_study)
        gone = self.tr("Move the run to the trash; a study that goes on trains it anew")
        self.discard.setText(self.tr("Discard") if study is None else self.tr("Discard run"))
        self.discard.setToolTip(self.tr("Move it to the trash") if study is None else gone)
        self.look.setVisible(bool(run.get("epoch")))

    def _how(self, run: dict[str, Any]) -> str:
        done, epochs = run.get("epoch") or 0, run.get("epochs_planned") or run.get("epochs") or 0
        if run.get("failure"):
            text = str(run["failure"]).rstrip(".") + "."
        else:
            alone, of_study = self.tr("Interrupted in epoch %1 of %2, begun %3."), self.tr("Interrupted in epoch %1 of %2.")
            text = (alone if self._study is None else of_study).replace("%1", str(min(done + 1, epochs))).replace("%2", str(epochs))
            text = text.replace("%3", when(run["started"]) if run.get("started") else "–")
        if done:
            saved = self.tr("Epoch %1 is saved.").replace("%1", str(done))
        elif runs.Run(Path(run["path"])).last.exists():
            saved = self.tr("It goes on from its last saved step.")
        else:
            saved = self.tr("Nothing is saved yet: it starts over.")
        return f"{text} {saved}"

    def _resume(self) -> None:
        if self._study is not None:
            from tlstudio.gui.studies.study_view import name_of

            if self.session.studying.start("resume_study", {"name": self._study["study"]}, name_of(self._study)):
                self.session.asked_for.emit("train")
        elif self._run is not None:
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

"""A line above the run bar while a study is worked on: which run of how many, how long still, and the way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QProgressBar

from tlstudio.errors import sentences
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, label, row
from tlstudio.gui.words import remaining


class StudyStrip(QFrame):
    """objectName studyStrip; studyProgress, stopStudy, showStudy. Hidden while there is no study, or it was put away."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("studyStrip")
        self.setProperty("kind", "runBar")
        self._mark, self._title = IconLabel("scales", "accent", 18), ElidedLabel("section", mode=Qt.TextElideMode.ElideRight)
        self._where = ElidedLabel("muted", mode=Qt.TextElideMode.ElideRight)
        self._progress = QProgressBar()
        self._progress.setObjectName("studyProgress")
        self._progress.setAccessibleName(self.tr("Progress of the study"))
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._left = label("", "muted")
        self._stop = Button(
            self.tr("Stop study"),
            "quiet",
            "stop",
            tip=self.tr("Finished runs stay, the present one can be gone on with"),
            on=session.studying.stop,
        )
        self._stop.setObjectName("stopStudy")
        self._why = Button(self.tr("Details…"), "quiet", tip=self.tr("What happened, why, and what mends it"), on=self._explain)
        self._why.setObjectName("explainStudy")
        self._look = Button(self.tr("Show"), "quiet", tip=self.tr("What it found so far"), on=self.show_study)
        self._look.setObjectName("showStudy")
        self._away = Button(
            self.tr("Put away"), "quiet", tip=self.tr("Hide this line; the study stays under Run, Studies"), on=self._put_away
        )
        self.setLayout(
            row(
                *(self._mark, 4, (self._title, 2), (self._where, 3), self._progress, 8, self._left, 8),
                *(self._why, self._look, self._stop, self._away),
                margins=(24, 0, 24, 0),
            )
        )
        self._wanted, self._quiet = False, False
        session.studying.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        studying = self.session.studying
        active = studying.active
        if studying.state == "idle":
            self._put_away()
            return
        self.setFixedHeight(theme.px(40))
        self._progress.setFixedWidth(theme.px(160))
        marks = {"done": ("check-circle", "good"), "failed": ("x-circle", "bad"), "left": ("stop", "muted")}
        left = studying.state == "done" and studying.document.get("state") != "finished"
        self._mark.show_icon(*marks.get("left" if left else studying.state, ("scales", "accent")))
        self._title.show_text(studying.title)
        words = self._words()
        self._where.show_text(words, short=studying.error.what if studying.error is not None else "")
        self._why.setVisible(studying.error is not None)
        progress = studying.progress
        self._progress.setVisible(active and self._roomy)
        self._progress.setValue(round(1000 * (progress.overall or 0.0)) if progress else 0)
        self._left.setText(remaining(progress.remaining) if active and progress else "")
        self._stop.setVisible(studying.state == "running")
        self._look.setVisible(bool(studying.name))
        self._away.setVisible(not active)
        self._wanted = True
        self.setVisible(not self._quiet)

    def _put_away(self) -> None:
        self._wanted = False
        self.hide()

    def keep_quiet(self, quiet: bool) -> None:
        """In a presentation it is not shown, whatever happens."""
        self._quiet = quiet
        self.setVisible(self._wanted and not quiet)

    def _words(self) -> str:
        studying = self.session.studying
        step = studying.step
        if studying.state == "failed" and studying.error is not None:
            return f"{studying.error.what}. {sentences(studying.error.why, studying.error.do)}"
        if studying.state == "done":
            verdict = studying.document.get("verdict") or {}
            left = studying.document.get("state") != "finished"
            said = verdict.get("headline") or studying.document.get("sentence") or ""
            failed = studying.document.get("failed") or 0
            if failed:
                many = self.tr("1 run failed.") if failed == 1 else self.tr("%1 runs failed.").replace("%1", str(failed))
                said = f"{many} {said}".strip()
            return self.tr("Stopped; it can be gone on with. %1").replace("%1", said).strip() if left else said or self.tr("Finished")
        if studying.state == "stopping":
            return self.tr("Stopping…")
        if step is None:
            return self.tr("Starting…")
        said = self.tr("run %1 of %2: %3").replace("%1", str(step.index)).replace("%2", str(step.of))
        return said.replace("%3", step.title)

    def _explain(self) -> None:
        if self.session.studying.error is not None:
            self.session.trouble.emit(self.session.studying.error)

    def show_study(self) -> None:
        from tlstudio.gui.studies.studies_sheet import StudiesSheet

        StudiesSheet(self.session, self.window(), self.session.studying.name).open()

    @property
    def _roomy(self) -> bool:
        """Whether there is room for a bar beside the words, which say the same."""
        return self.width() >= theme.px(760)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._progress.setVisible(self.session.studying.active and self._roomy)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "_wanted", False):
            self.refresh()

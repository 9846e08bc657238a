"""What happened, the likely cause, and the buttons that mend it: in the place where it happened, never in front of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame

from tlstudio.errors import StudioError, sentences
from tlstudio.gui.widgets.parts import GAP, Button, IconLabel, column, label, row


class FailureCard(QFrame):
    """resume, again: what the buttons do. Hidden until `show_error`."""

    def __init__(self, resume: Callable[[], Any], again: Callable[[], Any]) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setObjectName("failureCard")
        self._what, self._why, self._saved = label("", "section", wrap=True), label("", "", wrap=True), label("", "muted", wrap=True)
        tip = self.tr("Go on from the last checkpoint: nothing before it is done again")
        self.resume = Button(self.tr("Resume"), "primary", "play", tip=tip, on=resume)
        self.resume.setObjectName("resumeButton")
        self.again = Button(self.tr("Start again"), "", "arrow-clockwise", tip=self.tr("A new run from the beginning"), on=again)
        self.copy = Button(self.tr("Copy details"), "quiet", tip=self.tr("For a report: the error with its log"), on=self._copy)
        self._error: StudioError | None = None
        words = column(self._what, self._why, self._saved, 4, row(self.resume, self.again, self.copy, None), spacing=6)
        out = row(column(IconLabel("x-circle", "bad", 24), None), 4, (words, 1))
        out.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(out)
        self.hide()

    def show_error(self, error: StudioError | None, saved_epoch: int | None = None, *, resumable: bool = False) -> None:
        """saved_epoch: the last epoch that the checkpoint holds, None if there is none. resumable: there is a run folder to go on with."""
        self._error = error
        self.setVisible(error is not None)
        if error is None:
            return
        self._what.setText(error.what)
        rest = sentences(error.why, error.do)
        self._why.setText(rest)
        self._why.setVisible(bool(rest))
        saved = ""
        if saved_epoch:
            saved = self.tr("Epoch %1 is saved; nothing up to there is lost.").replace("%1", str(saved_epoch))
        self._saved.setText(saved)
        self._saved.setVisible(bool(saved))
        self.resume.setVisible(resumable)
        self.again.set_kind("" if resumable else "primary")

    def _copy(self) -> None:
        if self._error is not None:
            QGuiApplication.clipboard().setText("\n\n".join(part for part in (str(self._error), self._error.details) if part))

"""Keeps the verdict on the ticked runs beside their curves: asked for when the ticks rest, forgotten when they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer

from tlstudio.errors import StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.studies.compare_sheet import CompareSheet
from tlstudio.gui.studies.verdict_card import VerdictCard
from tlstudio.gui.widgets.verdict_host import VerdictHost

REST = 400  # ms after the last tick


class VerdictWatch(QObject):
    """card is in the host while two finished runs, or more, are ticked."""

    def __init__(self, session: Session, host: VerdictHost) -> None:
        super().__init__(host)
        self.session, self.host, self.card = session, host, VerdictCard()
        self.card.setParent(host)
        self.card.hide()
        self.card.fair_asked.connect(self._compare)
        self.card.offer()
        self._runs: list[str] = []
        self._job: JobHandle | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._ask)

    def show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """rows: of the ticked runs."""
        runs = [str(row["path"]) for row in rows if row["state"] == "finished" and not row.get("error")]
        if runs == self._runs:
            return
        self._runs = runs
        if self._job is not None:
            self._job.forget()
            self._job = None
        if len(runs) < 2:
            self._rest.stop()
            self.host.show_content(None)
            return
        self.card.show_busy()
        self.host.show_content(self.card)
        self._rest.start()

    def _compare(self) -> None:
        CompareSheet(self.session, self.host.window()).open()

    def _ask(self) -> None:
        self._job = self.session.inspector.submit("verdict", {"runs": self._runs}).connect_to(self._progress, self._answer, self._trouble)

    def _progress(self, said: list[Event]) -> None:
        progress = [event for event in said if isinstance(event, Progress)]
        if progress:
            self.card.show_busy(progress[-1])

    def _answer(self, document: dict[str, Any]) -> None:
        self._job = None
        self.card.show_verdict(document)

    def _trouble(self, error: StudioError) -> None:
        self._job = None
        self.card.show_error(error)

"""What the runs page does with run folders: notes and tags into them, folders from elsewhere onto the list, the table into a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio import api
from tlstudio.errors import StudioError
from tlstudio.gui import runs_text
from tlstudio.gui.background import Background
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.widgets.drop_zone import folders_in
from tlstudio.run_rows import elsewhere


class RunFolders(QObject):
    """Everything that touches the disk is done in a thread; trouble is told by the session."""

    noted = Signal()
    """Notes or tags were written."""
    opened = Signal(str)
    """Run folders came onto the list; the newest of them."""

    def __init__(self, list_: RunList, page: QWidget) -> None:
        super().__init__(page)
        self._list, self._session, self._page = list_, list_.session, page

    def write(self, paths: list[str], note: str | None, change: tuple[list[str], list[str]] | None) -> None:
        """A note, or tags that come and go (added, taken), of some runs: into their folders, then into their rows."""
        added, taken = change or ([], [])

        def tags_of(path: str) -> list[str]:
            before = (self._list.find(path) or {}).get("tags") or ()
            return [tag for tag in [*before, *added] if tag not in taken]

        tags = {path: tags_of(path) for path in paths}
        Background(
            lambda: [api.note_run(path, note, tags[path] if change else None) for path in paths], self._written, self._session.trouble.emit
        )

    def _written(self, said: list[dict[str, Any]]) -> None:
        for one in said:
            self._list.change(one["run"], note=one["note"], tags=one["tags"])
        self.noted.emit()

    def choose(self) -> None:
        """Let the user name a run folder, or a folder of such."""
        folder = QFileDialog.getExistingDirectory(self._page, self.tr("Open a run folder, or a folder of such"))
        if folder:
            self.open([folder])

    def open(self, folders: Sequence[str]) -> None:
        """Take run folders from elsewhere into the list."""
        Background(lambda: [api.open_run(folder) for folder in folders], self._opened, self._session.trouble.emit)

    def _opened(self, said: list[dict[str, Any]]) -> None:
        self.opened.emit(said[-1]["path"])
        self._session.runs_changed.emit()

    def save_table(self, rows: Sequence[Row]) -> None:
        """Every value of those runs, into a file of the user's choice."""
        path, _ = QFileDialog.getSaveFileName(self._page, self.tr("Save the table"), "runs.csv", self.tr("CSV (*.csv);;JSON (*.json)"))
        if path:
            try:
                runs_text.write(Path(path), rows)
            except StudioError as error:
                self._session.trouble.emit(error)

    def show_studies(self) -> None:
        from tlstudio.gui.studies.studies_sheet import StudiesSheet

        StudiesSheet(self._session, self._page.window()).open()

    def show_trash(self) -> None:
        from tlstudio.gui.widgets.trash_dialog import TrashDialog

        dialog = TrashDialog(self._page)
        dialog.changed.connect(self._session.runs_changed)
        dialog.open()

    def found_in(self, mime: QMimeData) -> list[str]:
        """Of what is dropped the run folders, and folders of run folders."""
        found = [Path(folder) for folder in folders_in(mime)]
        return [str(one) for one in found if elsewhere.is_run(one) or any(elsewhere.is_run(inner) for inner in sorted(one.glob("*"))[:50])]

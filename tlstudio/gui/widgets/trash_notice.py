"""The line that says what went to the trash and takes it back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from tlstudio import api
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import TIGHT, Button, IconLabel, ToolButton, card, column, row
from tlstudio.runs import Run, cannot_write


class TrashNotice(QFrame):
    """objectName trashNotice; undoDelete. Deleting needs no question, as it can be undone here as long as the line stands. Runs whose
    folder lies elsewhere are only taken off the list."""

    changed = Signal()
    """Runs, or a study, went to the trash, or came back."""
    trouble = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("trashNotice")
        self._back: Callable[[], Any] | None = None
        self._study = ""
        self._words = ElidedLabel()
        tip = self.tr("Take it back out of the trash")
        self.undo = Button(self.tr("Undo"), "quiet", "arrow-u-up-left", tip=tip, on=self.take_back)
        self.undo.setObjectName("undoDelete")
        close = ToolButton("x", self.tr("Hide this line; what is in the trash stays there"), on=self.hide)
        inner = card(row(IconLabel("trash", "muted"), (self._words, 1), self.undo, close), 8)
        self.setLayout(column(inner, spacing=0, margins=(0, 0, 0, TIGHT)))
        self.hide()

    def delete(self, rows: list[Row]) -> None:
        """Move the runs' folders to the trash, in a thread as it may be on another disk."""
        folders = [(Path(row["path"]), bool(row.get("elsewhere"))) for row in rows]

        def move() -> list[tuple[Path, Path | None]]:
            gone: list[tuple[Path, Path | None]] = []
            for folder, elsewhere in folders:
                if elsewhere:
                    api.leave_run(str(folder))
                    gone.append((folder, None))
                    continue
                try:
                    gone.append((folder, Run(folder).to_trash()))
                except OSError as error:
                    raise cannot_write(folder, error) from None
            return gone

        def done(gone: list[tuple[Path, Path | None]]) -> None:
            if all(place is None for _, place in gone):
                one = self.tr("“%1” is off the list; its folder stays where it is")
                many = self.tr("%1 runs are off the list; their folders stay where they are")
            else:
                one, many = self.tr("“%1” is in the trash"), self.tr("%1 runs are in the trash")
            said = one.replace("%1", str(rows[0]["title"])) if len(rows) == 1 else many.replace("%1", f"{len(rows):,}")
            self._say(said, lambda: _bring_back(gone))

        Background(move, done, self._failed)

    def delete_study(self, name: str, title: str) -> None:
        """Move a study to the trash; its runs stay where they are."""
        self._study = title
        Background(lambda: api.discard_study(name), self._study_gone, self._failed)

    def _study_gone(self, gone: dict[str, Any]) -> None:
        said = self.tr("The study “%1” is in the trash; its runs stay").replace("%1", self._study)
        self._say(said, lambda: api.restore(gone["trash"]))

    def _say(self, said: str, back: Callable[[], Any]) -> None:
        """back: what takes it back; in a thread."""
        self._back = back
        self._words.show_text(said)
        self.show()
        self.changed.emit()

    def take_back(self) -> None:
        """Move it where it was."""
        back, self._back = self._back, None
        self.hide()
        if back is not None:
            Background(back, self._came_back, self._failed)

    def _came_back(self, _: object) -> None:
        self.changed.emit()

    def _failed(self, error: StudioError) -> None:
        self.changed.emit()
        self.trouble.emit(error)


def _bring_back(gone: list[tuple[Path, Path | None]]) -> None:
    """gone: where each run lay, and where it is in the trash; None: it is only off the list."""
    for folder, place in gone:
        if place is None:
            api.open_run(str(folder))
            continue
        try:
            shutil.move(place, folder)
        except OSError as error:
            raise cannot_write(folder, error) from None

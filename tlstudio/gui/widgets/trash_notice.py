"""The line that says what went to the trash and takes it back."""

from __future__ import annotations

import shutil
from pathlib import Path

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
    """objectName trashNotice. Deleting needs no question, as it can be undone here as long as the line stands. Runs whose folder lies
    elsewhere are only taken off the list."""

    changed = Signal()
    """Runs went to the trash, or came back."""
    trouble = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("trashNotice")
        self._gone: list[tuple[Path, Path | None]] = []  # where it lay, and where in the trash
        self._words = ElidedLabel()
        tip = self.tr("Take the runs back out of the trash")
        self.undo = Button(self.tr("Undo"), "quiet", "arrow-u-up-left", tip=tip, on=self.take_back)
        close = ToolButton("x", self.tr("Hide this line; the runs stay in the trash"), on=self.hide)
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
            self._gone = gone
            if all(place is None for _, place in gone):
                one = self.tr("“%1” is off the list; its folder stays where it is")
                many = self.tr("%1 runs are off the list; their folders stay where they are")
            else:
                one, many = self.tr("“%1” is in the trash"), self.tr("%1 runs are in the trash")
            said = one.replace("%1", str(rows[0]["title"])) if len(rows) == 1 else many.replace("%1", f"{len(rows):,}")
            self._words.show_text(said)
            self.show()
            self.changed.emit()

        Background(move, done, self._failed)

    def take_back(self) -> None:
        """Move them where they were."""
        gone, self._gone = self._gone, []
        self.hide()

        def move() -> None:
            for folder, place in gone:
                if place is None:
                    api.open_run(str(folder))
                    continue
                try:
                    shutil.move(place, folder)
                except OSError as error:
                    raise cannot_write(folder, error) from None

        Background(move, lambda _: self.changed.emit(), self._failed)

    def _failed(self, error: StudioError) -> None:
        self.changed.emit()
        self.trouble.emit(error)

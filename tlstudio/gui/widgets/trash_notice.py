"""The line that says what went to the trash and takes it back."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import TIGHT, Button, IconLabel, ToolButton, card, column, row
from tlstudio.runs import Run, cannot_write


class TrashNotice(QFrame):
    """objectName trashNotice. Deleting needs no question, as it can be undone here as long as the line stands."""

    changed = Signal()
    """Runs went to the trash, or came back."""
    trouble = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("trashNotice")
        self._gone: list[tuple[Path, Path]] = []
        self._words = ElidedLabel()
        tip = self.tr("Take the runs back out of the trash")
        self.undo = Button(self.tr("Undo"), "quiet", "arrow-u-up-left", tip=tip, on=self.take_back)
        close = ToolButton("x", self.tr("Hide this line; the runs stay in the trash"), on=self.hide)
        inner = card(row(IconLabel("trash", "muted"), (self._words, 1), self.undo, close), 8)
        self.setLayout(column(inner, spacing=0, margins=(0, 0, 0, TIGHT)))
        self.hide()

    def delete(self, rows: list[Row]) -> None:
        """Move the runs' folders to the trash, in a thread as it may be on another disk."""
        folders = [Path(row["path"]) for row in rows]

        def move() -> list[tuple[Path, Path]]:
            gone = []
            for folder in folders:
                try:
                    gone.append((folder, Run(folder).to_trash()))
                except OSError as error:
                    raise cannot_write(folder, error) from None
            return gone

        def done(gone: list[tuple[Path, Path]]) -> None:
            self._gone = gone
            title = str(rows[0]["title"])
            said = self.tr("“%1” is in the trash").replace("%1", title)
            if len(rows) > 1:
                said = self.tr("%1 runs are in the trash").replace("%1", f"{len(rows):,}")
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
                try:
                    shutil.move(place, folder)
                except OSError as error:
                    raise cannot_write(folder, error) from None

        Background(move, lambda _: self.changed.emit(), self._failed)

    def _failed(self, error: StudioError) -> None:
        self.changed.emit()
        self.trouble.emit(error)

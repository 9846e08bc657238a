"""The selected run beside the curves: what it is in a few lines, its tags, its note."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from tlstudio.gui import theme
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import card, column, label
from tlstudio.gui.widgets.runs_columns import stage_words, state_words
from tlstudio.gui.widgets.tag_chips import TagChips
from tlstudio.gui.words import megabytes

WAIT = 900  # ms after the last key before a note is written


class RunSide(QFrame):
    """objectNames runSide, runNote. Of several selected runs only the tags that all of them have are shown; a note is of one run."""

    noted = Signal(list, object, object)
    """paths of the runs; their new note, or None; tags that came and went as (added, taken), or None."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runSide")
        self.rows: list[Row] = []
        self._title, self._facts = ElidedLabel("section"), label("", "small", wrap=True)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.chips = TagChips()
        self.chips.changed.connect(self._retag)
        self.note = QPlainTextEdit()
        self.note.setObjectName("runNote")
        self.note.setPlaceholderText(self.tr("Note: what this run was for, what came out"))
        self.note.setAccessibleName(self.tr("Note of the selected run"))
        self.note.setToolTip(self.tr("Kept in the run's folder; its first line stands in the table, and the filter finds it"))
        self.note.setTabChangesFocus(True)
        self.note.installEventFilter(self)
        self._wait = QTimer(self, singleShot=True, interval=WAIT)
        self._wait.timeout.connect(self.write)
        self.note.textChanged.connect(self._typed)
        self._filling = False
        inner = card(column(self._title, self._facts, 4, self.chips, 4, (self.note, 1), spacing=4))
        self.setLayout(column(inner, spacing=0))
        self.show_runs([], [])

    def show_runs(self, rows: Sequence[Row], known: Sequence[str]) -> None:
        """The selected runs; known: tags of all runs."""
        same = [row["path"] for row in rows] == [row["path"] for row in self.rows]
        if not same:
            self.write()
        self.rows = list(rows)
        one = self.rows[0] if len(self.rows) == 1 else None
        several = self.tr("%1 runs selected").replace("%1", f"{len(self.rows):,}") if rows else self.tr("No run selected")
        self._title.show_text(str(one["title"]) if one else several)
        self._facts.setText(self._words(one) if one else "")
        self._facts.setVisible(one is not None)
        first = (self.rows[0].get("tags") or ()) if rows else ()
        common = [tag for tag in first if all(tag in (row.get("tags") or ()) for row in self.rows)]
        self.chips.show_tags(common, known)
        self.chips.setEnabled(bool(rows))
        self.note.setEnabled(one is not None)
        written = str(one.get("note") or "") if one else ""
        if not (same and self._wait.isActive()) and self.note.toPlainText().strip() != written:
            self._filling = True
            self.note.setPlainText(written)
            self._filling = False

    def _words(self, row: Row) -> str:
        """The state's reason first, then what the table has no room for."""
        said = [str(row.get("error") or row.get("failure") or state_words(row)).rstrip(".")]
        if row.get("best_epoch"):
            said.append(self.tr("best epoch %1").replace("%1", str(row["best_epoch"])))
        if row.get("stages"):
            said.append(stage_words(row))
        if row.get("device"):
            said.append(str(row["device"]))
        if row.get("images_per_second"):
            said.append(self.tr("%1 images/s").replace("%1", f"{row['images_per_second']:,.0f}"))
        if row.get("peak_memory"):
            said.append(self.tr("%1 of memory at most").replace("%1", megabytes(row["peak_memory"])))
        if row.get("n_train"):
            said.append(self.tr("%1 images to learn from").replace("%1", f"{row['n_train']:,}"))
        if row.get("elsewhere"):
            said.append(self.tr("its folder lies elsewhere"))
        return " · ".join(said)

    def _typed(self) -> None:
        if not self._filling:
            self._wait.start()

    def write(self) -> None:
        """Keep what was typed, if it is not kept yet."""
        if self._wait.isActive() and len(self.rows) == 1:
            self._wait.stop()
            self.noted.emit([self.rows[0]["path"]], self.note.toPlainText(), None)

    def _retag(self, tags: list[str]) -> None:
        before = set(self.chips.tags)
        change = ([tag for tag in tags if tag not in before], [tag for tag in self.chips.tags if tag not in tags])
        self.noted.emit([row["path"] for row in self.rows], None, change)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.write()
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.write()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "rows"):
            self.chips.show_tags(self.chips.tags)

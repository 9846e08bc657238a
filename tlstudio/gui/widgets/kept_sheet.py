"""Kept data: what earlier runs left on disk so that the next one need not compute it again, how much it is, and how to be rid of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QProgressBar, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import MARGIN, Button, colour, column, label, row, widget
from tlstudio.gui.words import count, megabytes

WIDE = 520


def tr(text: str) -> str:
    return QCoreApplication.translate("kept", text)


def kind_words(kind: str) -> tuple[str, str]:
    """A kind of kept data and, as a line below it, what it is good for."""
    return {
        "prefix": (tr("Outputs of frozen layers"), tr("A run with the same frozen part starts from them at once")),
        "pictures": (tr("Decoded pictures"), tr("A second run on the same images need not read the files again")),
    }.get(kind, (kind, ""))


class KeptSheet(QDialog):
    """objectName keptSheet; emptyAll, and empty_KIND for each kind, are its buttons. Nothing in it is needed: it is only time."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("keptSheet")
        self.setWindowTitle(self.tr("Kept data"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._job: JobHandle | None = None
        self._emptied = ""  # the kind that was asked to go, "all" for all
        about = label(
            self.tr(
                "What pictures become before they are learned from is kept on this computer, so that the next run starts at once. "
                "What was not used for longest goes first when there is no room. It can be emptied at any time: runs and models stay."
            ),
            "muted",
            wrap=True,
        )
        self.figure, self.of = label("", "figure"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Share of the room for kept data that is used"))
        self.says = label("", "", wrap=True)
        table = QWidget()
        self._grid = QGridLayout(table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self._parts: list[QWidget] = []
        self.empty = Button(self.tr("Empty all"), "danger", "trash", tip=self.tr("Delete all kept data; the next run computes it anew"))
        self.empty.setObjectName("emptyAll")
        self.empty.clicked.connect(lambda: self._forget(""))
        close = Button(self.tr("Close"), "primary", tip=self.tr("Back to the page (Escape)"), on=self.accept)
        close.setDefault(True)
        self.setLayout(
            column(
                label(self.tr("Kept data"), "title"), about, 8, row(self.figure, self.of, None), self.bar, self.says, 4, table, None,
                8, row(self.empty, None, close), margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip
        room = min(theme.px(WIDE), parent.width() - 2 * MARGIN) - 2 * MARGIN
        for words in (about, self.says):
            words.setFixedWidth(room)
        about.setFixedHeight(about.heightForWidth(room))  # a layout would ask for the height at some other width
        self._about = room - theme.px(190)  # beside the figures and the button
        self._busy(self.tr("Looking…"))
        self._ask("kept", {})

    def _ask(self, job: str, args: dict[str, Any]) -> None:
        if self._job is not None:
            self._job.forget()
        self._job = self.session.inspector.submit(job, args).connect_to(None, self.show_kept, self._failed)

    def _forget(self, kind: str) -> None:
        self._emptied = kind or "all"
        self._busy(self.tr("Emptying…"))
        self._ask("forget_kept", {"kind": kind} if kind else {})

    def _busy(self, text: str) -> None:
        self.says.setText(text)
        self._fit_words()
        self.says.show()
        self.empty.setEnabled(False)
        for part in self._parts:
            part.setEnabled(False)

    def show_kept(self, document: dict[str, Any]) -> None:
        """document: {bytes, cap, kinds: [{kind, bytes, stores}]}."""
        self._job = None
        size, cap = document["bytes"], document.get("cap") or 0
        self.figure.setText(megabytes(size))
        self.of.setText(self.tr("of at most %1").replace("%1", megabytes(cap)) if cap else "")
        self.bar.setValue(round(1000 * min(1.0, size / cap)) if cap else 0)
        kinds = [kind for kind in document["kinds"] if kind["bytes"] or kind["stores"]]
        said = self._stays(kinds) if kinds else self.tr("Nothing is kept yet. The first run fills it.")
        self._emptied = ""
        self.says.setText(said)
        self._fit_words()
        self.says.setVisible(bool(said))
        for part in self._parts:
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = []
        for at, kind in enumerate(kinds):
            self._add(at, kind)
        self.empty.setEnabled(bool(kinds))
        self.adjustSize()

    def _stays(self, kinds: list[dict[str, Any]]) -> str:
        """After something was emptied: what is still there, and why."""
        stay = [kind for kind in kinds if self._emptied in ("all", kind["kind"])]
        if not stay:
            return ""
        size = megabytes(sum(kind["bytes"] for kind in stay))
        if self.session.training:
            return self.tr("%1 stay: the run uses them now. They can be emptied when it has ended.").replace("%1", size)
        return self.tr("%1 stay: another program, or a window that is open, uses them now.").replace("%1", size)

    def _fit_words(self) -> None:
        self.says.setFixedHeight(self.says.heightForWidth(self.says.width()))

    def _add(self, at: int, kind: dict[str, Any]) -> None:
        word, line = kind_words(kind["kind"])
        below = label(line, "small", wrap=True)
        below.setFixedSize(self._about, below.heightForWidth(self._about))
        about = widget(column(label(word), below, spacing=0))
        size = label(megabytes(kind["bytes"]), align=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        many = label(count(kind["stores"], self.tr("set"), self.tr("sets")), "small")
        empty = Button(self.tr("Empty"), "quiet", edge=True, tip=self.tr("Delete these; the next run computes them anew"))
        empty.setObjectName(f"empty_{kind['kind']}")
        empty.setAccessibleName(self.tr("Empty: %1").replace("%1", word))
        empty.clicked.connect(lambda: self._forget(kind["kind"]))
        for place, part in enumerate((about, many, size, empty)):
            self._grid.addWidget(part, at, place)
            self._parts.append(part)

    def _failed(self, error: StudioError) -> None:
        self._job = None
        self.figure.setText("–")
        self.says.setText(sentences(error.what, error.why, error.do))
        self._fit_words()
        self.says.show()
        self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)  # not every window manager draws an edge, and the page behind has the same colour
        painter.setPen(colour("muted"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def done(self, result: int) -> None:
        if self._job is not None and self._job.job == "kept":
            self._job.forget()
        super().done(result)

"""What stands in the layer tree's place while there is no tree: it is being made, or could not be."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QProgressBar, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import MARGIN, Button, IconLabel, column, label, row


class TreeState(QWidget):
    """Busy: what is looked at, with a bar. Failed: the sentence, its cause, what mends it; Try again and Copy details."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        middle = Qt.AlignmentFlag.AlignHCenter
        self._mark = IconLabel("tree-structure", "muted", 32)
        self._what, self._why = label("", "section", wrap=True, align=middle), label("", "muted", wrap=True, align=middle)
        self._bar = QProgressBar()
        self._bar.setAccessibleName(self.tr("Busy"))
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._error: StudioError | None = None
        self.again = Button(self.tr("Try again"), "", "arrow-clockwise", tip=self.tr("Ask for the layers once more"), on=session.inspect)
        self.copy = Button(self.tr("Copy details"), "quiet", tip=self.tr("For a report"), on=self._copy)
        mark, bar = row(None, self._mark, None), row(None, self._bar, None)
        buttons = row(None, self.again, self.copy, None)
        self.setLayout(
            column(None, mark, self._what, self._why, bar, buttons, None, None, spacing=12, margins=(MARGIN, MARGIN, MARGIN, MARGIN))
        )
        self._bar.setFixedWidth(theme.px(200))
        self.show_busy("")

    def show_busy(self, title: str) -> None:
        self._error = None
        self._mark.show_icon("tree-structure", "muted")
        self._what.setText(self.tr("Looking inside %1…").replace("%1", title))
        self._why.setText("")
        self._show(busy=True)

    def show_failure(self, error: StudioError) -> None:
        self._error = error
        self._mark.show_icon("x-circle", "bad")
        self._what.setText(sentences(error.what))
        self._why.setText(sentences(error.why, error.do))
        self._show(busy=False)

    def _show(self, *, busy: bool) -> None:
        self._bar.setVisible(busy)
        self._why.setVisible(bool(self._why.text()))
        self.again.setVisible(not busy)
        self.copy.setVisible(not busy and bool(self._error and self._error.details))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._bar.setFixedWidth(theme.px(200))

    def _copy(self) -> None:
        if self._error is not None:
            QApplication.clipboard().setText(f"{self._error}\n\n{self._error.details}")

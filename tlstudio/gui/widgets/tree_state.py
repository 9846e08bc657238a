"""What stands in the layer tree's place while there is no tree: it is being made, or could not be."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QProgressBar, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import MARGIN, Button, IconLabel, column, label, row, widget
from tlstudio.gui.widgets.state_panel import BAR, MARK, MOST, StateColumn


class TreeState(QWidget):
    """Busy: what is looked at, with a bar. Failed: the sentence, its cause, what mends it; Try again and Copy details."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        middle = Qt.AlignmentFlag.AlignHCenter
        self._mark = IconLabel("tree-structure", "muted", MARK)
        self._what, self._why = label("", "figure", wrap=True, align=middle), label("", "muted", wrap=True, align=middle)
        self._bar = QProgressBar()
        self._bar.setAccessibleName(self.tr("Busy"))
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._error: StudioError | None = None
        self.again = Button(self.tr("Try again"), "", "arrow-clockwise", tip=self.tr("Ask for the layers once more"), on=session.inspect)
        self.copy = Button(self.tr("Copy details"), "quiet", tip=self.tr("For a report"), on=self._copy)
        self._buttons = widget(row(None, self.again, self.copy, None))
        self._middle = StateColumn(self._mark, self._what, self._why, self._bar, self._buttons)
        self.setLayout(
            column(
                row((widget(column()), 1), (self._middle, 6), (widget(column()), 1), spacing=0), margins=(MARGIN, MARGIN, MARGIN, MARGIN)
            )
        )
        self.show_busy("")

    def show_busy(self, title: str) -> None:
        self._error = None
        self._mark.show_icon("hourglass", "accent")
        self._what.setText(self.tr("Looking inside %1…").replace("%1", title))
        self._why.setText("")
        self._show(busy=True)

    def show_failure(self, error: StudioError) -> None:
        self._error = error
        self._mark.show_icon("warning", "bad")
        self._what.setText(sentences(error.what))
        self._why.setText(sentences(error.why, error.do))
        self._show(busy=False)

    def _show(self, *, busy: bool) -> None:
        self._bar.setVisible(busy)
        self._why.setVisible(bool(self._why.text()))
        self._buttons.setVisible(not busy)
        self.copy.setVisible(not busy and bool(self._error and self._error.details))
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_middle"):
            self._fit()

    def _fit(self) -> None:
        self._middle.setMaximumWidth(theme.px(MOST))
        self._bar.setFixedWidth(theme.px(BAR))
        self._middle.settle()

    def _copy(self) -> None:
        if self._error is not None:
            QApplication.clipboard().setText(f"{self._error}\n\n{self._error.details}")

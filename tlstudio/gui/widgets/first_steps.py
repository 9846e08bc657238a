"""What will happen, in four steps: stands where the recent runs will be, as long as there are none."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, IconLabel, column, label, row, widget

_NARROW = 720


class FirstSteps(QWidget):
    """Nothing here can be pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("firstSteps")
        steps = (
            ("image", self.tr("Images"), self.tr("The sample or your folder is read; files that cannot be used are shown.")),
            ("tree-structure", self.tr("Model"), self.tr("One that knows photos already is built in. Change it, or let it be.")),
            ("chart-line", self.tr("Train"), self.tr("Every setting has a good default. Press Start and watch it learn.")),
            ("target", self.tr("Results"), self.tr("Where it is right and wrong, and what it says of your own picture.")),
        )
        out = QFrame()
        out.setProperty("kind", "card")
        self._row = row(*((self._step(i, *step), 1) for i, step in enumerate(steps)), spacing=GAP)
        self._row.setContentsMargins(*[GAP - 1] * 4)
        out.setLayout(self._row)
        self.setLayout(column(label(self.tr("How it goes"), "section"), out, spacing=8))

    def _step(self, i: int, icon_name: str, title: str, text: str) -> QWidget:
        head = row(IconLabel(icon_name, "accent", 24), label(f"{i + 1}  {title}", "section"), None)
        return widget(column(head, label(text, "muted", wrap=True), None, spacing=8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(_NARROW)
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

"""One sentence over the layer tree, with a button that mends or ends what it tells."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, Button, IconLabel, column, hairline, label, row

NARROW = 560  # below that the button stands under the sentence


class PaneNotice(QFrame):
    """Hidden until there is something to say."""

    acted = Signal()

    def __init__(self, name: str, button: str, icon: str, role: str) -> None:
        """name: objectName; the button's is `button`."""
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "pane")
        self._mark, self.text = IconLabel(icon, role), label("", wrap=True)
        self.button = Button("", "", on=self.acted.emit)
        self.button.setObjectName(button)
        self._inside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inside.setContentsMargins(GAP, 6, GAP, 6)
        self._inside.addLayout(row(self._mark, (self.text, 1)), 1)
        self._inside.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.setLayout(column(hairline(), self._inside, spacing=0))
        self.hide()

    def say(self, text: str, word: str = "", tip: str = "") -> None:
        """Show a sentence and the word on its button; "" hides all."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.button.setText(word)
        self.button.setToolTip(tip)
        self.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(NARROW)
        self._inside.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

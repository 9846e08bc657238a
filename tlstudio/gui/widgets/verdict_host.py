"""The place beside the curves for what a study says of the compared runs. Hidden while nobody has put anything in it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget


class VerdictHost(QWidget):
    """objectName verdictHost."""

    filled = Signal()
    """Something was put into it, or taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdictHost")
        self.content: QWidget | None = None
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._column)
        self.hide()

    def show_content(self, content: QWidget | None) -> None:
        """Put a widget in, in place of the one before, which is hidden and still the host's; None: nothing."""
        if content is self.content:
            return
        if self.content is not None:
            self._column.removeWidget(self.content)
            self.content.hide()
        self.content = content
        if content is not None:
            self._column.addWidget(content)
            content.show()
        self.setVisible(content is not None)
        self.filled.emit()

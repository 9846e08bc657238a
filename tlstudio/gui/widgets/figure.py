"""A large number with its unit on one base line, and what it is under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.parts import column, label, row


class Figure(QWidget):
    """caption: what the number is; tip: the whole of it."""

    def __init__(self, caption: str, tip: str) -> None:
        super().__init__()
        self.value, self.rest, self.caption = label("", "figure"), label("", "muted"), label(caption, "small")
        line = row(self.value, self.rest, None, spacing=6)
        line.setAlignment(self.rest, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(column(line, self.caption, spacing=0))
        self.setToolTip(tip)

    def show_figure(self, value: str, rest: str = "") -> None:
        self.value.setText(value)
        self.value.setVisible(bool(value))
        self.rest.setText(rest)
        self.rest.setVisible(bool(rest))
        self.setAccessibleName(" ".join(part for part in (value, rest, self.caption.text()) if part))

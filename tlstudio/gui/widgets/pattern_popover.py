"""Freeze layers by a pattern on their names or types, with what it matches counted as one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from tlstudio.errors import InputError, sentences
from tlstudio.gui import theme
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.parts import GAP, Button, column, label, row
from tlstudio.gui.widgets.popover import Popover
from tlstudio.gui.words import count, short
from tlstudio.models.patterns import match


class PatternPopover(Popover):
    """objectName patternPopover; layerPattern is its field, freezePattern and freePattern its buttons. The pattern stays for next time."""

    chosen = Signal(list, bool, str)
    """Paths, whether to freeze them, and the pattern."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "patternPopover")
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._ticks = Ticks(())
        self._paths: list[str] = []
        self.field = QLineEdit()
        self.field.setObjectName("layerPattern")
        self.field.setPlaceholderText(self.tr("BatchNorm2d, layer1.*, *.bias"))
        self.field.setAccessibleName(self.tr("Pattern"))
        self.field.setToolTip(
            self.tr("Names or types, * for any letters, ? for one; several apart by spaces. Between slashes: a regular expression.")
        )
        self.field.textChanged.connect(self._count)
        self.field.returnPressed.connect(lambda: self._give(True))
        self.said = label("", "small", wrap=True)
        self.freeze = Button(self.tr("Freeze them"), "", "snowflake", on=lambda: self._give(True))
        self.freeze.setObjectName("freezePattern")
        self.freeze.setToolTip(self.tr("The layers that match keep what they know; all others stay as they are (Enter)"))
        self.free = Button(self.tr("Let them learn"), "", "fire-simple-fill", on=lambda: self._give(False))
        self.free.setObjectName("freePattern")
        self.free.setToolTip(self.tr("The layers that match learn; all others stay as they are"))
        title = label(self.tr("Freeze by pattern"), "section")
        self.setLayout(column(title, self.field, self.said, row(self.freeze, self.free, None), margins=(GAP, 12, GAP, GAP)))

    def ask(self, where: QPoint, rows: Sequence[Mapping[str, Any]], ticks: Ticks) -> None:
        """Open there (global) for the rows of a `layers` document."""
        self._rows, self._ticks = rows, ticks
        self.setMinimumWidth(theme.px(320))
        self._count()
        self.field.selectAll()
        self.show_at(where, self.field)

    def _count(self) -> None:
        self._paths, text = [], self.field.text().strip()
        try:
            found = match(self._rows, text) if text else []
        except InputError as error:
            self.said.setText(sentences(error.what, error.why, error.do))
        else:
            inside = [self._ticks.inside(path) for path in found]
            self._paths = [path for path, span in zip(found, inside, strict=True) if span.stop > span.start]
            params = self._ticks.mask(self._paths)
            learned = short(self._ticks.params - self._ticks.learning(params))
            many = count(len(self._paths), self.tr("layer matches"), self.tr("layers match"))
            words = self.tr("%1, %2 parameters").replace("%1", many).replace("%2", learned) if self._paths else self.tr("No layer matches")
            self.said.setText(words if text else self.tr("Part of a network by name or type, as in BatchNorm2d or layer1.*"))
        for button in (self.freeze, self.free):
            button.setEnabled(bool(self._paths))
        self.said.setAccessibleName(self.said.text())
        self.adjustSize()

    def _give(self, frozen: bool) -> None:
        if self._paths:
            self.hide()
            self.chosen.emit(self._paths, frozen, self.field.text().strip())

"""Cards in rows; which stand side by side depends on the width there is, in letters rather than pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP

_MOST = 16_777_215  # Qt's word for: no largest size


@dataclass(frozen=True)
class Arrangement:
    """rows of (card's name, width at text scale 1; 0 takes what is left). It is taken from `least` (at text scale 1) on."""

    least: int
    rows: tuple[tuple[tuple[str, int], ...], ...]


class CardRows(QWidget):
    """Takes the first arrangement, widest first, that has room."""

    def __init__(self, cards: dict[str, QWidget], arrangements: Sequence[Arrangement], *, still: frozenset[str] = frozenset()) -> None:
        """still: cards whose rows take no more height than they need."""
        super().__init__()
        self._cards, self._arrangements, self._still = cards, arrangements, still
        self._in_force: tuple[Arrangement, float] | None = None
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self.setLayout(self._column)
        for card in cards.values():
            card.setParent(self)
        self._arrange()

    @property
    def arrangement(self) -> Arrangement:
        """The one in force."""
        assert self._in_force is not None
        return self._in_force[0]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_column"):
            self._arrange()

    def _arrange(self) -> None:
        fits = (a for a in self._arrangements if self.width() >= theme.px(a.least))
        wanted = (next(fits, self._arrangements[-1]), theme.scale())
        if wanted == self._in_force:
            return
        self._in_force = wanted
        for row in self._column.findChildren(QHBoxLayout):
            self._column.removeItem(row)
            row.deleteLater()
        for line in wanted[0].rows:
            row = QHBoxLayout()
            row.setSpacing(GAP)
            # In while it is empty: of what is in it by then Python would keep books, and its garbage collection free what Qt frees too.
            self._column.addLayout(row, 0 if all(name in self._still for name, _ in line) else 1)
            for name, width in line:
                card = self._cards[name]
                card.setMinimumWidth(theme.px(width))
                card.setMaximumWidth(theme.px(width) if width else _MOST)
                row.addWidget(card, 0 if width else 1)
        order = [self._cards[name] for line in wanted[0].rows for name, _ in line]
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

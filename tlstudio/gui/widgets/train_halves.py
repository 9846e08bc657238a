"""How the train page is laid out: settings on the left with Start under them, the live half on the right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.basics_card import BasicsCard
from tlstudio.gui.widgets.checklist import Checklist
from tlstudio.gui.widgets.parts import GAP, MARGIN, TIGHT, column, hairline, row, widget
from tlstudio.gui.widgets.scrolling import scrolling

LEFT, LESS = 338, 312
_RIGHT = 396
_LEAST = 120  # height of a half that scrolls


class TrainHalves(QWidget):
    """Side by side each half scrolls by itself, so that Start is in sight whatever the run has to show. In a narrow window they stand one
    below the other on a page that scrolls as a whole, and Start is at its foot."""

    def __init__(self, top: QWidget, settings: QWidget, live: QWidget, begin: QWidget, basics: BasicsCard, checklist: Checklist) -> None:
        """top: over both halves. settings: with basics and checklist in it. begin: Start and what stands beside it."""
        super().__init__()
        self._settings, self._live, self._begin, self._basics, self._checklist = settings, live, begin, basics, checklist
        self.beside = True
        self.settings_area, self.live_area = _area(settings), _area(live)
        self._under = column((self.settings_area, 1), begin, spacing=GAP)
        self._left = widget(self._under)
        self._halves = row(self._left, (self.live_area, 1), spacing=GAP)
        inner = widget(column(top, (self._halves, 1), spacing=GAP, margins=(MARGIN, GAP, MARGIN, GAP)))
        self._line, self._foot = hairline(), column(spacing=0, margins=(MARGIN, TIGHT, MARGIN, TIGHT))
        self._low = widget(self._foot)
        self.setLayout(column((scrolling(inner), 1), self._line, self._low, spacing=0))
        self._stands: QBoxLayout = self._under  # where Start is
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._give_height)
        for watched in (settings, live, self.settings_area.viewport()):
            watched.installEventFilter(self)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_soon"):
            self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        inside = watched is self._settings or watched is self._live
        if kind == (QEvent.Type.LayoutRequest if inside else QEvent.Type.Resize):  # a card was opened or folded, or there is less room
            self._soon.start()  # the cards' own layouts come first
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        room = self.width() - 2 * MARGIN - GAP
        self.beside = beside = room >= theme.px(LESS + _RIGHT)
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        if self._stands is not (stands := self._under if beside else self._foot):
            self._stands = stands
            stands.addWidget(self._begin)
        for part in (self._line, self._low):
            part.setVisible(not beside)
        least = room < theme.px(LEFT + _RIGHT)
        wide = theme.px(LESS if least else LEFT)
        self._basics.set_narrow(least and beside)
        self._left.setMinimumWidth(wide if beside else 0)
        self._left.setMaximumWidth(wide if beside else 16_777_215)
        vertical = QSizePolicy.Policy.Ignored if beside else QSizePolicy.Policy.Preferred
        for area in (self.settings_area, self.live_area):
            area.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        self._give_height()

    def _give_height(self) -> None:
        beside = self.beside
        self.settings_area.setMinimumHeight(theme.px(_LEAST) if beside else self._settings.sizeHint().height())
        self.live_area.setMinimumHeight(theme.px(_LEAST) if beside else self._live.sizeHint().height())
        whole = self._settings.sizeHint().height() + self._checklist.folded
        self._checklist.set_tight(beside and whole > self.settings_area.viewport().height())


def _area(inside: QWidget) -> QScrollArea:
    out = scrolling(inside)
    out.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return out

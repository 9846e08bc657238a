"""What stands in a page's place while there is nothing to show: empty, busy or failed, each with what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from tlstudio.errors import StudioError
from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, MARGIN, TIGHT, Button, IconLabel, card, column, label, row, widget
from tlstudio.gui.words import remaining

MARK, BAR, MOST = 40, 280, 560  # side of the icon; width of the bar, and of the words at most


class Offer(NamedTuple):
    """A button that mends a state. name: its objectName."""

    text: str
    tip: str
    on: Callable[[], Any]
    icon: str = ""
    kind: str = ""
    name: str = ""


class StateColumn(QWidget):
    """What the states of all pages are made of, one below the other and centred: icon, sentence, what more is known, a bar, buttons.

    The gaps are the same everywhere; a part that is hidden leaves none behind.
    """

    def __init__(self, mark: QWidget, words: QWidget, more: QWidget, bar: QWidget, buttons: QWidget) -> None:
        super().__init__()
        box = column(None, row(None, mark, None), spacing=0)  # on the widget only once it is full: see CardRows
        # widgets: a QSpacerItem that Python knows would be freed by its garbage collection, and once more with the layout
        self._gaps: list[tuple[QWidget, int, QWidget]] = []
        for part, above in ((words, GAP), (more, TIGHT), (bar, GAP), (buttons, MARGIN)):
            self._gaps.append((QWidget(), above, part))
            box.addWidget(self._gaps[-1][0])
            if part is bar:
                box.addLayout(row(None, part, None))
            else:
                box.addWidget(part)
        box.addStretch(1)
        self.setLayout(box)

    def settle(self) -> None:
        """After parts were shown or hidden."""
        for gap, above, part in self._gaps:
            gap.setFixedHeight(theme.px(above))
            gap.setVisible(not part.isHidden())


class StatePanel(QFrame):
    """One sentence, what more there is to know, a bar while something runs, buttons."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._mark = IconLabel("minus", "muted", MARK)
        self._words = label("", "figure", wrap=True, align=Qt.AlignmentFlag.AlignHCenter)
        self._more = label("", "muted", wrap=True, align=Qt.AlignmentFlag.AlignHCenter)
        self._more.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._offers: list[Offer] = []
        self._buttons = row(None, None, spacing=TIGHT)
        self._mends = widget(self._buttons)
        self._middle = StateColumn(self._mark, self._words, self._more, self._bar, self._mends)
        inner = card(row((widget(column()), 1), (self._middle, 6), (widget(column()), 1), spacing=0))
        self.setLayout(column(inner, spacing=0))

    def show_state(self, icon_name: str, role: str, words: str, more: str = "", offers: Sequence[Offer] = ()) -> None:
        """Say something, without a bar."""
        self._middle.setMaximumWidth(theme.px(MOST))
        self._bar.setFixedWidth(theme.px(BAR))
        self._mark.show_icon(icon_name, role)
        self._words.setText(words)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self._bar.hide()
        self._offer(list(offers))
        self._mends.setVisible(bool(offers))
        self._middle.settle()
        self.setAccessibleName(f"{words}. {more}")

    def show_busy(self, words: str, progress: Progress | None, offers: Sequence[Offer] = ()) -> None:
        """Something runs: how far it is, and how long it may take, where that is known."""
        more = ""
        if progress is not None and progress.total:
            more = self.tr("%1 of %2").replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
            left = remaining(progress.remaining)
            more += f", {left}" if left else ""
        self.show_state("hourglass", "accent", words, more, offers)
        share = progress.overall if progress is not None else None
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(round(1000 * (share or 0)))
        self._bar.show()
        self._middle.settle()

    def show_error(self, error: StudioError, offers: Sequence[Offer] = ()) -> None:
        """What happened, why, what mends it."""
        more = " ".join(part[0].upper() + part[1:].rstrip(".") + "." for part in (error.why, error.do) if part)
        copy = Offer(
            self.tr("Copy details"),
            self.tr("Put the technical details on the clipboard, for a report"),
            lambda: QGuiApplication.clipboard().setText(f"{error}\n\n{error.details}"),
            "copy",
        )
        self.show_state("warning", "bad", error.what, more, [*offers, copy])

    def _offer(self, offers: list[Offer]) -> None:
        if [offer.text for offer in offers] != [offer.text for offer in self._offers]:
            while self._buttons.count() > 2:
                item = self._buttons.takeAt(1)
                old = item.widget() if item is not None else None
                if old is not None:
                    old.deleteLater()
            for i, offer in enumerate(offers):
                button = Button(offer.text, offer.kind, offer.icon, tip=offer.tip, on=partial(self._take, i))
                button.setObjectName(offer.name)
                self._buttons.insertWidget(1 + i, button)
        self._offers = offers

    def _take(self, which: int) -> None:
        self._offers[which].on()

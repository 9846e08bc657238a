"""The strip below the picture: all pictures of the collection, the worst first, or those that show a class."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.collection import BEST, NAME, WORST, Collection
from tlstudio.gui.overlay.film_list import FilmList
from tlstudio.gui.overlay.floating import Floating
from tlstudio.gui.overlay.menu_button import MenuButton
from tlstudio.gui.overlay.presence import Presence
from tlstudio.gui.widgets.elided_label import elide
from tlstudio.gui.widgets.parts import GAP, column, label, row, widget
from tlstudio.gui.words import count

WORDS = 124
ALL, PAST = -1, -2  # instead of a class: every picture, those of which several epochs were kept


class FilmStrip(Floating):
    """Give it a collection; `chosen` brings the place of the picture that is wanted, `order_changed` tells of another sequence."""

    chosen = Signal(int)
    order_changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "overlayFilm")
        self.list = FilmList()
        self._title = label("", "section")
        self._sort_button = MenuButton("filmSort", self.tr("In which order the pictures stand"))
        self._filter_button = MenuButton("filmFilter", self.tr("Only the pictures whose mask or prediction shows a class"))
        self._sorts: dict[str, QAction] = {}
        self._filters = QActionGroup(self)
        buttons = column(self._sort_button, self._filter_button, spacing=0, margins=(0, 0, 0, 0))
        self._words = widget(column(None, row(4, self._title, spacing=0), 2, buttons, None, spacing=0))
        self.set_content(row(self._words, (self.list, 1), spacing=4, margins=(GAP - 7, 2, 6, 0)))
        self._presence = Presence(self)
        self._presence.changed.connect(self._show_order)
        self._collection: Collection | None = None
        self._sort, self._label = NAME, ALL
        self._with_past: frozenset[int] = frozenset()
        self.list.clicked.connect(self._pressed)
        self.list.activated.connect(self._pressed)
        self._make_sorts()
        self._fit()

    @property
    def order(self) -> list[int]:
        """Places of the entries as they stand in the strip."""
        return self.list.film.order

    def show_collection(self, collection: Collection) -> None:
        """All pictures, the worst first where that is known."""
        self._collection, self._label, self._with_past = collection, ALL, frozenset()
        self._sort = WORST if collection.has_scores else NAME
        self._presence.show_collection(collection)
        for key, action in self._sorts.items():
            action.setEnabled(key == NAME or collection.has_scores)
        self._make_filters()
        self._show_order()

    def show_past(self, places: frozenset[int]) -> None:
        """Mark the pictures of which masks of several epochs were kept."""
        self._with_past = places
        self._make_filters()
        self._show_order()

    def mark(self, place: int) -> None:
        self.list.mark(place)

    def refresh(self) -> None:
        """A picture's state changed."""
        self.list.viewport().update()

    def next_to(self, place: int, step: int) -> int | None:
        """The place of the picture so many before or after that one; None beyond the ends."""
        order = self.order
        if place not in order:
            return order[0] if order else None
        at = order.index(place) + step
        return order[at] if 0 <= at < len(order) else None

    # inside

    def _sort_words(self) -> dict[str, str]:
        return {WORST: self.tr("worst IoU first"), BEST: self.tr("best IoU first"), NAME: self.tr("by name")}

    def _make_sorts(self) -> None:
        group = QActionGroup(self)
        for key, word in self._sort_words().items():
            action = QAction(word[0].upper() + word[1:], self)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, key=key: self.sort_by(key))
            group.addAction(action)
            self._sort_button.menu().addAction(action)
            self._sorts[key] = action

    def _make_filters(self) -> None:
        menu = self._filter_button.menu()
        menu.clear()
        entries = [(ALL, self.tr("All pictures"))]
        if self._with_past:
            entries.append((PAST, self.tr("With masks of several epochs")))
        for label_, word in [*entries, *enumerate(self._collection.names if self._collection is not None else ())]:
            action = QAction(elide(word, theme.px(260), self).replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(label_ == self._label)
            action.triggered.connect(lambda _=False, label_=label_: self.filter_by(label_))
            self._filters.addAction(action)
            menu.addAction(action)
            if label_ in (ALL, PAST) and label_ == entries[-1][0]:
                menu.addSeparator()

    def sort_by(self, sort: str) -> None:
        """worst, best or name."""
        self._sort = sort
        self._show_order()

    def filter_by(self, label_: int) -> None:
        """Only the pictures that show a class; or ALL, or PAST."""
        self._label = label_
        if label_ >= 0:
            self._presence.find(label_)
        self._show_order()

    def _show_order(self) -> None:
        collection = self._collection
        if collection is None:
            return
        shown = None
        if self._label == PAST:
            shown = sorted(self._with_past)
        elif self._label >= 0:
            shown = [i for i in range(len(collection.entries)) if self._presence.shows(i, self._label)]
        before = self.list.currentIndex().data(Qt.ItemDataRole.UserRole)
        self.list.film.show_order(collection, collection.order(self._sort, shown), self._with_past)
        if before is not None:
            self.list.mark(before)
        self._say()
        self.order_changed.emit()

    def _say(self) -> None:
        collection = self._collection
        if collection is None:
            return
        n = len(self.order)
        words = count(n, self.tr("photo"), self.tr("photos"))
        self._title.setText(f"{words}…" if self._presence.busy else words)
        self._sorts[self._sort].setChecked(True)
        filters = {ALL: self.tr("all classes"), PAST: self.tr("several epochs")}
        filter_word = filters.get(self._label) or collection.names[self._label]
        self._sort_button.show_text(self._sort_words()[self._sort])
        self._filter_button.show_text(filter_word)
        self._filter_button.setVisible(bool(collection.names))

    def _pressed(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(Qt.ItemDataRole.UserRole))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_label"):
            self._fit()
            self._say()

    def _fit(self) -> None:
        self._words.setFixedWidth(theme.px(WORDS))

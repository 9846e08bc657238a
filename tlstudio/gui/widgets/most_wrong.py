"""The surest mistakes, four at a time: what the model said, what it is, a click opens the picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.page_keys import pages_on
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, IconLabel, ToolButton, column, label, row, widget
from tlstudio.gui.widgets.picture import Picture

AT_ONCE = 4


class _Tile(QWidget):
    """A picture with two lines under it."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = Picture(opens=True)
        self._mark = IconLabel("x-circle", "bad")
        self._said, self._said_p = ElidedLabel("section"), label("", "section")
        self._is, self._is_p = ElidedLabel("muted"), label("", "muted")
        self.setLayout(
            column(
                (self.picture, 1), 2,
                row(self._mark, (self._said, 1), self._said_p, spacing=6),
                row(22, (self._is, 1), self._is_p, spacing=0),
                spacing=2,
            )
        )  # fmt: skip

    def show_image(self, said: Predictions, image: int) -> None:
        truth, told = int(said.truth[image]), int(said.said[image])
        right = truth == told
        self._mark.show_icon(*(("check-circle", "good") if right else ("x-circle", "bad")))
        self._said.show_text(self.tr("said %1").replace("%1", said.classes[told]), short=said.classes[told])
        self._said_p.setText(f"{said.probabilities[image, told]:.2f}")
        self._is.show_text(self.tr("is %1").replace("%1", said.classes[truth]))
        self._is_p.setText(f"{said.of_truth[image]:.2f}")
        self.picture.show_file(said.paths[image])
        name = self.tr("%1: said %2, is %3").replace("%1", said.paths[image])
        name = name.replace("%2", said.classes[told]).replace("%3", said.classes[truth])
        self.picture.setAccessibleName(name)
        self.picture.setToolTip(self.tr("%1\nClick to see it large").replace("%1", name))


class MostWrong(QFrame):
    """objectName topLossesGallery. Its heading's right side is `turner`: where one is, and the arrows."""

    opened = Signal(int)
    """The place, in `order`, of the picture that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("topLossesGallery")
        self.setAccessibleName(self.tr("Most wrong images"))
        self.order: list[int] = []
        self.first = 0
        self._said: Predictions | None = None
        self._where = ElidedLabel("small")
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._before = ToolButton("caret-left", self.tr("Four before"), on=lambda: self.turn(-1))
        self._next = ToolButton("caret-right", self.tr("Next four"), on=lambda: self.turn(1))
        self.turner = widget(row((self._where, 1), self._before, self._next))
        self._words = label("", "muted", wrap=True)
        self.tiles = [_Tile() for _ in range(AT_ONCE)]
        for i, tile in enumerate(self.tiles):
            tile.picture.clicked.connect(lambda i=i: self.opened.emit(self.first + i))
        grid = QWidget()
        self._grid = QGridLayout(grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._across = 0
        self.setLayout(column(self._words, (grid, 1), spacing=4))
        self._arrange()

    def show_predictions(self, said: Predictions) -> None:
        """Where nothing is wrong, the least sure are shown, and it says so."""
        self._said = said
        wrong = said.most_wrong.tolist()
        self.order = wrong or said.least_sure[: 5 * AT_ONCE].tolist()
        words = self.tr("All %1 images are right; these are the least sure").replace("%1", f"{len(said):,}")
        words = self.tr("The one image is right") if len(said) == 1 else words
        self._words.setText("" if wrong or not len(said) else words)
        self._words.setVisible(bool(self._words.text()))
        self.first = 0
        self._draw()

    def turn_to(self, place: int) -> None:
        """The page on which that place of `order` stands."""
        self.first = place // AT_ONCE * AT_ONCE
        self._draw()

    def turn(self, by: int) -> None:
        """So many pages of four on, or back."""
        first = self.first + by * AT_ONCE
        if 0 <= first < len(self.order):
            self.first = first
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if by := pages_on(event):
            self.turn(by)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_across"):
            self._arrange()

    def _arrange(self) -> None:
        """Four in a row, or two rows of two where they would be too narrow for their words."""
        across = AT_ONCE if self.width() >= theme.px(400) else AT_ONCE // 2
        for tile in self.tiles:
            tile.setMinimumHeight(theme.px(120))
        if across != self._across:
            self._across = across
            for i, tile in enumerate(self.tiles):
                self._grid.addWidget(tile, i // across, i % across)
            for i in range(AT_ONCE):
                self._grid.setColumnStretch(i, 1 if i < across else 0)
                self._grid.setRowStretch(i, 1 if i < AT_ONCE // across else 0)

    def _draw(self) -> None:
        n = len(self.order)
        last = min(n, self.first + AT_ONCE)
        where = self.tr("%1 to %2 of %3").replace("%1", str(self.first + 1)).replace("%2", str(last)).replace("%3", f"{n:,}")
        self._where.show_text(where if n else "", short=f"{self.first + 1}–{last} / {n:,}")
        self._before.setEnabled(self.first > 0)
        self._next.setEnabled(last < n)
        for i, tile in enumerate(self.tiles):
            there = self._said is not None and self.first + i < n
            policy = tile.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            tile.setSizePolicy(policy)
            tile.setVisible(there)
            if there and self._said is not None:
                tile.show_image(self._said, self.order[self.first + i])

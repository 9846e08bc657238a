"""A picture large, with its truth and what the model said; arrows walk through the pictures it was opened from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QWidget

from tlstudio.gui import theme
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, IconLabel, column, hairline, label, row, widget
from tlstudio.gui.widgets.picture import Picture
from tlstudio.gui.widgets.probability_bars import ProbabilityBars

CLASSES = 8  # that get a bar of their own


class PictureDialog(QDialog):
    """objectName pictureDialog. Not modal: the page behind it stays alive."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pictureDialog")
        self._said: Predictions | None = None
        self._order: list[int] = []
        self.place = 0
        self.picture = Picture(fill=False)
        self._mark = IconLabel("check-circle", "good", 20)
        self._told, self._is = ElidedLabel("figure"), ElidedLabel("muted")
        self._loss = label("", "small")
        self._bars = ProbabilityBars(CLASSES)
        self._file, self._where = ElidedLabel("small"), label("", "muted")
        self._before = Button(self.tr("Previous"), "", "caret-left", tip=self.tr("The picture before (Left)"), on=lambda: self.turn(-1))
        self._next = Button(self.tr("Next"), "", "caret-right", tip=self.tr("The next picture (Right)"), on=lambda: self.turn(1))
        close = Button(self.tr("Close"), tip=self.tr("Back to the page (Esc)"), on=self.close)
        for button in (self._before, self._next, close):
            button.setAutoDefault(False)
        verdict, truth = row(self._mark, (self._told, 1)), row(28, (self._is, 1), spacing=0)
        self._side = widget(column(verdict, truth, 8, hairline(), 8, self._bars, 8, self._loss, None, spacing=4))
        self.setLayout(
            column(
                (row((self.picture, 1), self._side, spacing=MARGIN), 1),
                row((self._file, 1), self._where, self._before, self._next, 8, close),
                spacing=GAP,
                margins=(MARGIN, MARGIN, MARGIN, GAP),
            )
        )
        screen = self.screen().availableGeometry()
        self.resize(min(theme.px(980), screen.width() - 40), min(theme.px(680), screen.height() - 60))

    def show_from(self, said: Predictions, order: list[int], place: int) -> None:
        """order: indices of the pictures to walk through; place: where in it to begin."""
        self._said, self._order, self.place = said, order, place
        self._draw()
        self.show()
        self.raise_()
        self.activateWindow()

    def turn(self, by: int) -> None:
        if 0 <= self.place + by < len(self._order):
            self.place += by
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -self.place, Qt.Key.Key_End: len(self._order) - 1 - self.place}
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self.turn(move)

    def _draw(self) -> None:
        said = self._said
        assert said is not None
        self._side.setFixedWidth(theme.px(280))
        image = self._order[self.place]
        truth, told = int(said.truth[image]), int(said.said[image])
        self._mark.show_icon(*(("check-circle", "good") if truth == told else ("x-circle", "bad")))
        self._told.show_text(self.tr("said %1").replace("%1", said.classes[told]))
        self._is.show_text(self.tr("is %1").replace("%1", said.classes[truth]))
        self._bars.show_values(list(zip(said.classes, said.probabilities[image].tolist(), strict=True)))
        loss = self.tr("loss %1 nats, probability of the truth %2").replace("%1", f"{said.loss[image]:.3f}")
        self._loss.setText(loss.replace("%2", f"{said.of_truth[image]:.3f}"))
        self._loss.setWordWrap(True)
        self._file.show_text(said.paths[image])
        n = f"{len(self._order):,}"
        self._where.setText(self.tr("%1 of %2").replace("%1", f"{self.place + 1:,}").replace("%2", n))
        self._before.setEnabled(self.place > 0)
        self._next.setEnabled(self.place + 1 < len(self._order))
        self.picture.show_file(said.paths[image])
        self.picture.setAccessibleName(said.paths[image])
        self.setWindowTitle(self.tr("Picture %1 of %2").replace("%1", f"{self.place + 1:,}").replace("%2", n))

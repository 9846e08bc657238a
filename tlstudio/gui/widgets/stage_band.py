"""The band above a run's plots: which layers learn in which epochs, on the same x axis."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tlstudio.events import StageStarted
from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

HEIGHT = 20


class StageBand(QWidget):
    """left, right: what the plot below it leaves free on both sides, in pixels at text scale 1."""

    def __init__(self, left: int, right: int) -> None:
        super().__init__()
        self._left, self._right = left, right
        self._stages: list[StageStarted] = []
        self._epochs = 1
        self._fit()

    def show_stages(self, stages: Sequence[StageStarted], epochs: int) -> None:
        """Show stages (1-based epochs, both ends included) on an axis of that many epochs."""
        if list(stages) != self._stages or epochs != self._epochs:
            self._stages, self._epochs = list(stages), max(1, epochs)
            said = [self._sentence(stage) for stage in self._stages]
            self.setAccessibleName(". ".join(said))
            self.setToolTip("\n".join(said))
            self.update()

    def _sentence(self, stage: StageStarted) -> str:
        text = self.tr("Epochs %1 to %2, learning: %3").replace("%1", str(stage.first_epoch)).replace("%2", str(stage.last_epoch))
        return text.replace("%3", stage.learns)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        left = theme.px(self._left)
        width = self.width() - left - theme.px(self._right)
        for stage in self._stages:
            first, last = stage.first_epoch - 1, min(stage.last_epoch, self._epochs)
            box = QRectF(left + width * first / self._epochs, 0, width * (last - first) / self._epochs - 2, self.height())
            fill = QColor(colour("frozen" if stage.learns == "head" else "trainable"))
            fill.setAlpha(40)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(colour("text"))
            inside = box.adjusted(8, 0, -4, 0)
            word = self.tr("learning: %1").replace("%1", stage.learns)
            if painter.fontMetrics().horizontalAdvance(word) > inside.width():
                word = stage.learns
            word = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, round(inside.width()))
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()

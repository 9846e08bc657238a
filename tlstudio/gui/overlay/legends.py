"""What the colours of Difference and of the heat maps mean, beside the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.reading import Found
from tlstudio.gui.overlay.swatch import SwatchMark
from tlstudio.gui.widgets.parts import GAP, column, label, row, widget


class DifferenceLegend(QWidget):
    """objectName differenceLegend. Colour and stripes as on the picture, and how many pixels each has."""

    def __init__(self, colours: Sequence[QColor]) -> None:
        """colours: of what was found, invented, missed."""
        super().__init__()
        self.setObjectName("differenceLegend")
        self._numbers = [label("", "smallText") for _ in range(3)]
        self._words = [label("", "smallText") for _ in range(3)]
        self._lines = []
        for colour, direction, word, number in zip(colours, (0, 1, -1), self._words, self._numbers, strict=True):
            mark = SwatchMark(24)
            mark.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            mark.show_colour(colour, direction)
            self._lines.append(widget(row(mark, word, None, number, spacing=10)))
        self.setLayout(column(*self._lines, spacing=4, margins=(GAP - 3, 2, GAP - 3, 0)))
        self.show_counts(None, "")

    @property
    def lines(self) -> int:
        return sum(not line.isHidden() for line in self._lines)

    def show_counts(self, counts: Found | None, name: str) -> None:
        """name: of the only class that is looked at, or "" for all."""
        if name:
            words = [self.tr("found"), self.tr("false alarm"), self.tr("missed")]
            tips = [
                self.tr("Prediction and truth say %1"),
                self.tr("The prediction says %1, the truth does not"),
                self.tr("The truth says %1, the prediction does not"),
            ]
        else:
            words = [self.tr("right"), self.tr("wrong"), ""]
            tips = [self.tr("Prediction and truth say the same"), self.tr("One class alone tells missed from invented"), ""]
        for i, (word, number) in enumerate(zip(self._words, self._numbers, strict=True)):
            word.setText(words[i])
            self._lines[i].setToolTip(tips[i].replace("%1", name))
            self._lines[i].setVisible(bool(words[i]))
            number.setText("" if counts is None else self.tr("%1 px").replace("%1", f"{counts[i]:,}"))
            number.setAccessibleName(f"{words[i]}: {number.text()}")


class HeatLegend(QWidget):
    """objectName heatLegend. The scale of confidence or entropy with its two ends."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("heatLegend")
        self._scale = _Scale()
        self._title, self._low, self._high = label("", "smallText"), label("", "small"), label("", "small")
        self.setLayout(column(self._title, self._scale, row(self._low, None, self._high), spacing=4, margins=(GAP - 3, 2, GAP - 3, 0)))

    def show_scale(self, colours: Sequence[QColor], title: str, low: str, high: str) -> None:
        """colours: evenly from the lowest value to the highest."""
        self._scale.colours = list(colours)
        self._scale.update()
        self._title.setText(title)
        self._low.setText(low)
        self._high.setText(high)


class _Scale(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.colours: list[QColor] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(80, theme.px(12))

    def paintEvent(self, event: QPaintEvent) -> None:
        gradient = QLinearGradient(0, 0, self.width(), 0)
        for i, colour in enumerate(self.colours):
            gradient.setColorAt(i / max(1, len(self.colours) - 1), colour)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.current().line)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.end()

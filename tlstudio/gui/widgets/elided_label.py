"""One line of text that is cut in its middle where there is no room, and whole in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from tlstudio.gui import theme


class ElidedLabel(QLabel):
    """Takes the width it is given, whatever the text; kind as of `parts.label`. The text is plain, never markup."""

    def __init__(self, kind: str = "", *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._mode = mode
        self.whole, self._short, self._tip = "", "", ""

    def show_text(self, text: str, tip: str = "", *, short: str = "") -> None:
        """short: what is said instead where the text does not fit, before anything is cut."""
        if (text, short, tip or text) == (self.whole, self._short, self._tip):
            return  # said many times a second, and a geometry that is told has the whole page laid out anew
        self.whole, self._short, self._tip = text, short, tip or text
        self.setToolTip(self._tip)
        self.setAccessibleName(text)
        self.updateGeometry()
        self._cut()

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        return QSize(self.fontMetrics().horizontalAdvance(self.whole) + 2, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) or event.type() == QEvent.Type.FontChange:
            self._cut()

    def _cut(self) -> None:
        metrics = self.fontMetrics()
        text = self._short if self._short and metrics.horizontalAdvance(self.whole) > self.width() else self.whole
        cut = metrics.elidedText(text, self._mode, self.width())
        if cut != self.text():
            self.setText(cut)


def elide(text: str, width: int, widget_: QWidget, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> str:
    """The text cut to `width` pixels in the widget's font."""
    return widget_.fontMetrics().elidedText(text, mode, width)

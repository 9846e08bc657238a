"""A slider whose handle comes to where one clicks, instead of nearing it page by page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider


class JumpSlider(QSlider):
    """Horizontal. A click on the groove puts the handle below the pointer, from where it can be dragged on."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
        handle = self.style().subControlRect(control, option, part.SC_SliderHandle, self)
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            groove = self.style().subControlRect(control, option, part.SC_SliderGroove, self)
            at = round(event.position().x() - groove.left() - handle.width() / 2)
            low, high, span = self.minimum(), self.maximum(), groove.width() - handle.width()
            self.setValue(QStyle.sliderValueFromPosition(low, high, at, max(1, span), option.upsideDown))
        super().mousePressEvent(event)  # the handle is there now: it is taken

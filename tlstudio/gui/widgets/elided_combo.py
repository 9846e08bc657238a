"""A box to choose from whose entries are cut in their middle where there is no room, never at their end without a sign."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

from tlstudio.gui import theme

WIDEST = 420  # of the open list, at text scale 1


class ElidedCombo(QComboBox):
    """Asks for the room of a few letters, however long the entries are; the open list is as wide as they need, within reason."""

    def __init__(self, letters: int) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def shown(self) -> str:
        """The chosen entry as it is drawn: cut where it is wider than the box."""
        return self._cut(self._option())

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def _cut(self, option: QStyleOptionComboBox) -> str:
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 4
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + 4
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, max(0, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        option = self._option()
        option.currentText = self._cut(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def showPopup(self) -> None:
        self.view().setMinimumWidth(min(self.view().sizeHintForColumn(0) + theme.px(24), theme.px(WIDEST)))
        super().showPopup()

    def event(self, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ToolTip:
            return super().event(event)
        whole = self.currentText()
        if whole not in self.toolTip() and self.shown() != whole:
            assert isinstance(event, QHelpEvent)
            QToolTip.showText(event.globalPos(), "\n".join(part for part in (whole, self.toolTip()) if part), self)
            return True
        return super().event(event)

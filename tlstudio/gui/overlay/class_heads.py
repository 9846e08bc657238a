"""The line above the classes: what the columns are, all seen or none, and the palette."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay import palettes
from tlstudio.gui.overlay.class_list import ClassList
from tlstudio.gui.widgets.parts import ToolButton, colour

HEIGHT = 24


class ClassHeads(QWidget):
    """Stands in the columns of the list below it."""

    all_pressed = Signal(bool)
    """Every class is to be seen, or none."""
    palette_chosen = Signal(str)

    def __init__(self, classes: ClassList) -> None:
        super().__init__()
        self._list = classes
        self._all = ToolButton("eye", self.tr("Show or hide all classes"), role="muted", on=self._press)
        self._all.setObjectName("showAllClasses")
        self._palette = ToolButton("palette", self.tr("Colours of the classes"), role="muted")
        self._palette.setObjectName("overlayPalette")
        self._palette.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._palette)
        group = QActionGroup(self)
        self._choices: dict[str, QAction] = {}
        for key, title in palettes.titles().items():
            action = QAction(title, self)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, key=key: self.palette_chosen.emit(key))
            group.addAction(action)
            menu.addAction(action)
            self._choices[key] = action
        self._palette.setMenu(menu)
        for button in (self._all, self._palette):
            button.setParent(self)
            button.setStyleSheet("QToolButton { padding: 0px; }")
        self._hidden = False

    def show_state(self, palette: str, *, hidden: bool, own: bool) -> None:
        """hidden: whether some class is not seen. own: whether there are colours of one's own to choose."""
        self._choices[palette].setChecked(True)
        self._choices[palettes.OWN].setEnabled(own)
        self._choices[palettes.OWN].setToolTip(self.tr("Click the colour of a class to choose your own"))
        self._hidden = hidden
        self._all.show_icon("eye-slash" if hidden else "eye")

    def sizeHint(self) -> QSize:
        return QSize(100, theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, theme.px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Put the buttons above the icons of the list."""
        columns, side = self._list.columns(), theme.px(22)
        out = (side - theme.px(16)) // 2
        for button, x in ((self._all, columns.eye), (self._palette, columns.solo)):
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
            button.setGeometry(x - out, (self.height() - side) // 2, side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        columns = self._list.columns()
        painter = QPainter(self)
        painter.setFont(theme.font(8))
        painter.setPen(colour("muted"))
        painter.drawText(QRect(columns.swatch, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self.tr("Class"))
        ends = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for right, word in ((columns.share, self.tr("Share")), (columns.iou, self.tr("IoU"))):
            if right:
                painter.drawText(QRect(0, 0, right, self.height()), ends, word)
        painter.end()

    def _press(self) -> None:
        self.all_pressed.emit(self._hidden)

"""The presets of what learns, in one line over the layer tree."""

from __future__ import annotations

import functools

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import ToolButton, label, row
from tlstudio.gui.words import strategy_word


class FreezeBar(QFrame):
    """objectName freezePreset; each button's objectName is the strategy's word. Ticks of one's own are told by a word beside them."""

    chosen = Signal(str)
    """A strategy: head, last-block, full, scratch."""
    inverted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("freezePreset")
        self.setAccessibleName(self.tr("What learns"))
        self.buttons: dict[str, QToolButton] = {}
        self._custom = self._fitting = False
        # Never from inside the event: Qt is polishing widgets then, and a style sheet set meanwhile takes them from under it.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._fit)
        self._group = QButtonGroup(self)
        for key, tip in self._tips().items():
            button = ToolButton("", tip, text=strategy_word(key), on=functools.partial(self.chosen.emit, key))
            button.setObjectName(key)
            button.setCheckable(True)
            self._group.addButton(button)
            self.buttons[key] = button
        self._own = label(self.tr("own choice"), "small")
        self._own.setToolTip(self.tr("The ticks are none of the presets"))
        self._own.hide()
        self.invert = ToolButton(
            "swap", self.tr("Freeze what learns, and let learn what is frozen"), text=self.tr("Invert"), role="muted", on=self.inverted.emit
        )
        self.invert.setObjectName("invert")
        self.setLayout(row(*self.buttons.values(), None, self._own, self.invert, spacing=2, margins=(8, 4, 8, 4)))

    def _tips(self) -> dict[str, str]:
        return {
            "head": self.tr("Only the new layers learn. Fastest, and right for few images or images like everyday photos. Start here."),
            "last-block": self.tr(
                "The head and the backbone's last block learn. For some hundred images, or when Head only is not enough."
            ),
            "full": self.tr("All layers learn, from the pretrained weights. For thousands of images, or images unlike everyday photos."),
            "scratch": self.tr("All layers learn, from random weights; nothing pretrained is used. To compare, or for very many images."),
        }

    def show_strategy(self, strategy: str) -> None:
        """Mark a preset; "custom" marks none."""
        self._group.setExclusive(False)
        for key, button in self.buttons.items():
            button.setChecked(key == strategy)
        self._group.setExclusive(True)
        self._custom = strategy not in self.buttons
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Less than its words want at first: `_fit` makes them smaller."""
        return QSize(theme.px(320), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and not self._fitting:
            self._later.start()

    def _fit(self) -> None:
        """Where there is no room, quiet words go first ("own choice", the one beside Invert's icon), then padding and letter size."""
        self._fitting = True  # a style sheet of one's own comes back as a change of style
        words = self.fontMetrics().horizontalAdvance(self.invert.text()) + 8
        needed = 0
        for size, sheet in ((10, ""), (9, "QToolButton { padding: 5px 4px; }"), (8, "QToolButton { padding: 5px 2px; }")):
            if self.styleSheet() != sheet:
                self.setStyleSheet(sheet)
            for button in self.buttons.values():
                button.setFont(theme.font(size))
            needed = sum(button.sizeHint().width() + 2 for button in self.buttons.values()) + 16 + theme.px(36)
            if needed <= self.width():
                break
        wide = self.width() >= needed + words
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.invert.setToolButtonStyle(style)
        self._own.setVisible(self._custom and self.width() >= needed + words + self._own.sizeHint().width())
        self._fitting = False

"""The presets of what learns, over the layer tree: in one line, or in two where there is little room."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.last_blocks import LastBlocks
from tlstudio.gui.widgets.parts import ToolButton, column, label
from tlstudio.gui.words import strategy_word

_TIGHT = ((10, ""), *((points, f"QToolButton {{ padding: 5px {side}px; }}") for points, side in ((9, 4), (8, 2), (8, 0))))
SPACING = 2
_AROUND = 26  # padding and frame of a tool with its icon alone
_Lines = tuple[list[QWidget | None], list[QWidget | None]]


class FreezeBar(QFrame):
    """objectName freezePreset; each button's objectName is the strategy's word, besides last-n, byPattern and invert."""

    chosen = Signal(str)
    """A strategy: head, last-block, gradual, full, scratch."""
    inverted = Signal()
    pattern_asked = Signal()

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
        self.last = LastBlocks()
        self._own = label(self.tr("own choice"), "small")
        self._own.setToolTip(self.tr("The ticks are none of the presets"))
        self._own.hide()
        pattern, swap = self.tr("Freeze layers by their names or types"), self.tr("Freeze what learns, and let learn what is frozen")
        self.pattern = ToolButton("asterisk", pattern, text=self.tr("By pattern"), role="muted", on=self.pattern_asked.emit)
        self.pattern.setObjectName("byPattern")
        self.invert = ToolButton("swap", swap, text=self.tr("Invert"), role="muted", on=self.inverted.emit)
        self.invert.setObjectName("invert")
        self._lines = QHBoxLayout(), QHBoxLayout()
        for line in self._lines:
            line.setSpacing(SPACING)
        self.setLayout(column(*self._lines, spacing=0, margins=(8, 4, 8, 4)))
        self._placed: _Lines = ([], [])
        self._place(lines=1)

    def _tips(self) -> dict[str, str]:
        return {
            "head": self.tr("Only the new layers learn. Fastest, and right for few images or images like everyday photos. Start here."),
            "last-block": self.tr(
                "The head and the backbone's last block learn. For some hundred images, or when Head only is not enough."
            ),
            "gradual": self.tr(
                "The head learns first, then the last blocks join in, stage by stage. The ticks show what learns in the end; the stages "
                "are set on the train page."
            ),
            "full": self.tr("All layers learn, from the pretrained weights. For thousands of images, or images unlike everyday photos."),
            "scratch": self.tr("All layers learn, from random weights; nothing pretrained is used. To compare, or for very many images."),
        }

    def show_strategy(self, strategy: str, blocks: Sequence[Mapping[str, Any]] | None = None, last: int = 0) -> None:
        """Mark a preset; "custom" marks none.

        blocks: of the `layers` document, None while it is not known; last: how many of them learn, 0 for another choice.
        """
        self._group.setExclusive(False)
        for key, button in self.buttons.items():
            button.setChecked(key == strategy)
        self._group.setExclusive(True)
        if blocks is not None:
            self.last.show_blocks(blocks, last, last > 0 and strategy not in self.buttons)
        self._custom = strategy not in self.buttons and not last
        self._later.start()

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
        """Where there is no room, quiet words go first (beside icons, "own choice"), then padding and size; then there are two lines."""
        self._fitting = True  # a style sheet of one's own comes back as a change of style
        presets: list[QWidget] = [*self.buttons.values()]
        tools: list[QWidget] = [self.pattern, self.invert]
        needed = self._needed([*presets, self.last, *tools], _TIGHT[0], words=False)
        if needed > self.width():
            needed = self._needed([*presets, self.last, *tools], _TIGHT[1], words=False)
        lines = 1 if needed <= self.width() else 2
        if lines == 2:
            next((tight for tight in _TIGHT if self._needed(presets, tight, words=True) <= self.width()), None)
            needed = self._needed([self.last, *tools], None, words=False)
        spare = self.width() - needed
        for part in (self.invert, self._own, self.pattern):
            wide = part.sizeHint().width() if part is self._own else self.fontMetrics().horizontalAdvance(part.text()) + 16
            said = spare >= wide and (part is not self._own or self._custom)
            spare -= wide if said else 0
            if isinstance(part, QToolButton):
                style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if said else Qt.ToolButtonStyle.ToolButtonIconOnly
                part.setToolButtonStyle(style)
            else:
                part.setVisible(said)
        self._place(lines)
        self._fitting = False

    def _needed(self, parts: Sequence[QWidget], tight: tuple[int, str] | None, *, words: bool) -> int:
        """Pixels that these take in one line, the tools with their icons alone."""
        if tight is not None:
            if self.styleSheet() != tight[1]:
                self.setStyleSheet(tight[1])
            for button in (*self.buttons.values(), self.last.button):
                button.setFont(theme.font(tight[0]))
        tools = (self.pattern, self.invert)
        there = [part for part in parts if part is not self.last or not self.last.isHidden()]
        wide = sum(theme.px(18) + _AROUND if part in tools else part.sizeHint().width() for part in there)
        return wide + SPACING * len(there) + 16

    def _place(self, lines: int) -> None:
        """Put the parts into the first line, or what is no button with a word into the second."""
        head, last_block, gradual, full, scratch = self.buttons.values()
        rest: list[QWidget | None] = [None, self._own, self.pattern, self.invert]
        both: _Lines = ([head, last_block, self.last, gradual, full, scratch, *rest], [])
        if lines == 2:
            both = [head, last_block, gradual, full, scratch, None], [self.last, *rest]
        if both == self._placed:
            return
        self._placed = both
        for line, parts in zip(self._lines, both, strict=True):
            while line.count():
                line.takeAt(0)
            for part in parts:
                line.addStretch(1) if part is None else line.addWidget(part)

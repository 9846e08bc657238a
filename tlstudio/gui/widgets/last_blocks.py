"""How many of the last blocks learn: a slider with its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtWidgets import QFrame

from tlstudio.gui import theme
from tlstudio.gui.widgets.jump_slider import JumpSlider
from tlstudio.gui.widgets.parts import ToolButton, label, row


class LastBlocks(QFrame):
    """objectName lastBlocks, its slider lastBlocksSlider, its button last-n (takes the number that stands there).

    Hidden for a network that is all one block.
    """

    chosen = Signal(int)
    """The head and so many of the last blocks shall learn."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lastBlocks")
        self._titles: list[str] = []
        self.button = ToolButton("", "", text=self.tr("Last N"), on=lambda: self.chosen.emit(self.slider.value()))
        self.button.setObjectName("last-n")
        self.button.setCheckable(True)
        self.slider = JumpSlider()
        self.slider.setObjectName("lastBlocksSlider")
        self.slider.setAccessibleName(self.tr("How many of the last blocks learn"))
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._moved)
        self.number = label("–")
        self.setLayout(row(self.button, self.slider, self.number, spacing=4))
        self.hide()
        self._fit()

    def show_blocks(self, blocks: Sequence[Mapping[str, Any]], last: int, marked: bool) -> None:
        """blocks: of the `layers` document; last: how many of the last ones learn now, 0 where it is another choice.

        marked: whether no other preset says the same.
        """
        self._titles = [block["title"] for block in blocks]
        self.setVisible(len(blocks) > 1)
        with QSignalBlocker(self.slider):
            self.slider.setRange(1, max(1, len(blocks)))
            if last:
                self.slider.setValue(last)
        self.button.setChecked(marked)
        self._say(last)

    def _moved(self, last: int) -> None:
        self._say(last)
        self.chosen.emit(last)

    def _say(self, last: int) -> None:
        self.number.setText(str(last) if last else "–")
        at = last or self.slider.value()
        first = self._titles[-at] if 0 < at <= len(self._titles) else ""
        if at == len(self._titles):
            words = self.tr("Last %1 blocks: everything learns, from %2 on").replace("%1", str(at))
        elif at == 1:
            words = self.tr("Last block: %2 and what comes after it learn")
        else:
            words = self.tr("Last %1 blocks: %2 and what comes after it learn").replace("%1", str(at))
        said = words.replace("%2", first)
        if not last:
            said = self.tr("%1 (not chosen now)").replace("%1", said)
        for part in (self.button, self.slider, self.number):
            part.setToolTip(said)
        self.slider.setAccessibleDescription(said)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.slider.setFixedWidth(theme.px(56))
        self.number.setMinimumWidth(theme.px(16))

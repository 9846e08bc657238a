"""Through the epochs of which a run kept masks: drag it, or let it play and watch a mask form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.floating import Floating
from tlstudio.gui.widgets.jump_slider import JumpSlider
from tlstudio.gui.widgets.parts import ToolButton, label, row

HEIGHT = 40
PACE = 500  # ms an epoch


class TimeSlider(Floating):
    """objectName overlayTime. `epoch_changed` brings the epoch that is wanted, -1 for the mask of the collection (the last stop)."""

    epoch_changed = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "overlayTime")
        self._play = ToolButton("play", self.tr("Watch the mask form, epoch by epoch"), on=self.play_or_pause)
        self._play.setObjectName("playEpochs")
        self._slider = JumpSlider()
        self._slider.setObjectName("epochSlider")
        self._slider.setAccessibleName(self.tr("Epoch"))
        self._slider.setToolTip(self.tr("The mask after each of the epochs that were kept; at the right end that of the best epoch"))
        self._slider.setPageStep(1)
        self._word = label("", "small", align=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.set_content(row(self._play, (self._slider, 1), self._word, spacing=8, margins=(4, 0, 12, 0)))
        self._epochs: list[int] = []
        self._best = True
        self._timer = QTimer(self, interval=PACE)
        self._timer.timeout.connect(self._step)
        self._slider.valueChanged.connect(self._moved)

    @property
    def epoch(self) -> int:
        """The epoch that is shown, -1 at the last stop."""
        at = self._slider.value()
        return self._epochs[at] if at < len(self._epochs) else -1

    def show_epochs(self, epochs: Sequence[int], *, best: bool = True) -> None:
        """The stops, before that of the collection's own mask; an epoch that is still among them stays chosen.

        best: whether the collection's own mask is that of the best epoch.
        """
        if list(epochs) != self._epochs:
            now = self.epoch
            self._epochs = list(epochs)
            self._slider.blockSignals(True)
            self._slider.setRange(0, len(self._epochs))
            self._slider.setValue(self._epochs.index(now) if now in self._epochs else len(self._epochs))
            self._slider.blockSignals(False)
        self._best = best
        self._say()

    def play_or_pause(self) -> None:
        if self._timer.isActive():
            self.pause()
            return
        if self.epoch == -1:
            self._slider.setValue(0)
        self._timer.start()
        self._play.show_icon("pause")

    def to_end(self) -> None:
        """The collection's own mask, without telling."""
        self.pause()
        self._slider.blockSignals(True)
        self._slider.setValue(len(self._epochs))
        self._slider.blockSignals(False)
        self._say()

    def pause(self) -> None:
        self._timer.stop()
        self._play.show_icon("play")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_timer"):
            self._say()

    def _step(self) -> None:
        self._slider.setValue(self._slider.value() + 1)
        if self.epoch == -1:
            self.pause()

    def _moved(self) -> None:
        self._say()
        self.epoch_changed.emit(self.epoch)

    def _say(self) -> None:
        words = self.tr("epoch %1").replace("%1", str(self.epoch))
        if self.epoch == -1:
            words = self.tr("best epoch") if self._best else self.tr("as opened")
        self._word.setText(words)
        self._slider.setAccessibleDescription(words)
        longest = max(self.tr("best epoch"), self.tr("epoch %1").replace("%1", "9999"), key=len)
        self._word.setMinimumWidth(self._word.fontMetrics().horizontalAdvance(longest) + 2)

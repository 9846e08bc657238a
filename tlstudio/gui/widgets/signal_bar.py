"""Over the layer tree while a run has something to say of its layers: which signal the column shows, and whether the frozen moved."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QWidget

from tlstudio.events import FrozenProof
from tlstudio.gui import theme
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.layer_tree.row_signals import meanings, unmoved, words
from tlstudio.gui.widgets.parts import GAP, TIGHT, IconLabel, Segments, label, row

NONE = "none"
LEAST = 470  # px of width for all of it


class SignalBar(QFrame):
    """objectNames signalBar, signalChoice, signalLook. Hidden where no run speaks of these layers."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("signalBar")
        self.combo = QComboBox()
        self.combo.setObjectName("signalChoice")
        self.combo.setAccessibleName(self.tr("Signal"))
        for key, word in words().items():
            self.combo.addItem(word, key)
        self.combo.addItem(self.tr("None"), NONE)
        self.combo.activated.connect(self._told)
        looks = {"curve": self.tr("Curve"), "heat": self.tr("Heat")}
        tips = {
            "curve": self.tr("The signal in the course of the run, each layer on its own scale"),
            "heat": self.tr("The newest value of each layer as a number, coloured on one scale for all layers: dark is low, yellow high"),
        }
        self._heat = False
        self.look = Segments(looks, "curve", self._take_look, name="signalLook", tips=tips)
        self._lock, self._said = IconLabel("lock-simple-fill", "frozen"), ElidedLabel("small")
        self._gap = QWidget()
        self._word = label(self.tr("Signal"), "small")
        self._word.setBuddy(self.combo)
        parts = self._lock, (self._said, 1), (self._gap, 1), self._word
        self.setLayout(row(*parts, self.combo, self.look, spacing=TIGHT, margins=(GAP, 4, 8, 4)))
        self.show_choice("gradient", heat=False)
        self.hide()

    @property
    def signal(self) -> str:
        """The key of the signal, "" for none."""
        key: str = self.combo.currentData()
        return "" if key == NONE else key

    @property
    def heat(self) -> bool:
        return self._heat

    def show_choice(self, signal: str, *, heat: bool) -> None:
        """signal: a key, or "none"; unknown ones are passed over."""
        self.combo.setCurrentIndex(max(0, self.combo.findData(signal)))
        self._heat = heat
        self.look.show_choice("heat" if heat else "curve")
        self._refresh()

    def show_run(self, signals: bool, proof: FrozenProof | None, of: str = "") -> None:
        """signals: whether there are any; proof: of what is frozen, as it was told last. of: the run, where it froze other layers."""
        proved = proof is not None and (proof.tensors > 0 or not proof.ok)
        self.setVisible(signals or proved)
        for part in (self.combo, self.look):
            part.setEnabled(signals)
        self._lock.setVisible(proved or bool(of))
        if of:
            self._lock.show_icon("clock-counter-clockwise", "muted")
            text = self.tr("Of %1; other layers are ticked now").replace("%1", of)
            self._say(text, self.tr("Of %1").replace("%1", of))
            return
        if proof is None or not proved:
            self._said.show_text("")
            return
        self._lock.show_icon("lock-simple-fill" if proof.ok else "lock-simple-open-fill", "frozen" if proof.ok else "bad")
        text = unmoved(proof) if proof.ok else self.tr("Frozen, but it moved: %1").replace("%1", ", ".join(proof.moved[:3]))
        tip = text if proof.ok else "\n".join([text, *proof.moved[:20]])
        self._say(text, tip=tip)

    def _say(self, text: str, short: str = "", *, tip: str = "") -> None:
        self._said.show_text(text, tip or text, short=short)
        self._lock.setToolTip(tip or text)
        self._lock.setAccessibleName(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where there is little room the lock alone stands for the sentence, and the list's own word for what it is.
        wide = self.width() >= theme.px(LEAST)
        self._word.setVisible(wide)
        self._said.setVisible(wide)
        self._gap.setVisible(not wide)

    def _take_look(self, key: str) -> None:
        self._heat = key == "heat"
        self.chosen.emit()

    def _told(self) -> None:
        self._refresh()
        self.chosen.emit()

    def _refresh(self) -> None:
        self.combo.setToolTip(meanings().get(self.signal, self.tr("What the Signal column shows of each layer")))
        self.look.setEnabled(bool(self.signal))

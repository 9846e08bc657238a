"""The proof that what is frozen did not move: after an epoch while a run goes on, and at its end."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tlstudio.events import FrozenProof
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import IconLabel, row
from tlstudio.gui.words import count


class ProofLine(QWidget):
    """Hidden until there is a proof."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("frozenProof")
        self._flake, self._mark, self._text = IconLabel("snowflake", "frozen"), IconLabel("check-circle", "good"), ElidedLabel("")
        self.setLayout(row(self._flake, self._mark, (self._text, 1)))
        self.hide()

    def show_proof(self, proof: FrozenProof | None) -> None:
        self.setVisible(proof is not None and (proof.tensors > 0 or not proof.ok))
        if proof is None:
            return
        self._mark.show_icon("check-circle" if proof.ok else "x-circle", "good" if proof.ok else "bad")
        kind = "" if proof.ok else "bad"
        if self._text.property("kind") != kind:
            self._text.setProperty("kind", kind)
            self._text.style().unpolish(self._text)
            self._text.style().polish(self._text)
        sums = self.tr("Checksum before: %1\nafter: %2").replace("%1", proof.before).replace("%2", proof.after)
        if proof.ok and proof.epoch is not None:
            text = self.tr("Frozen layers proven unmoved after epoch %1 (%2)").replace("%1", str(proof.epoch))
            values = count(proof.values, self.tr("value"), self.tr("values"))
            text = text.replace("%2", values if proof.values else count(proof.tensors, self.tr("tensor"), self.tr("tensors")))
            self._text.show_text(text, f"{text}\n{sums}")
            return
        if proof.ok:
            text = self.tr("%1 frozen tensors are bit-identical before and after").replace("%1", f"{proof.tensors:,}")
            self._text.show_text(text, f"{text}\n{sums}")
            return
        text = self.tr("%1 of %2 frozen tensors moved: %3").replace("%1", f"{len(proof.moved):,}").replace("%2", f"{proof.tensors:,}")
        self._text.show_text(text.replace("%3", ", ".join(proof.moved[:3])), "\n".join([*proof.moved[:20], sums]))

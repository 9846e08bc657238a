"""Right of the curves: the selected run; or the verdict of a study, where somebody has put one, with a switch between the two."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.parts import Segments, column
from tlstudio.gui.widgets.run_side import RunSide
from tlstudio.gui.widgets.verdict_host import VerdictHost


class RunSideStack(QWidget):
    """objectNames runSideStack, sideView; run: a RunSide, verdict: a VerdictHost."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runSideStack")
        self.run, self.verdict = RunSide(), VerdictHost()
        words = {"verdict": self.tr("Verdict"), "run": self.tr("This run")}
        tips = {"verdict": self.tr("What the comparison says"), "run": self.tr("The selected run, its tags and its note")}
        self.choice = Segments(words, "verdict", self.show_view, name="sideView", tips=tips)
        self.setLayout(column(self.choice, (self.verdict, 1), (self.run, 1), spacing=8))
        self.verdict.filled.connect(self._filled)
        self._filled()

    def show_view(self, view: str) -> None:
        """verdict or run."""
        verdict = view == "verdict" and self.verdict.content is not None
        self.choice.show_choice("verdict" if verdict else "run")
        self.verdict.setVisible(verdict)
        self.run.setVisible(not verdict)

    def _filled(self) -> None:
        self.choice.setVisible(self.verdict.content is not None)
        self.show_view("verdict")

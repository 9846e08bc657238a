"""What a user should know of how a run went, in one quiet line that stays."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import IconLabel, row
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import starts_with_head


def tr(text: str) -> str:
    return QCoreApplication.translate("remark_line", text)


def alone(recipe: Recipe) -> int:
    """Epochs in which the head learns alone before deeper layers do; their best is not kept once those have learned."""
    return recipe.stages.head_epochs if starts_with_head(recipe) else 0


def head_was_better(curve: list[float], best_epoch: int, head_epochs: int) -> str:
    """What the end of a run notes (`Course.remarks`), from its figures: the head alone did better than all after it; else nothing."""
    if not 0 < head_epochs < best_epoch <= len(curve):
        return ""
    top, best = max(curve[:head_epochs]), curve[best_epoch - 1]
    if top <= best:
        return ""
    said = tr("The head alone was at %1 in epoch %2, above the best of deeper learning (%3): for these images Head only may be enough.")
    return said.replace("%1", f"{top:.1%}").replace("%2", str(curve.index(top) + 1)).replace("%3", f"{best:.1%}")


class RemarkLine(QWidget):
    """objectName remarkLine. Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("remarkLine")
        self.text = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.setLayout(row(IconLabel("info", "muted"), (self.text, 1)))
        self.hide()

    def show_remark(self, said: str) -> None:
        self.setVisible(bool(said))
        if said != self.text.whole:
            self.text.show_text(said)

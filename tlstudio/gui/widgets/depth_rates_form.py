"""Rates by depth: the field of layer-wise decay and the curve that sets it by hand, with a line on what it means here."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tlstudio.gui.depth_rates import DepthRates
from tlstudio.gui.group_rates import GroupRates
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.depth_curve import DepthCurve
from tlstudio.gui.widgets.form import RecipeForm
from tlstudio.gui.widgets.parts import column, label


class DepthRatesForm(QWidget):
    """objectName depthRates."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("depthRates")
        self.curve = DepthCurve()
        self._line = label("", "small", wrap=True)
        self.setLayout(column(RecipeForm(session, ["optimizer.layer_decay"]), self.curve, self._line, spacing=4))
        self.curve.given.connect(self._give)

    def show_groups(self, groups: GroupRates | None) -> None:
        """groups: of the layers that are shown, None while they are not known."""
        recipe = self.session.recipe
        drawn = groups is not None and len(groups.blocks) > 1
        self.curve.setVisible(drawn)
        self._line.setVisible(drawn)
        if groups is None or not drawn:
            return
        rates, resting = DepthRates(groups.blocks, recipe.optimizer), groups.resting(recipe)
        self.curve.show_rates(rates, resting)
        inside = set(recipe.optimizer.multipliers) - {block["path"] for block in groups.blocks}
        if all(resting):
            text = self.tr("All blocks are frozen: this counts once they learn.")
        elif inside:
            text = self.tr("%1 more rates are set on single layers, on the model page.").replace("%1", str(len(inside)))
        elif rates.changed():
            text = self.tr("What the backbone's rate is multiplied with in each block. Hollow: frozen.")
        else:
            text = self.tr("Drag the line down on the left, and early blocks change less. Hollow: frozen.")
        self._line.setText(text)

    def _give(self, rates: DepthRates, words: str) -> None:
        self.session.edit(rates.changes(), words)

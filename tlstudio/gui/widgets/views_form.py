"""How many changed views of an image go through the frozen part once, or that every epoch has its own."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import has_frozen_part
from tlstudio.gui.widgets.form import RecipeForm
from tlstudio.gui.widgets.parts import column, label
from tlstudio.gui.words import count
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import starts_with_head


class ViewsForm(QWidget):
    """objectName viewsForm; exactViews is its switch. The number and the switch are there only where they change anything."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("viewsForm")
        self.views = RecipeForm(session, ["augment.views"])
        self.exact = QCheckBox(self.tr("Exact: each epoch its own views"))
        self.exact.setObjectName("exactViews")
        self.exact.setToolTip(
            self.tr(
                "Nothing is kept of the frozen part: every image goes through the whole network in each epoch, with views of its own. "
                "Slower; to compare, or where a run has very many epochs."
            )
        )
        self.exact.clicked.connect(self._choose)
        self.says = label("", "small", wrap=True)
        self.setLayout(column(self.views, self.exact, self.says, spacing=6))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        recipe = self.session.recipe
        exact = recipe.training.cache == "exact"
        counts = recipe.augment.enabled and has_frozen_part(recipe)
        self.exact.setChecked(exact)
        self.exact.setVisible(counts)
        self.views.setVisible(counts and not exact)
        said = self.sentence(recipe)
        if recipe.augment.enabled and starts_with_head(recipe):
            said += " " + self.tr("While the head learns first, images stay as they are.")
        self.says.setText(said)

    def sentence(self, recipe: Recipe) -> str:
        """What augmentation on or off means for this recipe, and what it costs."""
        on, exact = recipe.augment.enabled, recipe.training.cache == "exact"
        if not has_frozen_part(recipe) or (exact and not on):
            if on:
                return self.tr("On: each image is changed at random in each epoch. See the views on the data page.")
            return self.tr("Off. Turning it on costs next to nothing here, and helps where images are few.")
        views = count(recipe.augment.views, self.tr("version"), self.tr("versions"))
        if not on:
            return self.tr("Off: what is frozen computes each image once. On: %1 of each; helps where images are few.").replace("%1", views)
        if exact:
            return self.tr("On: the frozen part computes a view of its own of every image in each epoch.")
        return self.tr("On: %1 of each image are computed once and kept; epochs take turns with them.").replace("%1", views)

    def _choose(self, exact: bool) -> None:
        text = self.tr("give each epoch its own views") if exact else self.tr("keep views")
        self.session.edit({"training.cache": "exact" if exact else "auto"}, text)

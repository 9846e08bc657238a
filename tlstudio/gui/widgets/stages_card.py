"""In which stages the run learns: the plan as a picture, and the fields that make it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QFrame

from tlstudio.errors import InputError
from tlstudio.gui import stage_plan, theme
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import Planned
from tlstudio.gui.widgets.form import LABEL, RecipeField, RecipeForm
from tlstudio.gui.widgets.own_stages import OwnStages
from tlstudio.gui.widgets.parts import CONTROL, GAP, ToolButton, column, header, label, row
from tlstudio.gui.widgets.stage_picture import StagePicture
from tlstudio.gui.words import count
from tlstudio.recipe import Recipe, Stage
from tlstudio.recipe.plan import can_start_with_head

_DEEPER = ("stages.steps", "stages.blocks", "stages.lr_decay")
_USUAL = 10  # epochs of the head, where it is switched on and no strategy says how many


class StagesCard(QFrame):
    """objectName stagesCard; headFirst, ownPlan are its switches. There only where there is something to do one after the other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "card")
        self.setObjectName("stagesCard")
        self.setAccessibleName(self.tr("Stages of the run"))
        self._gist = label("", "small")
        tip = self.tr("Rates of the stages, how many there are, or a plan of your own")
        self.fold = ToolButton("caret-right", tip, text=self.tr("More"), role="muted")
        self.fold.setObjectName("stagesFold")
        self.fold.setCheckable(True)
        self.fold.setProperty("edge", True)
        self.fold.toggled.connect(self.refresh)
        self.own = QCheckBox(self.tr("Own plan"))
        self.own.setObjectName("ownPlan")
        self.own.setToolTip(
            self.tr("Write the stages yourself: what learns in each, how long, and at which rates. Off: those of the strategy")
        )
        self.own.clicked.connect(self._choose_own)
        self.picture = StagePicture()
        self.first = QCheckBox(self.tr("Head first"))
        self.first.setObjectName("headFirst")
        self.first.setToolTip(
            self.tr(
                "The new layers learn alone before deeper ones join in, from what the frozen backbone makes of each image: seconds, and "
                "the backbone is not shaken by a head that knows nothing yet. Off: all together at once."
            )
        )
        self.first.clicked.connect(self._choose_first)
        self._long, self._rate, self._deeper = (
            RecipeField(session, "stages.head_epochs"),
            RecipeForm(session, ["stages.head_lr"], even=True),
            RecipeForm(session, _DEEPER, even=True),
        )
        self._line = row(self.first, self._long, None)
        self.stages = OwnStages()
        self.stages.given.connect(self._give)
        self.stages.refused.connect(session.object_to)
        self._told: set[str] = set()
        self.stages.refused.connect(lambda key, sentence: self._told.add(key))
        box = column(
            header(self.tr("Stages"), self._gist, self.fold),
            self.picture,
            2,
            self._line,
            self._rate,
            self._deeper,
            self.own,
            self.stages,
            spacing=6,
        )
        box.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(box)
        self._fit()
        session.recipe_changed.connect(self.refresh)
        session.layers_changed.connect(self.refresh)
        self.refresh()

    @property
    def _blocks(self) -> list[str]:
        document = self.session.layers.document
        known = document and document["model"] == self.session.recipe.model.name
        return [block["path"] for block in document.get("blocks", ())] if known else []

    def refresh(self) -> None:
        recipe = self.session.recipe
        own, gradual = bool(recipe.stages.own), recipe.frozen.strategy == "gradual"
        can = can_start_with_head(recipe)
        self.setVisible(own or can)
        if self.isHidden():
            return
        stages = self._plan(recipe)
        self.picture.show_plan(stages)
        self._gist.setText(count(stages[-1].last, self.tr("epoch"), self.tr("epochs in all")))
        more = self.fold.isChecked()
        self.fold.show_icon("caret-down" if more else "caret-right")
        self.own.setChecked(own)
        self.own.setVisible(more or own)
        on = recipe.stages.head_epochs > 0
        self.first.setChecked(on)
        self.first.setVisible(not own)
        self._long.setVisible(not own and on)
        self._rate.setVisible(not own and on and more)
        self._deeper.setVisible(not own and gradual and more)
        self.stages.setVisible(own and more)
        if own:
            self.stages.show_stages(recipe.stages.own, self._blocks, recipe.optimizer)
        for key in self._told if not own else ():
            self.session.object_to(key, "")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_line"):
            self._fit()

    def _fit(self) -> None:
        self.first.setFixedWidth(theme.px(LABEL))
        self.first.setFixedHeight(theme.px(CONTROL))

    def _plan(self, recipe: Recipe) -> list[Planned]:
        return stage_plan.plan(recipe, self.session.layers.document)

    def _choose_first(self, on: bool) -> None:
        recipe = self.session.recipe
        usual = recipe.with_strategy(recipe.frozen.strategy).stages.head_epochs or _USUAL
        text = self.tr("learn the head first") if on else self.tr("learn together at once")
        self.session.edit({"stages.head_epochs": usual if on else 0}, text)

    def _choose_own(self, on: bool) -> None:
        """Begin with the strategy's plan as it stands, or go back to it."""
        recipe = self.session.recipe
        stages = [self._written(stage) for stage in self._plan(recipe)] if on else []
        self._give(tuple(stages), self.tr("write a plan of one's own") if on else self.tr("take the strategy's plan"))

    def _written(self, stage: Planned) -> Stage:
        blocks = self._blocks
        deep = 1 if stage.deep < 0 and self.session.recipe.frozen.strategy == "last-block" else stage.deep
        learns = "head" if deep == 0 else "everything"
        if 0 < deep < len(blocks):
            learns = blocks[-deep]
        return Stage(learns=learns, epochs=stage.epochs, lr=stage.lr, backbone_lr=stage.backbone_lr)

    def _give(self, stages: Sequence[Stage], text: str = "") -> None:
        try:
            said = [stage.model_dump(mode="json") for stage in stages]
            self.session.edit({"stages.own": said}, text or self.tr("change the plan"))
        except InputError as error:
            self.session.trouble.emit(error)
            self.refresh()

"""The card with what one may want to set before a run: the basics open, the rest folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.form import KindForm, RecipeField, RecipeForm
from tlstudio.gui.widgets.parts import GAP, ToolButton, column, hairline, header, label, row, widget
from tlstudio.gui.widgets.schedule_preview import SchedulePreview

BASIC = ("training.epochs", "optimizer.lr", "optimizer.backbone_lr", "training.batch_size")


class BasicsCard(QFrame):
    """objectName optimizerForm: everything of the optimizer is in here."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "card")
        self.setObjectName("optimizerForm")
        self.setAccessibleName(self.tr("Training settings"))
        self._tail = label("", "small")
        self.basic = RecipeForm(session, BASIC)
        self.fold = ToolButton("caret-right", self.tr("Optimizer, schedule, seed and device"), text=self.tr("Advanced"), role="muted")
        self.fold.setObjectName("advancedFold")
        self.fold.setCheckable(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.toggled.connect(self._unfold)
        self._gist = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._gist.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.fold.setProperty("edge", True)
        self.augment = RecipeField(session, "augment.enabled", caption=self.tr("Augmentation"))
        self._cost = label("", "small", wrap=True)
        self._advanced: QWidget | None = None
        self.preview: SchedulePreview | None = None
        self._column = column(
            header(self.tr("Basics"), self._tail), self.basic, self.augment, self._cost, hairline(),
            row(self.fold, (self._gist, 1)), spacing=6,
        )  # fmt: skip
        self._column.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(self._column)
        session.recipe_changed.connect(self.refresh)
        session.run_changed.connect(self._say_when)
        self.refresh()
        self._say_when()

    def refresh(self) -> None:
        recipe = self.session.recipe
        rests = recipe.frozen.strategy == "head"
        self.basic.editors["optimizer.backbone_lr"].setEnabled(not rests)
        kinds = self._titles()
        self._gist.show_text(", ".join((kinds["optimizer"], kinds["schedule"].lower())))
        if rests and not recipe.augment.enabled:
            text = self.tr("Off: the backbone computes each image once. On: anew in every epoch.")
        elif rests:
            text = self.tr("On: the backbone computes a changed view of every image in each epoch, not once for the whole run.")
        elif recipe.augment.enabled:
            text = self.tr("On: each image is changed at random in each epoch. See the views on the data page.")
        else:
            text = self.tr("Off. Turning it on costs next to nothing here, and helps where images are few.")
        self._cost.setText(text)
        if self.preview is not None:
            self.preview.show_recipe(recipe)

    def _titles(self) -> dict[str, str]:
        from tlstudio import api

        out = {}
        for section in ("optimizer", "schedule"):
            kind = getattr(self.session.recipe, section).kind
            known = api.kinds(section).get(kind)
            out[section] = known.title if known else kind
        return out

    def _say_when(self) -> None:
        self._tail.setText(self.tr("changes count for the next run") if self.session.live.active else "")

    def _unfold(self, open_: bool) -> None:
        self.fold.show_icon("caret-down" if open_ else "caret-right")
        if open_ and self._advanced is None:
            self._advanced = self._build_advanced()
            self._column.addWidget(self._advanced)
        if self._advanced is not None:
            self._advanced.setVisible(open_)

    def _build_advanced(self) -> QWidget:
        session = self.session
        self.preview = SchedulePreview()
        self.preview.show_recipe(session.recipe)
        return widget(
            column(
                KindForm(session, "optimizer"), RecipeForm(session, ["optimizer.weight_decay"]), theme.px(4),
                KindForm(session, "schedule"), self.preview, theme.px(4),
                RecipeForm(session, ["training.seed", "training.best_by", "training.device"]), spacing=8,
            )
        )  # fmt: skip

"""The card with what one may want to set before a run: the basics open, the rest folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QFrame, QWidget
from shiboken6 import isValid

from tlstudio.gui import machine, theme
from tlstudio.gui.background import Background
from tlstudio.gui.metric import MASKS
from tlstudio.gui.planned import backbone_rests
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.depth_rates_form import DepthRatesForm
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.find_rate import RateFinder, why_not
from tlstudio.gui.widgets.form import KindForm, RecipeField, RecipeForm
from tlstudio.gui.widgets.loss_form import LossForm
from tlstudio.gui.widgets.parts import CONTROL, GAP, Button, ToolButton, column, hairline, header, label, row, widget
from tlstudio.gui.widgets.schedule_preview import SchedulePreview
from tlstudio.gui.widgets.tracking_form import TrackingForm
from tlstudio.gui.widgets.views_form import ViewsForm
from tlstudio.gui.words import count
from tlstudio.recipe import Loss, Training
from tlstudio.recipe.plan import starts_with_head

if TYPE_CHECKING:
    from tlstudio.gui.group_rates import GroupRates

BASIC = ("training.epochs", "training.patience", "optimizer.lr", "optimizer.backbone_lr", "training.batch_size")
_PATIENCE = 5  # epochs, where it is switched on
_SAFE = ("training.guard", "training.save_minutes", "training.signals")
_MACHINE = ("device", "gpus", "cache", "precision", "threads", "micro_batch", "compile")


class BasicsCard(QFrame):
    """objectName optimizerForm: everything of the optimizer is in here."""

    def __init__(self, session: Session, ask: QWidget) -> None:
        """ask: what stands at the right of the title while no run is on."""
        super().__init__()
        self.session = session
        self.setProperty("kind", "card")
        self.setObjectName("optimizerForm")
        self.setAccessibleName(self.tr("Training settings"))
        self._tail, self._ask = label("", "small"), ask
        self.basic = RecipeForm(session, BASIC)
        self.early = QCheckBox(self.tr("Stop early"))
        self.early.setObjectName("stopEarly")
        self.early.setToolTip(Training.model_fields["patience"].description or "")
        self.early.clicked.connect(self._choose_early)
        self.finder = Button(self.tr("Find"), "", "magnifying-glass", on=self.find_rate)
        self.finder.setObjectName("findRate")
        self._beside("optimizer.lr", self.finder)
        tip = self.tr("Optimizer, rates by depth, loss, schedule, seed, and how this computer is used")
        self._after = label("", "small", wrap=True)  # so that nobody takes these for the whole run
        self.fold = ToolButton("caret-right", tip, text=self.tr("Advanced"), role="muted")
        self.fold.setObjectName("advancedFold")
        self.fold.setCheckable(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.toggled.connect(self._unfold)
        self._gist = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._gist.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.fold.setProperty("edge", True)
        self.augment = RecipeField(session, "augment.enabled", caption=self.tr("Augmentation"))
        self.views = ViewsForm(session)
        self._was_live = False
        self._advanced: QWidget | None = None
        self.preview: SchedulePreview | None = None
        self.by_depth: DepthRatesForm | None = None
        self._groups: tuple[dict[str, Any], GroupRates] | None = None
        self._column = column(
            header(self.tr("Basics"), self._tail, ask), self.basic, self._after, row(self.augment, 8, self.early, None), self.views,
            hairline(), row(self.fold, (self._gist, 1)), spacing=6,
        )  # fmt: skip
        self._column.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(self._column)
        session.recipe_changed.connect(self.refresh)
        session.layers_changed.connect(self._show_rates)
        session.run_turned.connect(self._say_when)
        session.data_changed.connect(self._may_find)
        session.objections_changed.connect(self._may_find)
        self.refresh()

    def refresh(self) -> None:
        recipe = self.session.recipe
        self.basic.show_row("optimizer.backbone_lr", not backbone_rests(recipe))
        self.early.setChecked(recipe.training.patience > 0)
        self.basic.show_row("training.patience", recipe.training.patience > 0)
        self.basic.editors["training.epochs"].setEnabled(not recipe.stages.own)  # each stage of one's own has its epochs
        self._after.setVisible(starts_with_head(recipe))
        text = self.tr("Epochs and rates count after the head's first %1: see Stages")
        self._after.setText(text.replace("%1", count(recipe.stages.head_epochs, self.tr("epoch"), self.tr("epochs"))))
        kinds = self._titles()
        words = [kinds["optimizer"], kinds["schedule"].lower()]
        if recipe.loss.kind != Loss().kind:
            words.insert(0, kinds["loss"])
        self._gist.show_text(", ".join(words))
        self._say_when()
        self._may_find()
        self._show_rates()

    def _beside(self, key: str, part: QWidget) -> None:
        """Put something right of a field's editor."""
        line = self.basic.editors[key].layout()
        assert isinstance(line, QBoxLayout)
        line.insertWidget(1, part)

    def set_narrow(self, narrow: bool) -> None:
        """Whether there is room for a word beside a field."""
        self.finder.setText("" if narrow else self.tr("Find"))
        self.finder.setAccessibleName(self.tr("Find"))

    def _choose_early(self, on: bool) -> None:
        self.session.edit({"training.patience": _PATIENCE if on else 0}, self.tr("stop early") if on else self.tr("do not stop early"))

    def _may_find(self) -> None:
        no = why_not(self.session)
        self.finder.setEnabled(not no)
        self.finder.setToolTip(no or self.tr("Try rising rates on a copy of the model and see which one suits: some seconds"))
        self.finder.setFixedHeight(theme.px(CONTROL))

    def find_rate(self) -> None:
        """Open the finder."""
        if not why_not(self.session):
            RateFinder(self.session, self).open()

    def _show_rates(self) -> None:
        """The schedule by group and the curve over depth, once they are wanted."""
        if self.preview is None or self.by_depth is None:
            return
        groups = self._of_layers()
        self.preview.show_recipe(self.session.recipe, groups.spans(self.session.recipe) if groups else None)
        self.by_depth.show_groups(groups)

    def _of_layers(self) -> GroupRates | None:
        """Made once for each network."""
        from tlstudio.gui.group_rates import GroupRates

        document = self.session.layers.document
        if not document or document["model"] != self.session.recipe.model.name:
            return None
        if self._groups is None or self._groups[0] is not document:
            self._groups = document, GroupRates(document)
        return self._groups[1]

    def _titles(self) -> dict[str, str]:
        from tlstudio import api

        out = {}
        for section in ("optimizer", "schedule", "loss"):
            kind = getattr(self.session.recipe, section).kind
            known = api.kinds(section).get(kind)
            out[section] = known.title if known else kind
        return out

    def _say_when(self) -> None:
        live = self.session.training
        if live != self._was_live:
            self._was_live = live
            self._may_find()
        self._tail.setText(self.tr("changes count for the next run") if live else "")
        self._tail.setVisible(live)
        # its rules of thumb are about classes of whole images
        self._ask.setHidden(live or self.session.recipe.data.task == MASKS)

    def _unfold(self, open_: bool) -> None:
        self.fold.show_icon("caret-down" if open_ else "caret-right")
        if open_ and self._advanced is None:
            self._advanced = self._build_advanced()
            self._column.addWidget(self._advanced)
        if self._advanced is not None:
            self._advanced.setVisible(open_)

    def _machine(self) -> QWidget:
        """How the computer is used; how many graphics cards only where there are several."""
        form = RecipeForm(self.session, [f"training.{name}" for name in _MACHINE])
        form.show_row("training.gpus", self.session.recipe.training.gpus != 1)

        def show(many: int) -> None:
            if many > 1 and isValid(form):
                form.show_row("training.gpus", True)

        Background(machine.cards, show)
        return form

    def _build_advanced(self) -> QWidget:
        session = self.session
        self.preview, self.by_depth = SchedulePreview(), DepthRatesForm(session)
        out = widget(
            column(
                KindForm(session, "optimizer"),
                RecipeForm(session, ["optimizer.weight_decay", "optimizer.decay_norms", "optimizer.clip_norm"]), self.by_depth, hairline(),
                LossForm(session), hairline(),
                KindForm(session, "schedule"), RecipeForm(session, ["schedule.warmup"]), self.preview, hairline(),
                RecipeForm(session, ["training.ema", "training.best_by", "training.keep_masks", "training.seed"]), hairline(),
                RecipeForm(session, ["training.accumulate", *_SAFE]), hairline(),
                self._machine(), hairline(), TrackingForm(session),
                spacing=10,
            )
        )  # fmt: skip
        self._show_rates()
        return out

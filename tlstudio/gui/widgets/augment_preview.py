"""What augmentation does to a picture: nine views drawn by the true transforms, and its switch."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import has_frozen_part
from tlstudio.gui.widgets.parts import Button, column, label, row, widget
from tlstudio.gui.widgets.preview_job import PreviewJob
from tlstudio.gui.widgets.preview_tile import PreviewTile
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs

SIDE = 56


class AugmentPreview(QWidget):
    """objectName augmentPreview. `unfolded`: whether the strengths (AugmentStrengths, a card of their own) shall be seen."""

    unfolded = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("augmentPreview")
        self.seed = 0
        self._path = ""
        self._mask: Mask | None = None
        self.switch = QCheckBox(self.tr("Augmentation"))
        self.switch.setObjectName("augmentSwitch")
        self.switch.setToolTip(
            self.tr("Random changes of each training image, drawn anew in each epoch. Validation images stay as they are.")
        )
        self.switch.clicked.connect(self._switched)
        font = self.switch.font()
        font.setBold(True)
        self.switch.setFont(font)
        self.reroll = Button(
            self.tr("Reroll"), "quiet", "dice-five", edge=True, tip=self.tr("Nine other views, as other epochs would see them")
        )
        self.reroll.clicked.connect(self._reroll)
        self.tiles = [PreviewTile(theme.px(SIDE), self.tr("View %1").replace("%1", str(i + 1))) for i in range(9)]
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for i, tile in enumerate(self.tiles):
            grid.addWidget(tile, i // 3, i % 3)
        self.views = QWidget()
        self.views.setLayout(grid)
        self._says = label("", "small", wrap=True)
        self._says.setObjectName("augmentSentence")
        self._says.setToolTip(
            self.tr(
                "Head-only training computes what the frozen backbone makes of each image once and keeps it. "
                "With augmentation a few changed versions of each image are kept instead, and epochs take turns with them; how many is set "
                "on the train page."
            )
        )
        self._failure = label("", "bad", wrap=True)
        self._failure.hide()
        self.fold = Button("", "quiet", "sliders", tip=self.tr("Which changes, and how strong each may be"))
        self.fold.setAccessibleName(self.tr("Which changes, and how strong"))
        self.fold.setCheckable(True)
        self.fold.setObjectName("augmentFold")
        self.fold.toggled.connect(self.unfolded)
        head = widget(row(self.switch, None, self.fold, self.reroll, spacing=4))
        self.setLayout(
            column(
                head,
                row(None, self.views, None),
                self._failure,
                self._says,
                None,
                spacing=4,
            )
        )
        self.job = PreviewJob(session, "augment", self)
        self.job.drawn.connect(self._drawn)
        self.job.failed.connect(self._failed)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "tiles"):
            for tile in self.tiles:
                tile.set_side(theme.px(SIDE))

    def show_picture(self, path: str, mask: Mask | None = None) -> None:
        """Draw views of that file (absolute path), with its mask."""
        self._path, self._mask = path, mask
        self.refresh()

    def refresh(self) -> None:
        """Show the recipe in force."""
        recipe = self.session.recipe
        self.switch.setChecked(recipe.augment.enabled)
        self._says.setText(self.sentence(recipe))
        if self._path:
            # drawn as if on, so that one sees what turning it on would do; what else the recipe says does not change the views
            augment = recipe.augment.model_copy(update={"enabled": True})
            asked = Recipe(data=recipe.data.model_copy(update={"exclude": ()}), model=recipe.model, augment=augment)
            self.job.wish(asked.model_dump(mode="json"), self._path, self.seed, self._mask)
            for tile in self.tiles:
                tile.dim(self.job.busy)

    def sentence(self, recipe: Recipe) -> str:
        """What on or off means for this recipe, and what turning it on costs."""
        views, exact = f"{recipe.augment.views:,}", recipe.training.cache == "exact"
        if recipe.augment.enabled and has_frozen_part(recipe):
            if exact:
                said = self.tr("On: all images pass the frozen part in each of the %1 epochs, each time a little different.")
                return said.replace("%1", f"{epochs(recipe):,}")
            return self.tr("On: %1 versions of each image pass the frozen part once; epochs take turns with them.").replace("%1", views)
        if recipe.frozen.strategy == "head" and not exact:
            return self.tr("Off: one plain view of each image. On: %1 versions of each pass the backbone.").replace("%1", views)
        if recipe.augment.enabled:
            return self.tr("On: each epoch sees each image a little differently, so that none is learned by heart.")
        return self.tr("Off: each epoch sees the very same images and may learn them by heart.")

    def _switched(self, on: bool) -> None:
        self.session.edit({"augment.enabled": on}, self.tr("turn augmentation on") if on else self.tr("turn augmentation off"))

    def _reroll(self) -> None:
        self.seed += 1
        self.refresh()

    def _drawn(self, images: list[QImage]) -> None:
        self._failure.hide()
        for tile, image in zip(self.tiles, images, strict=False):
            tile.show_image(image)

    def _failed(self, error: StudioError) -> None:
        self._failure.setText(str(error))
        self._failure.show()
        for tile in self.tiles:
            tile.dim(False)

"""How a picture is brought to the model's square: crop, pad and squash side by side, drawn by the true transforms."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.metric import MASKS
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import RecipeField
from tlstudio.gui.widgets.pad_bars import PadBars
from tlstudio.gui.widgets.parts import Button, colour, column, hairline, header, icon, label, row
from tlstudio.gui.widgets.preview_job import PreviewJob
from tlstudio.gui.widgets.preview_tile import PreviewTile
from tlstudio.gui.widgets.size_field import FIELD, SizeField, size_advice

SIDE = 88
MODES = ("crop", "pad", "squash")


class ResizeTiles(QWidget):
    """objectName resizeTiles. `another_asked`: the user wants to see another picture."""

    another_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("resizeTiles")
        words = {
            "crop": (self.tr("Crop"), self.tr("edges lost")),
            "pad": (self.tr("Pad"), self.tr("bars added")),
            "squash": (self.tr("Squash"), self.tr("shape lost")),
        }
        self.tiles = {mode: _Choice(mode, *said) for mode, said in words.items()}
        for mode, tile in self.tiles.items():
            tile.clicked.connect(lambda _=False, mode=mode: self._choose(mode))
        another = Button(self.tr("Another picture"), "quiet", "arrows-clockwise", edge=True, on=self.another_asked.emit)
        another.setToolTip(self.tr("Try resizing and augmentation on another of your pictures"))
        self.size_field = SizeField(session)
        self._advice = label("", "warn", wrap=True)
        self._advice.setObjectName("sizeAdvice")
        self._failure = label("", "bad", wrap=True)
        self._failure.hide()
        self._bars = PadBars(session)
        interpolation = RecipeField(session, "data.interpolation", width=FIELD)
        self.setLayout(
            column(
                header(self.tr("Resize"), another),
                4,
                row(*self.tiles.values(), None, spacing=0),
                self._failure,
                None,
                hairline(),
                8,
                row(label(self.tr("Size"), "muted"), None, self.size_field),
                self._advice,
                4,
                row(label(self.tr("Interpolation"), "muted"), None, interpolation),
                self._bars,
                spacing=4,
            )
        )
        self._path = ""
        self._mask: Mask | None = None
        self.job = PreviewJob(session, "resize", self)
        self.job.drawn.connect(self._drawn)
        self.job.failed.connect(self._failed)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def show_picture(self, path: str, mask: Mask | None = None) -> None:
        """Try the three ways on that file (absolute path), with its mask."""
        self._path, self._mask = path, mask
        self.refresh()

    def refresh(self) -> None:
        """Show the recipe in force."""
        recipe = self.session.recipe
        for mode, tile in self.tiles.items():
            tile.setChecked(mode == recipe.data.resize)
        self._bars.setVisible(recipe.data.resize == "pad")
        entry = entry_of(recipe)
        encoder = entry.task == MASKS and entry.role == "encoder"
        self._advice.setText(size_advice(recipe.data.image_size, entry.input_size, entry.title, encoder=encoder))
        self._advice.setVisible(bool(self._advice.text()))
        if self._path:
            # the three are drawn whichever is chosen, so that choosing draws nothing
            data = recipe.data.model_copy(update={"resize": "crop", "exclude": ()})
            self.job.wish(recipe.model_copy(update={"data": data}).model_dump(mode="json"), self._path, 0, self._mask)
            for tile in self.tiles.values():
                tile.picture.dim(self.job.busy)

    def _choose(self, mode: str) -> None:
        self.session.edit({"data.resize": mode}, self.tr("resize by %1").replace("%1", mode))
        self.refresh()

    def _drawn(self, images: dict[str, QImage]) -> None:
        self._failure.hide()
        for mode, image in images.items():
            self.tiles[mode].picture.show_image(image)

    def _failed(self, error: StudioError) -> None:
        self._failure.setText(str(error))
        self._failure.show()
        for tile in self.tiles.values():
            tile.picture.dim(False)


class _Choice(QAbstractButton):
    """A tile that can be chosen: the picture, its word, what is lost."""

    def __init__(self, mode: str, word: str, loses: str) -> None:
        super().__init__()
        self.setObjectName(f"resize_{mode}")
        self.setText(word)
        self.setCheckable(True)
        self.setAccessibleName(f"{word}, {loses}")
        self.setToolTip(f"{word}: {loses}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._loses = loses
        self.picture = PreviewTile(theme.px(SIDE), word)
        self.picture.setParent(self)
        self.picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture.move(4, 4)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def nextCheckState(self) -> None:
        self.setChecked(True)  # a chosen one stays chosen; the card unchecks the others

    def sizeHint(self) -> QSize:
        words = max(self.fontMetrics().horizontalAdvance(text) for text in (self.text(), self._loses)) + theme.px(14) + 12
        side = theme.px(SIDE)
        return QSize(max(side + 8, words), side + 8 + theme.px(44))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "picture"):
            self.picture.set_side(theme.px(SIDE))
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        side = theme.px(SIDE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.hasFocus() or self.underMouse():
            role = "text" if self.hasFocus() else "accent" if self.isChecked() else "control"
            painter.setPen(QPen(colour(role), 2))
            painter.drawRoundedRect(QRectF(1, 1, side + 6, side + 6), 7, 7)
        top, mark = side + 10, theme.px(14)
        sign = ("check-circle-fill", "accent") if self.isChecked() else ("circle", "muted")
        icon(*sign).paint(painter, 4, top + (theme.px(20) - mark) // 2, mark, mark)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(10, bold=self.isChecked()))
        painter.setPen(colour("text"))
        painter.drawText(mark + 8, top, self.width() - mark - 8, theme.px(20), left, self.text())
        painter.setFont(theme.font(9))
        painter.setPen(colour("muted"))
        painter.drawText(4, top + theme.px(20), self.width() - 4, theme.px(20), left, self._loses)

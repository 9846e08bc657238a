"""A preview of the generated sample: real pictures of it, with their masks or without, drawn small in a thread once the window stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui.background import Background
from tlstudio.gui.widgets.parts import colour

HEIGHT = 112
# pictures with good light and a whole leaf, two of each species
_CHOSEN = (
    ("ginkgo", 103), ("maple", 105), ("oak", 105), ("linden", 101), ("willow", 106),
    ("willow", 105), ("linden", 106), ("ginkgo", 106), ("maple", 101), ("oak", 104),
)  # fmt: skip
_GAP = 3
_PIXELS = 120  # of a tile's side; drawn smaller, so that it is sharp on fine screens


def draw_tiles() -> list[tuple[QImage, QImage]]:
    """The pictures, each plain and with its mask over it. Takes a quarter of a second: call it in a thread."""
    from tlstudio.data.leaves import NAMES
    from tlstudio.data.sample import tile
    from tlstudio.gui.mask_blend import laid_over

    out = []
    for species, seed in _CHOSEN:
        drawn, mask = tile(species, seed, (_PIXELS, _PIXELS))
        picture = drawn.convert("RGB")
        image = QImage(picture.tobytes(), picture.width, picture.height, 3 * picture.width, QImage.Format.Format_RGB888)
        out.append((image.copy(), laid_over(image, mask, ["background", *NAMES])))  # a copy owns its pixels
    return out


class LeafTiles(QWidget):
    """Quiet squares until the pictures are drawn. beside: tiles that show the same pictures with their masks."""

    def __init__(self, beside: LeafTiles | None = None) -> None:
        super().__init__()
        self._beside = beside
        self._images: list[QImage] = []
        self._work: Background[list[tuple[QImage, QImage]]] | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Pictures of the sample. They are generated: drawn by this program, not photographed."))
        self.setAccessibleName(self.tr("Ten generated pictures of leaves of five species"))
        if beside is not None:
            beside.setAccessibleName(self.tr("The same ten pictures with their masks"))

    @property
    def drawn(self) -> bool:
        return bool(self._images)

    def begin(self) -> None:
        """Draw the pictures, if that has not begun."""
        if self._work is None:
            self._work = Background(draw_tiles, self._show)

    def _show(self, images: list[tuple[QImage, QImage]]) -> None:
        self._take([plain for plain, _ in images])
        if self._beside is not None:
            self._beside._take([masked for _, masked in images])

    def _take(self, images: list[QImage]) -> None:
        self._images = images
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        around = QPainterPath()
        around.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(around)
        across = len(_CHOSEN) if self.width() > 5 * self.height() else len(_CHOSEN) // 2
        down = len(_CHOSEN) // across
        wide, high = (self.width() - _GAP * (across - 1)) / across, (self.height() - _GAP * (down - 1)) / down
        for i in range(len(_CHOSEN)):
            box = QRectF((i % across) * (wide + _GAP), (i // across) * (high + _GAP), wide, high)
            if not self._images:
                painter.fillRect(box, colour("raised"))
                continue
            image = self._images[i]
            share = min(1.0, high / wide) if wide >= high else 1.0
            part = QRectF(0, image.height() * (1 - share) / 2, image.width(), image.height() * share)
            if wide < high:
                part = QRectF(image.width() * (1 - wide / high) / 2, 0, image.width() * wide / high, image.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawImage(box, image, part)
        painter.end()

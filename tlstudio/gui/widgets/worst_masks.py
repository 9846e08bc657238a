"""The pictures whose masks are worst, four at a time, the mask over each: prediction or truth, of all classes or of one."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.mask_results import MaskedImage, MaskResults
from tlstudio.gui.page_keys import pages_on
from tlstudio.gui.result_words import place_of
from tlstudio.gui.widgets import picture_view
from tlstudio.gui.widgets.elided_combo import ElidedCombo
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import CONTROL, GAP, Segments, ToolButton, column, label, row, widget
from tlstudio.gui.widgets.picture import Picture
from tlstudio.gui.words import percent

AT_ONCE = 4


def tr(text: str) -> str:
    return QCoreApplication.translate("worst_masks", text)


class _Tile(QWidget):
    """A picture with its mask, and two lines under it: its name, its IoU."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = Picture(opens=True)
        self._name, self._iou = ElidedLabel("small"), label("", "section")
        self.setLayout(column((self.picture, 1), 2, row((self._name, 1), self._iou, spacing=6), spacing=2))

    def sizeHint(self) -> QSize:
        """As low as it may be: a page that scrolls gives its parts what they ask for, and this one takes what there is."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def show_image(self, image: MaskedImage, mask: Mask | None, score: float | None) -> None:
        said = "–" if score is None else f"{score:.2f}"
        name = image.path.replace("\\", "/").rpartition("/")[2]
        self._name.show_text(name, image.path)
        self._iou.setText(said)
        self._iou.setToolTip(tr("IoU"))
        self.picture.show_file(image.path, mask)
        self.picture.setAccessibleName(tr("%1, IoU %2").replace("%1", name).replace("%2", said))
        self.picture.setToolTip(tr("%1\nClick to see it large").replace("%1", image.path))


class WorstMasks(QFrame):
    """objectName worstMasks; worstClass, worstMask."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("worstMasks")
        self.setAccessibleName(self.tr("Pictures whose masks are worst"))
        self.order: list[int] = []
        self.first = 0
        self._said = MaskResults("", [])
        self._kind = "prediction"
        self._label = -1
        self.classes = ElidedCombo(letters=6)
        self.classes.setObjectName("worstClass")
        self.classes.setAccessibleName(self.tr("Worst in"))
        self.classes.setToolTip(self.tr("By the IoU of all classes, or of one, where it is in the picture"))
        self.classes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.classes.activated.connect(lambda at: self.choose(self.classes.itemData(at)))
        words = {"prediction": self.tr("Prediction"), "truth": self.tr("Truth")}
        tips = {
            "prediction": self.tr("What the model says of each pixel"),
            "truth": self.tr("The mask that belongs to the picture"),
        }
        self.kinds = Segments(words, self._kind, self._show_kind, name="worstMask", tips=tips)
        self._where = ElidedLabel("small")
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._before = ToolButton("caret-left", self.tr("Four before"), on=lambda: self.turn(-1))
        self._next = ToolButton("caret-right", self.tr("Next four"), on=lambda: self.turn(1))
        self._words = label("", "muted", wrap=True)
        self.tiles = [_Tile() for _ in range(AT_ONCE)]
        for i, tile in enumerate(self.tiles):
            tile.picture.clicked.connect(lambda i=i: self._open(self.first + i))
            policy = tile.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            tile.setSizePolicy(policy)
        grid = QWidget()
        self._grid = QGridLayout(grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._across = 0
        self._first = row(label(self.tr("Worst pictures"), "section"), (self.classes, 1))
        self._second = row(self.kinds, (self._where, 1), row(self._before, self._next, spacing=0))
        self.setLayout(column(widget(self._first), widget(self._second), self._words, (grid, 1), spacing=6))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # shares the width with its neighbour
        self._arrange()

    def show_results(self, said: MaskResults) -> None:
        self._said = said
        self.classes.clear()
        self.classes.addItem(self.tr("All classes"), -1)
        for at, name in enumerate(said.classes):
            self.classes.addItem(name, at)
            self.classes.setItemData(at + 1, name, Qt.ItemDataRole.ToolTipRole)
        self.choose(-1)

    def choose(self, label_: int) -> None:
        """The worst of a class; -1: of all."""
        self._label = label_
        self.classes.setCurrentIndex(self.classes.findData(label_))
        self.order = self._said.worst(label_)
        none = self.tr("No picture shows %1, and it is predicted in none").replace("%1", self.classes.currentText())
        self._words.setText(none if not self.order and label_ >= 0 else "")
        self._words.setVisible(bool(self._words.text()))
        self.first = 0
        self._draw()

    def show_picture(self, path: str) -> bool:
        """Open that file large, among all; whether it is one of them."""
        place = place_of(path, [image.path for image in self._said.images])
        if place is None:
            return False
        self.choose(-1)
        at = self.order.index(place)
        self.first = at // AT_ONCE * AT_ONCE
        self._draw()
        self._open(at)
        return True

    def turn(self, by: int) -> None:
        """So many pages of four on, or back."""
        first = self.first + by * AT_ONCE
        if 0 <= first < len(self.order):
            self.first = first
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if by := pages_on(event):
            self.turn(by)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_grid"):
            self._arrange()

    def _arrange(self) -> None:
        """Four in a row, or two rows of two; title and choice in one line, or each in its own."""
        across = AT_ONCE if self.width() >= theme.px(520) else AT_ONCE // 2
        wide = self.width() >= theme.px(300)
        for line in (self._first, self._second):
            line.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self.classes.setFixedHeight(theme.px(CONTROL))
        for tile in self.tiles:
            tile.setMinimumHeight(theme.px(92))
        if across != self._across:
            self._across = across
            for i, tile in enumerate(self.tiles):
                self._grid.addWidget(tile, i // across, i % across)
            for i in range(AT_ONCE):
                self._grid.setColumnStretch(i, 1 if i < across else 0)
                self._grid.setRowStretch(i, 1 if i < AT_ONCE // across else 0)

    def _show_kind(self, kind: str) -> None:
        self._kind = kind
        self._draw()

    def _mask(self, image: MaskedImage) -> Mask | None:
        return {"prediction": image.prediction, "truth": image.truth}.get(self._kind)

    def _draw(self) -> None:
        n = len(self.order)
        last = min(n, self.first + AT_ONCE)
        where = self.tr("%1 to %2 of %3").replace("%1", str(self.first + 1)).replace("%2", str(last)).replace("%3", f"{n:,}")
        self._where.show_text(where if n else "", short=f"{self.first + 1}–{last} / {n:,}")
        self._before.setEnabled(self.first > 0)
        self._next.setEnabled(last < n)
        for i, tile in enumerate(self.tiles):
            there = self.first + i < n
            tile.setVisible(there)
            if there:
                place = self.order[self.first + i]
                image = self._said.images[place]
                tile.show_image(image, self._mask(image), self._said.score(place, self._label))

    def _open(self, at: int) -> None:
        pictures = [self._large(place) for place in self.order]
        picture_view.PictureView(pictures, at, self).show()

    def _large(self, place: int) -> picture_view.Picture:
        image = self._said.images[place]
        named = sorted((value, name) for name, value in zip(self._said.classes, image.per_class, strict=False) if value is not None)
        facts = (
            (self.tr("Mean IoU"), "–" if image.iou is None else f"{image.iou:.3f}"),
            (self.tr("Pixels right"), percent(image.pixel_accuracy)),
            (self.tr("IoU, worst first"), ",  ".join(f"{name} {value:.2f}" for value, name in named[:8]) or "–"),
        )
        return picture_view.Picture(image.path, facts, mask=self._mask(image) or image.prediction)

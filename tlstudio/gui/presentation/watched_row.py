"""The row of pictures: what the network makes of a few validation images now. Of classes a probability, of masks the masks forming."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.events import Watched
from tlstudio.gui import mask_results, theme
from tlstudio.gui.background import Background
from tlstudio.gui.history import RunHistory
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.mask_results import MaskResults
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import IconLabel, colour, column, label, row
from tlstudio.gui.widgets.picture import Picture

MOST = 4
SIDE, WIDE = 70, 112  # of a picture, and of one under its masks, at text scale 1


class _Bar(QWidget):
    """A share of 1 in the colour (and hatch) of a class, or in the accent."""

    def __init__(self) -> None:
        super().__init__()
        self.share, self.label = 0.0, -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_share(self, share: float, label: int) -> None:
        self.share, self.label = share, label
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(60), theme.px(5))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box, round_ = QRectF(self.rect()), self.height() / 2
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(box, round_, round_)
        box.setWidth(max(2 * round_, box.width() * self.share))
        if self.label >= 0:
            fill_class(painter, box, self.label, round_)
        else:
            painter.setBrush(colour("accent"))
            painter.drawRoundedRect(box, round_, round_)
        painter.end()


class _Guess(QWidget):
    """One picture and what is made of it."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture(least=32)
        self._mark, self._name = IconLabel("check-circle", "good", 15), ElidedLabel("section")
        self._figure, self._truth, self._bar = label("", "figure"), ElidedLabel("muted"), _Bar()
        self._first = row(self._mark, (self._name, 1), spacing=6)
        self._second = row(self._figure, (self._truth, 1), spacing=6)
        words = column(None, self._first, self._second, 4, self._bar, None, spacing=2)
        self.setLayout(row(self._picture, (words, 1), spacing=12))
        self._wide = False
        self._fit()

    def show_class(self, path: str, said: tuple[str, float, int], truth: str) -> None:
        """said: name, probability and place of the likeliest class; truth: the name of the true one."""
        name, share, at = said
        right = name == truth
        self._mark.show()
        self._mark.show_icon(*(("check-circle", "good") if right else ("x-circle", "bad")))
        self._picture.show_file(path)
        self._name.show_text(name)
        self._figure.setText(f"{share:.0%}")
        self._truth.show_text(self.tr("right") if right else self.tr("is %1").replace("%1", truth))
        self._bar.show_share(share, at)
        told = self.tr("right") if right else self.tr("wrong, it is %1").replace("%1", truth)
        self.setAccessibleName(f"{Path(path).name}: {name} {share:.0%}, {told}")
        self._widen(False)

    def show_masks(self, path: str, mask: Mask | None, iou: float | None, epoch: int) -> None:
        self._mark.hide()
        self._picture.show_file(path, mask)
        self._name.show_text(self.tr("IoU"))
        self._figure.setText("–" if iou is None else f"{iou:.0%}")
        self._truth.show_text("")
        self._bar.show_share(iou or 0.0, -1)
        self.setAccessibleName(f"{Path(path).name}: {self._figure.text()}, epoch {epoch}")
        self._widen(True)

    def _widen(self, wide: bool) -> None:
        if wide != self._wide:
            self._wide = wide
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_wide"):
            self._fit()

    def _fit(self) -> None:
        self._picture.setFixedSize(theme.px(WIDE if self._wide else SIDE), theme.px(SIDE))


class WatchedRow(QWidget):
    """objectName watchedRow. Away where the run has kept nothing of the kind."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("watchedRow")
        self.guesses = [_Guess() for _ in range(MOST)]
        self._row = row(*((guess, 1) for guess in self.guesses))
        self.setLayout(self._row)
        self._shown: object = None
        self._work: Background[MaskResults] | None = None
        self.hide()

    def follow(self, history: RunHistory) -> None:
        """Show what the newest epoch made of them."""
        seen, kept = history.watched, history.masks
        now = seen if seen is not None else kept.folder if kept is not None else None
        self.setVisible(now is not None)
        if now is self._shown or now == self._shown:
            return
        self._shown = now
        if self._work is not None:
            self._work.forget()
        if seen is not None:
            self._show_classes(seen, history.started.classes if history.started else [])
        elif kept is not None:
            folder, epoch = Path(kept.folder), kept.epoch
            self._work = Background(
                lambda: mask_results.read(folder), lambda found: self._show_masks(found, epoch), lambda error: self.hide()
            )

    def _show_classes(self, seen: Watched, classes: list[str]) -> None:
        def name(at: int) -> str:
            return classes[at] if at < len(classes) else str(at)

        for at, guess in enumerate(self.guesses):
            guess.setVisible(at < len(seen.paths))
            if at < len(seen.paths):
                first = seen.labels[at][0]
                guess.show_class(seen.paths[at], (name(first), seen.probabilities[at][0], first), name(seen.truth[at]))

    def _show_masks(self, found: MaskResults, epoch: int) -> None:
        self._work = None
        for at, guess in enumerate(self.guesses):
            guess.setVisible(at < len(found.images))
            if at < len(found.images):
                image = found.images[at]
                guess.show_masks(image.path, image.prediction, image.iou, epoch)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_row"):
            self._row.setSpacing(theme.px(15))

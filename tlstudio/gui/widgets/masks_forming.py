"""Masks forming: a few validation pictures under the masks that the network makes of them, after the newest epoch."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame

from tlstudio.gui import mask_results, theme
from tlstudio.gui.background import Background
from tlstudio.gui.history import RunHistory
from tlstudio.gui.mask_results import MaskResults
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import Button, card, column, header, label, row
from tlstudio.gui.widgets.picture import Picture

MOST, HEIGHT = 6, 84


class MasksForming(QFrame):
    """objectName masksForming. Hidden until the first masks were kept; a click opens those of the epoch on the overlay page."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("masksForming")
        self.setAccessibleName(self.tr("Masks of a few validation images, after the newest epoch"))
        self._folder = ""
        self._work: Background[MaskResults] | None = None
        self._epoch = label("", "small")
        look = Button(self.tr("Open in Overlay"), "quiet", edge=True, on=self._open)
        look.setToolTip(self.tr("Look at these masks closely, and at those of other epochs"))
        self.pictures = [Picture(opens=True, least=32) for _ in range(MOST)]
        for picture in self.pictures:
            picture.clicked.connect(self._open)
            picture.hide()
        tiles = row(*((picture, 1) for picture in self.pictures))
        inside = column(header(self.tr("Masks forming"), self._epoch, 8, look), tiles, spacing=4)
        self.setLayout(column(card(inside, 12), spacing=0))
        self.hide()
        self._fit()

    def follow(self, history: RunHistory) -> None:
        """Show the newest masks of that run, if it has kept some."""
        kept = history.masks
        self.setVisible(kept is not None)
        if kept is None or kept.folder == self._folder:
            self._folder = self._folder if kept is not None else ""
            return
        self._folder = kept.folder
        if self._work is not None:
            self._work.forget()  # an older epoch's
        words = self.tr("after epoch %1").replace("%1", str(kept.epoch))
        folder = Path(kept.folder)
        self._work = Background(lambda: mask_results.read(folder), lambda said: self._show(said, words), lambda error: None)

    def _show(self, said: MaskResults, words: str) -> None:
        self._work = None
        self._epoch.setText(words)
        for at, picture in enumerate(self.pictures):
            there = at < len(said.images)
            picture.setVisible(there)
            if there:
                image = said.images[at]
                picture.show_file(image.path, image.prediction)
                iou = "–" if image.iou is None else f"{image.iou:.2f}"
                told = self.tr("%1, IoU %2 %3").replace("%1", Path(image.path).name).replace("%2", iou).replace("%3", words)
                picture.setToolTip(told)
                picture.setAccessibleName(told)

    def _open(self) -> None:
        if self._folder:
            self.session.show_masks(self._folder)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "pictures"):
            self._fit()

    def _fit(self) -> None:
        for picture in self.pictures:
            picture.setFixedHeight(theme.px(HEIGHT))

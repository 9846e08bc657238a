"""One picture large, with its facts; the arrow keys go through the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QDialog, QFormLayout, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, colour, column, icon, label, row
from tlstudio.gui.words import megabytes

_LARGEST = 2048  # longer side that is decoded, in device pixels
_STEP = 256  # sizes are rounded up to this, so that dragging the window does not decode at each pixel


@dataclass(frozen=True)
class Picture:
    """facts: (name, value) pairs, shown below the picture's own size on disk. message: what is the matter with it, or "".

    mask: laid over it, where there is one.
    """

    path: str
    facts: tuple[tuple[str, str], ...] = ()
    message: str = ""
    mask: Mask | None = None


class Pictures(Protocol):
    """Any number of pictures, made when asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: int, /) -> Picture: ...


class PictureView(QDialog):
    """objectName pictureView."""

    def __init__(self, pictures: Pictures | Sequence[Picture], at: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pictureView")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._pictures, self.at = pictures, at
        self._canvas = _Canvas()
        self._name, self._count = ElidedLabel("section"), label("", "muted")
        self._message = label("", "", wrap=True)
        self._facts = QFormLayout()
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(4)
        self._shown_facts = QWidget()
        self._shown_facts.setLayout(self._facts)
        self._back = Button(
            self.tr("Previous"), "", "caret-left", tip=self.tr("The picture before this (Left)"), on=lambda: self.show_at(self.at - 1)
        )
        self._on = Button(
            self.tr("Next"), "", "caret-right", tip=self.tr("The picture after this (Right)"), on=lambda: self.show_at(self.at + 1)
        )
        self.over = Button(self.tr("Hide mask"), "", "circle-half", on=self._show_mask)
        self.over.setToolTip(self.tr("Lay the mask over the picture, or take it away (M)"))
        self.over.setObjectName("pictureMask")
        self.over.setCheckable(True)
        self.over.setChecked(True)
        close = Button(self.tr("Close"), tip=self.tr("Back to the page (Esc)"), on=self.close)
        for button in (self._back, self._on, self.over, close):
            button.setAutoDefault(False)
        QShortcut(QKeySequence("M"), self).activated.connect(self.over.click)
        for keys, step in ((QKeySequence("Left"), -1), (QKeySequence("Right"), 1)):
            QShortcut(keys, self).activated.connect(lambda step=step: self.show_at(self.at + step))
        self.setLayout(
            column(
                (self._canvas, 1),
                row((self._name, 1), self._count),
                self._message,
                self._shown_facts,
                row(self._back, self._on, self.over, None, close),
                margins=(16, 16, 16, 16),
            )
        )
        self.resize(theme.px(760), theme.px(680))
        self.show_at(at)

    def show_at(self, at: int) -> None:
        """Show the picture there; beyond either end nothing happens."""
        if not 0 <= at < len(self._pictures):
            return
        self.at = at
        picture = self._pictures[at]
        self.over.setVisible(picture.mask is not None)
        self._show_mask()
        name = Path(picture.path).name
        self.setWindowTitle(name)
        self._name.show_text(name, picture.path)
        self._count.setText(self.tr("%1 of %2").replace("%1", f"{at + 1:,}").replace("%2", f"{len(self._pictures):,}"))
        self._message.setText(picture.message)
        self._message.setVisible(bool(picture.message))
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for word, value in (*picture.facts, (self.tr("Size on disk"), self._size(picture.path))):
            said = label(value)
            said.setWordWrap(True)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addRow(label(word, "muted"), said)
        self._back.setEnabled(at > 0)
        self._on.setEnabled(at < len(self._pictures) - 1)

    def _show_mask(self) -> None:
        picture, shown = self._pictures[self.at], self.over.isChecked()
        self.over.setText(self.tr("Hide mask") if shown else self.tr("Show mask"))
        self._canvas.show_file(picture.path, picture.mask if shown else None)

    def _size(self, path: str) -> str:
        try:
            return megabytes(Path(path).stat().st_size)
        except OSError:
            return self.tr("the file is not there")


class _Canvas(QWidget):
    """The picture as large as there is room, never larger than four times itself."""

    def __init__(self) -> None:
        super().__init__()
        self._path = ""
        self._mask: Mask | None = None
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The picture"))
        thumbnails.shared().loaded.connect(self.update)

    def show_file(self, path: str, mask: Mask | None) -> None:
        self._path, self._mask = path, mask
        self.setAccessibleDescription(Path(path).name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), colour("raised"))
        ratio = self.devicePixelRatioF()
        wanted = min(_LARGEST, -(-round(max(self.width(), self.height()) * ratio) // _STEP) * _STEP)
        side = round(wanted / ratio)
        loader = thumbnails.shared()
        pixmap = loader.pixmap(self._path, side, ratio, square=False, mask=self._mask)
        if pixmap is None:
            failed = loader.failed(self._path, side, ratio, square=False, mask=self._mask)
            painter.setPen(colour("muted"))
            words = self.tr("This file cannot be shown") if failed else self.tr("Loading…")
            centre = self.rect().center()
            if failed:
                icon("file-x", "muted").paint(painter, QRect(centre.x() - 16, centre.y() - 44, 32, 32))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        size = pixmap.deviceIndependentSize()
        scale = min(self.width() / size.width(), self.height() / size.height(), 4.0)
        width, height = round(size.width() * scale), round(size.height() * scale)
        painter.drawPixmap(QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height), pixmap)

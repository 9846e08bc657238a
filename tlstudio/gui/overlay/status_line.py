"""The line below the picture: what lies under the pointer, and which picture it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy

from tlstudio.data.masks import IGNORE
from tlstudio.gui import theme
from tlstudio.gui.overlay.picture import ClassLook, Picture
from tlstudio.gui.overlay.swatch import paint_swatch
from tlstudio.gui.overlay.words import score
from tlstudio.gui.widgets.parts import GAP, colour, paint_icon

HEIGHT = 32
_SWATCH, _LONGEST = 14, 150


@dataclass(frozen=True)
class Reading:
    """What is known of one pixel. prediction, truth: the class, None where nothing is said; sure: 0..1. has_*: whether there is a mask."""

    x: int
    y: int
    prediction: ClassLook | None
    truth: ClassLook | None
    sure: float | None
    has_prediction: bool
    has_truth: bool
    right: bool | None
    by_hand: bool = False

    @classmethod
    def of(cls, picture: Picture, classes: tuple[ClassLook, ...], x: int, y: int) -> Reading:
        said = int(picture.prediction[y, x]) if picture.prediction is not None else IGNORE
        true = int(picture.truth[y, x]) if picture.truth is not None else IGNORE
        looks = [classes[label] if label < len(classes) else None for label in (said, true)]
        sure = int(picture.confidence[y, x]) / 255 if picture.confidence is not None and not picture.by_hand else None
        right = said == true if said != IGNORE and true != IGNORE else None
        return cls(x, y, looks[0], looks[1], sure, picture.prediction is not None, picture.truth is not None, right, picture.by_hand)


class StatusLine(QFrame):
    """objectName overlayStatus. Painted as a whole: it changes with every move of the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("overlayStatus")
        self.setProperty("kind", "runBar")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.reading: Reading | None = None
        self._file = ""
        self._classes: tuple[ClassLook, ...] = ()
        self._name_width = 0

    def show_classes(self, classes: tuple[ClassLook, ...]) -> None:
        self._classes = classes
        self._measure()

    def show_file(self, folder: str, name: str, width: int, height: int) -> None:
        """width, height: pixels of the picture, 0 where not known."""
        size = f"   {width:,} × {height:,}" if width else ""
        self._file = f"{folder} / {name}{size}" if folder else f"{name}{size}"
        self._tell()

    def show_reading(self, reading: Reading | None) -> None:
        self.reading = reading
        self._tell()

    def text(self) -> str:
        """All that the line says, in words."""
        return " · ".join([*self._words(), self._file] if self._file else self._words())

    def sizeHint(self) -> QSize:
        return QSize(200, theme.px(HEIGHT))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_name_width"):
            self._measure()
            self.updateGeometry()

    def _measure(self) -> None:
        """Room for the longest name."""
        metrics = QFontMetrics(theme.font(9), self)
        longest = max((metrics.horizontalAdvance(one.name) for one in self._classes), default=0)
        self._name_width = min(max(longest, metrics.horizontalAdvance(self.tr("nothing said"))) + 2, theme.px(_LONGEST))
        self.update()

    def _tell(self) -> None:
        self.setAccessibleName(self.text())
        self.setToolTip(self._file)
        self.update()

    def _words(self) -> list[str]:
        at = self.reading
        if at is None:
            return []
        out = [f"x {at.x}  y {at.y}"]
        nothing = self.tr("nothing said")
        if at.has_prediction:
            sure = f" {score(at.sure)}" if at.sure is not None else ""
            words = self.tr("Corrected %1") if at.by_hand else self.tr("Prediction %1")
            out.append(words.replace("%1", at.prediction.name if at.prediction is not None else nothing) + sure)
        if at.has_truth:
            out.append(self.tr("Truth %1").replace("%1", at.truth.name if at.truth is not None else nothing))
        if at.right is not None:
            out.append(self.tr("right") if at.right else self.tr("wrong"))
        return out

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(theme.font(9))
        end = GAP
        for place, titles in ((True, True), (False, True), (False, False)):  # what does not fit is left out, not cut
            pen = _Pen(painter, GAP, self.height(), dry=True)
            self._write(pen, place, titles)
            end = pen.x
            if end <= self.width() - GAP:
                break
        self._write(_Pen(painter, GAP, self.height()), place, titles)
        room = self.width() - GAP - end - 16
        if room > theme.px(60):
            painter.setPen(colour("muted"))
            words = painter.fontMetrics().elidedText(self._file, Qt.TextElideMode.ElideMiddle, room)
            box = QRect(self.width() - GAP - room, 0, room, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _write(self, pen: _Pen, place: bool, titles: bool) -> None:
        at = self.reading
        if at is None:
            return
        if place:
            wide = pen.width("99999" if max(at.x, at.y) > 9999 else "9999")
            pen.word(f"x {at.x}", "muted", pen.width("x ") + wide)
            pen.word(f"y {at.y}", "muted", pen.width("y ") + wide + 8)
        for has, title, look, sure in (
            (at.has_prediction, self.tr("Corrected") if at.by_hand else self.tr("Prediction"), at.prediction, at.sure),
            (at.has_truth, self.tr("Truth"), at.truth, None),
        ):
            if has:
                if titles:
                    pen.word(title, "muted")
                pen.swatch(look)
                begin, sure_width = pen.x, (pen.width("0.00") + 8) if sure is not None else 0
                pen.name(look.name if look is not None else self.tr("nothing said"), self._name_width)
                if sure is not None:
                    pen.word(score(sure), "text")
                pen.x = begin + self._name_width + sure_width + 24  # whatever the name: nothing jumps while the pointer moves
        if at.right is not None:
            pen.mark("check-circle" if at.right else "x-circle", "good" if at.right else "bad")
            pen.word(self.tr("right") if at.right else self.tr("wrong"), "text", pen.width(self.tr("wrong")) + 2)


class _Pen:
    """Writes from left to right. dry: only measures."""

    def __init__(self, painter: QPainter, x: int, height: int, *, dry: bool = False) -> None:
        self.painter, self.x, self.height, self.dry = painter, x, height, dry

    def width(self, text: str) -> int:
        return self.painter.fontMetrics().horizontalAdvance(text)

    def word(self, text: str, role: str, width: int = 0) -> None:
        """width: of the room that it takes, whatever the word."""
        wide = width or self.width(text) + 1
        if not self.dry:
            self.painter.setPen(colour(role))
            self.painter.drawText(QRect(self.x, 0, wide, self.height), Qt.AlignmentFlag.AlignVCenter, text)
        self.x += wide + 8

    def name(self, text: str, most: int) -> None:
        """A word that is cut where it is wider than `most`."""
        self.word(self.painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, most), "text")

    def swatch(self, look: ClassLook | None) -> None:
        side = theme.px(_SWATCH)
        if look is not None and not self.dry:
            box = QRectF(self.x, (self.height - side) / 2, side, side)
            paint_swatch(self.painter, box, look.colour, int(look.hatched))
        self.x += side + 6

    def mark(self, name: str, role: str) -> None:
        side = theme.px(16)
        if not self.dry:
            paint_icon(self.painter, QRect(self.x, (self.height - side) // 2, side, side), name, role)
        self.x += side + 4

"""How far a replay is, as a line that one can drag; its ticks are the ends of epochs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.replay import ReplayedRun
from tlstudio.gui.widgets.parts import colour

_THICK, _KNOB = 4, 7
_APART = 5  # pixels between two ticks, at least
_FINE = 4  # parts of a pixel by which it moves


class ReplayLine(QWidget):
    """objectName replayLine. `sought(share)`: somebody wants to be at that place, 0 to 1. bare: thinner and without a knob."""

    sought = Signal(float)

    def __init__(self, *, bare: bool = False) -> None:
        super().__init__()
        self.setObjectName("replayLine")
        self.setAccessibleName(self.tr("Place in the replay"))
        self.setToolTip(self.tr("Drag to go to another moment of the run. Left and Right: one epoch"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if bare else Qt.FocusPolicy.TabFocus)
        self._bare = bare
        self._share, self._drawn = 0.0, 0
        self._ticks: list[float] = []
        self._of: tuple[object, int] = None, 0

    def follow(self, played: ReplayedRun | None) -> None:
        """Draw where that replay is."""
        share = played.share if played is not None else 0.0
        now = (played.timeline, played.speed) if played is not None else (None, 0)
        if now != self._of:
            self._of, self._ticks = now, []
            if played is not None and played.lasts:
                self._ticks = [played.timeline.time_of(place, played.speed) / played.lasts for place, _ in played.timeline.epochs]
            self.update()
        self._share = share
        if (at := round(share * self.width() * _FINE)) != self._drawn:  # of a long run a step is less than can be seen
            self._drawn = at
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(10 if self._bare else 24))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(60), self.sizeHint().height())

    @property
    def _box(self) -> QRectF:
        side = 0.0 if self._bare else float(theme.px(_KNOB))
        thick = theme.px(_THICK)
        top = self.height() - thick if self._bare else (self.height() - thick) / 2
        return QRectF(side, top, self.width() - 2 * side, thick)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._box
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("line"))
        round_ = 0 if self._bare else 2
        painter.drawRoundedRect(box, round_, round_)
        done = QRectF(box.topLeft(), QPointF(box.left() + box.width() * self._share, box.bottom()))
        painter.setBrush(colour("accent"))
        painter.drawRoundedRect(done, round_, round_)
        if self._ticks and len(self._ticks) * _APART < box.width():
            painter.setPen(QPen(colour("surface" if not self._bare else "window"), 1))
            for tick in self._ticks[:-1]:
                x = round(box.left() + box.width() * tick) + 0.5
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        if not self._bare:
            knob = float(theme.px(_KNOB))
            painter.setBrush(colour("accent"))
            painter.setPen(QPen(colour("text"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(done.right(), box.center().y()), knob, knob)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def _seek(self, event: QMouseEvent) -> None:
        box = self._box
        self.sought.emit(min(max(0.0, (event.position().x() - box.left()) / max(1.0, box.width())), 1.0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the bar around it knows the keys

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.updateGeometry()
            self.update()

"""The band above a run's plots: which layers learn in which epochs, on the same x axis."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from tlstudio.events import StageStarted
from tlstudio.gui import theme
from tlstudio.gui.history import head_alone
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.rate_lane import rate_text

HEIGHT = 20
_BETWEEN = 2  # pixels between two stages
_DEEPEST = 3  # stages behind the head's from which on the tone grows no stronger


class StageBand(QWidget):
    """left, right: what the plot below it leaves free on both sides, in pixels at text scale 1."""

    def __init__(self, left: int, right: int) -> None:
        super().__init__()
        self._left, self._right = left, right
        self._stages: list[StageStarted] = []
        self._begun = 0
        self._epochs = 1
        self._fit()

    def show_stages(self, stages: Sequence[StageStarted], epochs: int, begun: int | None = None) -> None:
        """Show stages (1-based epochs, both ends included) on an axis of that many epochs; those after the first `begun` are planned."""
        now = (list(stages), max(1, epochs), len(stages) if begun is None else begun)
        if now != (self._stages, self._epochs, self._begun):
            self._stages, self._epochs, self._begun = now
            said = [self.sentence(at) for at in range(len(self._stages))]
            self.setAccessibleName(". ".join(said))
            self.setToolTip("\n".join(said))
            self.update()

    def sentence(self, at: int) -> str:
        """All that is known of the stage at that place."""
        stage = self._stages[at]
        first, last = str(stage.first_epoch), str(stage.last_epoch)
        text = self.tr("Epochs %1 to %2, learning: %3") if first != last else self.tr("Epoch %1, learning: %3")
        text = text.replace("%1", first).replace("%2", last).replace("%3", stage.learns)
        rates = []
        if stage.lr is not None:
            rates.append(self.tr("head's rate %1").replace("%1", rate_text(stage.lr)))
        if stage.backbone_lr is not None and not head_alone(stage):
            rates.append(self.tr("backbone's rate %1").replace("%1", rate_text(stage.backbone_lr)))
        return ", ".join([text, *rates]) + (self.tr(" (planned)") if at >= self._begun else "")

    def boxes(self) -> list[QRectF]:
        """Where each stage stands, in pixels."""
        left = theme.px(self._left)
        width = self.width() - left - theme.px(self._right)
        out = []
        for at, stage in enumerate(self._stages):
            first, last = stage.first_epoch - 1, min(stage.last_epoch, self._epochs)
            wide = width * (last - first) / self._epochs - (_BETWEEN if at + 1 < len(self._stages) else 0)
            out.append(QRectF(left + width * first / self._epochs, 0, max(1.0, wide), self.height()))
        return out

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        deep = 0
        for at, (stage, box) in enumerate(zip(self._stages, self.boxes(), strict=True)):
            alone = head_alone(stage)
            deep += not alone
            paint_stage(painter, box, stage.learns, 0 if alone else deep, planned=at >= self._begun > 0)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            under = next((at for at, box in enumerate(self.boxes()) if box.contains(event.pos())), None)
            QToolTip.showText(event.globalPos(), self.toolTip() if under is None else self.sentence(under), self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()


def brief(word: str) -> str:
    """What a stage learns in fewer letters: last 2 blocks, 2 blocks; everything, all."""
    return {"everything": "all", "own choice": "own"}.get(word, word.removeprefix("last "))


def paint_stage(painter: QPainter, box: QRectF, word: str, deep: int, *, planned: bool = False) -> None:
    """One stage as a bar with its word, where that fits. deep: 0 for the head alone, else the how manieth stage after it."""
    tone = QColor(colour("trainable" if deep else "frozen"))
    tone.setAlpha(0 if planned else 40 + 22 * (min(deep, _DEEPEST) - 1) if deep else 44)
    edge = QColor(tone)
    edge.setAlpha(120)
    painter.setPen(QPen(edge, 1, Qt.PenStyle.DashLine) if planned else Qt.PenStyle.NoPen)
    painter.setBrush(tone)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5) if planned else box, 3, 3)
    metrics = painter.fontMetrics()
    inside = box.adjusted(8, 0, -4, 0) if box.width() > 40 else box.adjusted(3, 0, -1, 0)
    fits = (part for part in (word, brief(word)) if metrics.horizontalAdvance(part) <= inside.width())
    cut = next(fits, "") or metrics.elidedText(brief(word), Qt.TextElideMode.ElideRight, round(inside.width()))
    if len(cut) > 2 or cut == word:
        painter.setPen(colour("muted" if planned else "text"))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)

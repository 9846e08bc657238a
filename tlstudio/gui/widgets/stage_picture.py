"""The stages that a recipe plans, as bands on a small axis of epochs, with the rates that each begins with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.stage_plan import Planned
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.rate_lane import rate_text
from tlstudio.gui.widgets.stage_band import paint_stage

_LEFT = 60  # room for the words of the lines
_BAND, _LINE = 20, 16
_LEAST = 5  # pixels of a stage, however short


class StagePicture(QWidget):
    """objectName stagePicture. What does not fit into its stage stands in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stagePicture")
        self._stages: list[Planned] = []
        self._fit()

    def show_plan(self, stages: Sequence[Planned]) -> None:
        if list(stages) == self._stages:
            return
        self._stages = list(stages)
        said = [self._sentence(stage) for stage in self._stages]
        self.setToolTip("\n".join(said))
        self.setAccessibleName(self.tr("Stages: %1").replace("%1", ". ".join(said)))
        self.update()

    def _sentence(self, stage: Planned) -> str:
        if stage.epochs == 1:
            text = self.tr("Epoch %1: %2").replace("%1", str(stage.first))
        else:
            text = self.tr("Epochs %1 to %3: %2").replace("%1", str(stage.first)).replace("%3", str(stage.last))
        text = text.replace("%2", stage.learns) + self.tr(", head's rate %1").replace("%1", rate_text(stage.lr))
        if stage.backbone_lr is not None:
            text += self.tr(", backbone's rate %1").replace("%1", rate_text(stage.backbone_lr))
        return text

    def boxes(self) -> list[QRectF]:
        """The bands, in pixels: as long as their epochs, but none too short to be seen."""
        left, between = theme.px(_LEFT), 2
        width = self.width() - left - between * (len(self._stages) - 1)
        total = sum(stage.epochs for stage in self._stages)
        wides = [max(float(_LEAST), width * stage.epochs / total) for stage in self._stages]
        scale = width / sum(wides) if wides else 1.0
        out, x = [], float(left)
        for wide in wides:
            out.append(QRectF(x, 0, wide * scale, theme.px(_BAND)))
            x += wide * scale + between
        return out

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        line = theme.px(_LINE)
        tops = [theme.px(_BAND) + 2 + i * line for i in range(3)]
        painter.setPen(colour("muted"))
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        words = (self.tr("epochs"), self.tr("head"), self.tr("backbone"))
        for top, word in zip(tops, words, strict=True):
            painter.drawText(QRectF(0, top, theme.px(_LEFT) - 4, line), side, word)
        deep = 0
        for stage, box in zip(self._stages, self.boxes(), strict=True):
            deep += stage.deep != 0
            paint_stage(painter, box, stage.learns, deep if stage.deep else 0)
            rests = stage.backbone_lr is None
            cells = (f"{stage.epochs:,}", rate_text(stage.lr), "–" if rests else rate_text(stage.backbone_lr or 0.0))
            for i, (top, cell) in enumerate(zip(tops, cells, strict=True)):
                if painter.fontMetrics().horizontalAdvance(cell) <= box.width() - 2:
                    painter.setPen(colour("muted" if i == 2 and rests else "text"))
                    inset = 8 if box.width() > 40 else 3
                    painter.drawText(QRectF(box.left() + inset, top, box.width(), line), side, cell)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(_BAND + 3 * _LINE) + 2)
        self.update()

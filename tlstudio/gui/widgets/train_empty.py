"""The train page before there is anything to train on: what is there already, what is needed, and the button that brings it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QWidget

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, IconLabel, card, colour, column, hairline, label, row
from tlstudio.recipe import Recipe


class _Ghost(QWidget):
    """The quiet picture: the curves that will stand here."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(240, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("line"), 1.5))
        painter.drawLine(QPointF(0, 95), QPointF(240, 95))
        tone = QColor(colour("muted"))
        tone.setAlpha(130)
        for dashed, rate, low in ((False, 0.035, 78), (True, 0.045, 64)):
            pen = QPen(tone, 2)
            if dashed:
                pen.setDashPattern([4, 3])
            painter.setPen(pen)
            curve = [QPointF(x, low - (low - 6) * math.exp(-rate * x) * math.cos(x / 90)) for x in range(0, 241, 3)]
            painter.drawPolyline(QPolygonF(curve))
        painter.end()


class TrainEmpty(QWidget):
    """open_folder: asks for a folder."""

    def __init__(self, session: Session, open_folder: Callable[[], Any]) -> None:
        super().__init__()
        self.session = session
        centre = Qt.AlignmentFlag.AlignHCenter
        self._title, self._text = label("", "title", wrap=True, align=centre), label("", "muted", wrap=True, align=centre)
        self._images, self._images_mark = label("", "small", wrap=True), IconLabel("circle-dashed", "muted", 20)
        self._model, self._settings = label("", "small"), label("", "small")
        needs = card(
            column(
                self._need("image", self.tr("Images"), self._images, self._images_mark), 12, hairline(), 12,
                self._need("tree-structure", self.tr("Model"), self._model, IconLabel("check-circle", "good", 20)), 12, hairline(), 12,
                self._need("sliders", self.tr("Settings"), self._settings, IconLabel("check-circle", "good", 20)), spacing=0,
            )
        )  # fmt: skip
        needs.setMinimumWidth(theme.px(400))
        needs.setMaximumWidth(theme.px(480))
        tip = self.tr("A folder with one sub-folder a class")
        self.open = Button(self.tr("Open a folder…"), "primary", "folder-open", tip=tip, on=open_folder)
        tip = self.tr("200 generated leaves of 5 species, drawn by this program")
        self.sample = Button(self.tr("Take the leaves sample"), tip=tip, on=session.open_sample)
        self.setLayout(
            column(
                None, row(None, _Ghost(), None), 24, self._title, 8, self._text, 24, row(None, needs, None), 24,
                row(None, self.open, self.sample, None), None, None, spacing=0, margins=(MARGIN, GAP, MARGIN, GAP),
            )
        )  # fmt: skip
        session.data_changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def _need(self, icon_name: str, title: str, text: QLabel, mark: IconLabel) -> QWidget:
        out = QWidget()
        out.setLayout(row(IconLabel(icon_name, "muted", 24), 8, (column(label(title, "section"), text, spacing=2), 1), mark))
        return out

    def refresh(self) -> None:
        data, recipe = self.session.data, self.session.recipe
        busy, failed = data.state == "busy", data.state == "failed"
        self._title.setText(self.tr("The images are being read") if busy else self.tr("Training needs images"))
        if failed and data.error is not None:
            self._text.setText(str(data.error))
        elif busy:
            self._text.setText(self.tr("Training can start as soon as every file has been looked at."))
        else:
            self._text.setText(self.tr("A model is chosen already. Open a folder with one sub-folder a class, then press Start."))
        self._images.setText(self._progress() if busy else self.tr("could not be used") if failed else self.tr("none yet"))
        self._images_mark.show_icon(*(("warning", "bad") if failed else ("circle-dashed", "accent" if busy else "muted")))
        try:
            entry = entry_of(recipe)
            built_in = entry.weights_state() == "bundled"
            self._model.setText(self.tr("%1, built in").replace("%1", entry.title) if built_in else entry.title)
        except InputError:
            self._model.setText(recipe.model.name)
        plain = Recipe(data=recipe.data, model=recipe.model, name=recipe.name) == recipe
        self._settings.setText(self.tr("every default is set") if plain else self.tr("as you set them"))
        self.open.setEnabled(not busy)
        self.sample.setEnabled(not busy)

    def _progress(self) -> str:
        progress = self.session.data.progress
        if progress is None or not progress.total:
            return self.tr("beginning")
        return self.tr("%1 of %2").replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")

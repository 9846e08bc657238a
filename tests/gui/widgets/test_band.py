"""Of a long run only the end is painted anew, and what stands on the screen then is what a plot painted as a whole would be."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.events import EpochEnded
from tlstudio.gui.history import RunHistory
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.band import Band
from tlstudio.gui.widgets.curves import RunCurves
from tlstudio.gui.widgets.line_ends import Frame

FRAME = Frame(QRectF(40, 10, 200, 100), (0, 10), (0, 2))


def test_a_band_says_what_of_it_is_another() -> None:
    band = Band(QColor("red"))
    x, y = np.repeat(np.arange(5.0), 2), np.tile([0.5, 1.5], 5)
    assert band.show(x[:2], y[:2], 0, FRAME) == QRect()  # too little for an area
    assert band.path().isEmpty()
    assert band.show(x, y, 0, FRAME) == QRect(38, 9, 84, 102)
    assert band.path().boundingRect() == QRectF(0, 0.5, 4, 1)
    assert band.show(x, y, 0, FRAME) == QRect()
    y[-1] = 1.9
    assert band.show(x, y, 0, FRAME) == QRect(98, 9, 24, 102)  # the last column, and the edges that lead to it
    more = band.show(np.r_[x, 5.0, 5.0], np.r_[y, 1.0, math.nan], 0, FRAME)
    assert more == QRect(118, 9, 24, 102)
    assert band.show(np.r_[x, 5.0, 5.0], np.r_[y, 1.0, math.nan], 0, FRAME) == QRect()  # NaN is NaN
    assert band.show(x, y, 2, FRAME) == QRect(38, 9, 104, 102)  # all of it is thicker
    assert band.path().boundingRect().height() == pytest.approx(1.4 + 2 * 0.02)
    assert band.show(x[:0], y[:0], 2, FRAME) == QRect(38, 9, 84, 102)
    assert band.path().isEmpty()


class _Watched(RunCurves):
    """Knows how much of it was painted, as a share, each time."""

    def __init__(self) -> None:
        self.painted: list[float] = []
        super().__init__("plot", "loss", "", lambda text: None)

    def paintEvent(self, event: QPaintEvent) -> None:
        points = [QPoint(x, y) for x in range(5, self.width(), 10) for y in range(5, self.height(), 10)]
        self.painted.append(sum(event.region().contains(point) for point in points) / len(points))
        super().paintEvent(event)


@pytest.fixture
def plot(session: Session, qtbot: QtBot) -> _Watched:
    made = _Watched()
    qtbot.addWidget(made)
    made.resize(420, 240)
    made.show()
    qtbot.waitExposed(made)
    qtbot.wait(20)
    return made


def _run_on(history: RunHistory, to: int) -> None:
    """Ten thousand steps an epoch, noisy, a little better with each."""
    first = len(history.x)
    at = np.arange(first, to)
    history.x.extend(at / 10_000)
    history.loss.extend(1 / (1 + at / 20_000) + 0.1 * np.sin(at * 12.9898))
    if to // 10_000 > len(history.epochs):
        n = len(history.epochs) + 1
        history.add(
            EpochEnded(
                epoch=n, stage="all", train_loss=1 / n, train_accuracy=0.5, val_loss=1.1 / n, val_accuracy=0.5, correct=5, n=10, lr=0.1,
                backbone_lr=0.1, seconds=1.0, images_per_second=10.0, best=True,
            )
        )  # fmt: skip


def _pixels(picture: QPixmap) -> NDArray[np.int16]:
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return values[:, : image.width(), :3].astype(np.int16)


def _painted(plot: RunCurves) -> None:
    """Wait until what is on the screen is up to date."""
    for _ in range(3):
        QApplication.processEvents()
    assert not plot._renew.isActive()


def _unlike(plot: RunCurves) -> int:
    """How many pixels of the screen are others than where the plot is painted whole."""
    seen, whole = _pixels(plot.screen().grabWindow(plot.winId())), _pixels(plot.grab())
    assert seen.shape == whole.shape
    return int((np.abs(seen - whole).max(axis=2) > 24).sum())


def test_the_screen_shows_the_plot_as_it_is_painted_whole(plot: _Watched) -> None:
    history, parts = RunHistory(), 0
    for to in (20_000, 20_010, 20_900, 21_000, 29_990, 30_000, 30_010, 55_000, 55_020, 55_040):
        _run_on(history, to)
        plot.draw(history, 10)
        plot.painted.clear()
        _painted(plot)
        parts += 0 < sum(plot.painted) < 0.4
        assert _unlike(plot) < 20, to
    assert parts >= 4, "where only some steps came it is painted in part"
    history.x, history.loss = array("d", history.x[:25_000]), array("d", history.loss[:25_000])  # it went back
    plot.draw(history, 10)
    _painted(plot)
    assert _unlike(plot) < 20
    plot.resize(520, 300)
    _run_on(history, 25_500)
    plot.draw(history, 10)
    _painted(plot)
    assert _unlike(plot) < 20

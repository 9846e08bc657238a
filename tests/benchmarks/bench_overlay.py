"""How fast the overlay canvas is, in milliseconds of process time (so that a busy machine does not count), medians of 21.

python tests/benchmarks/bench_overlay.py
A 12-megapixel picture with 21 classes on a canvas of 1096 x 672, frames of a 720p video, and pictures of 100 megapixels; painted without
a screen.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import ClassLook, Look, Picture
from tlstudio.gui.overlay.stage import Stage

N = 21


def picture(width: int, height: int, seed: int = 0) -> Picture:
    """A photo of coarse and fine grain, a truth of 21 classes with winding borders, and a prediction that lies beside it by a little."""
    random = np.random.default_rng(seed)
    y, x = (np.arange(n, dtype=np.float32) / 500 for n in (height, width))
    bend_x = np.sin(3 * x)[None] * 0.4 + np.sin(2.3 * y)[:, None] * 0.5
    truth = np.zeros((height, width), np.uint8)
    for first in range(0, height, 512):  # in bands, to save memory
        band = slice(first, min(first + 512, height))
        cell_x = np.floor(x[None] * 2 + bend_x[band] + 0.05 * np.sin(40 * y[band, None])).astype(np.int64)
        cell_y = np.floor(y[band, None] * 2 + bend_x[band] + 0.05 * np.sin(37 * x[None])).astype(np.int64)
        truth[band] = (cell_x * 7 + cell_y * 13) % N
    prediction = np.roll(truth, (9, 14), (0, 1))
    rough = random.integers(0, 2**24, (-(-height // 8), -(-width // 8)), dtype=np.uint32).repeat(8, 0).repeat(8, 1)[:height, :width]
    rough = np.ascontiguousarray(rough | 0xFF000000)
    image = QImage(rough.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
    confidence = (truth * 12).astype(np.uint8)
    return Picture("", image, prediction, truth, confidence, 255 - confidence)


def look() -> Look:
    colours = theme.current().classes
    return Look(tuple(ClassLook(f"class {i}", QColor(colours[i % 7]), i >= 7) for i in range(N)))


def timed(change: Callable[[int], object], paint: Callable[[], object], times: int = 21) -> list[float]:
    said = []
    partial.count = 0
    for i in range(times):
        start = time.process_time()
        change(i)
        paint()
        said.append(1000 * (time.process_time() - start))
    return said


def tell(what: str, said: list[float], limit: float | None = None) -> None:
    middle, worst = statistics.median(said), max(said)
    bound = "" if limit is None else f"  (at most {limit:g})"
    more = f"  {partial.count} of {len(said)} frames left something to the next" if partial.count else ""
    partial.count = 0
    print(f"{what:<62} {middle:8.2f}  worst {worst:8.2f}{bound}{more}", flush=True)


class Partial:
    """Counts the frames in which something of the picture still was from before."""

    def __init__(self) -> None:
        self.count, paint = 0, Stage.paint

        def counted(*given: Any, **named: Any) -> bool:
            whole = paint(*given, **named)
            self.count += not whole
            return whole

        Stage.paint = counted  # type: ignore[method-assign]


partial = Partial()


class Bench:
    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.canvas = OverlayCanvas()
        self.canvas.resize(1096, 672)
        self.canvas.show()
        self.app.processEvents()
        self.target = QImage(1096, 672, QImage.Format.Format_RGB32)

    def paint(self) -> None:
        """As a screen asks for it, with all that the desktop does besides."""
        self.canvas.repaint()

    def paint_dirty(self) -> None:
        """Only what has to be: the rectangle of a stroke."""
        QCoreApplication.sendPostedEvents(self.canvas, QEvent.Type.UpdateRequest)

    def render(self) -> None:
        """The painting alone."""
        self.canvas.render(self.target, QPoint(), QRegion(), QWidget.RenderFlag(0))

    def settle(self) -> None:
        """Until all that is made ahead of need is made."""
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.005)

    def measure_reference(self) -> None:
        """What such a layer costs at the least: one image of the canvas's size drawn on another with an opacity."""
        layer = QImage(1096, 672, QImage.Format.Format_ARGB32_Premultiplied)
        layer.fill(QColor(230, 159, 0, 200))

        def draw() -> None:
            painter = QPainter(self.target)
            painter.setOpacity(0.5)
            painter.drawImage(0, 0, layer)
            painter.end()

        tell("to compare: one layer drawn with an opacity, nothing else", timed(lambda i: None, draw, 60))

    def twelve(self) -> None:
        shown, canvas = picture(4000, 3000), self.canvas
        self.measure_reference()
        again = itertools.cycle([shown, replace(shown)])
        tell("set_picture, 12 MP, in the window's thread", timed(lambda i: canvas.set_picture(next(again)), lambda: None), 30)
        shown.pyramid.build()
        plain = look()
        canvas.set_look(plain)
        for name, view in (
            ("fit", canvas.fit),
            ("100 %", canvas.one_to_one),
            ("230 %", lambda: canvas.zoom_to(2.3)),
            ("800 %", lambda: canvas.zoom_to(8)),
        ):
            fresh = timed(lambda i: (canvas.set_picture(shown, True), canvas.set_look(plain), view()), self.paint, 5)  # noqa: B023
            tell(f"{name}: first paint, nothing made yet", fresh)
            self.settle()
            tell(f"{name}: paint, nothing changed", timed(lambda i: None, self.render))
            tell(f"{name}: opacity", timed(lambda i: canvas.set_look(replace(canvas.look, opacity=(0.6, 0.7, 0.8)[i % 3])), self.render), 2)
            tell(
                f"{name}: one class hidden or shown",
                timed(lambda i: canvas.set_look(plain.with_class(i % 2, visible=i % 4 > 1)), self.paint),
                16,
            )
            tell(f"{name}: colours of all classes", timed(lambda i: canvas.set_look(shifted(plain, i)), self.paint), 16)
            canvas.set_look(plain)
            self.settle()

            def cold(i: int) -> None:
                canvas.set_picture(shown, True)
                canvas.set_look(plain)
                view()  # noqa: B023
                self.paint()
                start = time.process_time()
                canvas.set_look(replace(plain, mode="truth"))
                self.paint()
                first.append(1000 * (time.process_time() - start))  # noqa: B023

            first: list[float] = []
            timed(cold, lambda: None, 5)
            tell(f"{name}: to mode truth before it was made ahead", first, 16)
            self.settle()
            for mode in ("truth", "difference", "contour", "swipe", "confidence", "image", "prediction"):
                tell(f"{name}: to mode {mode}", timed(lambda i: canvas.set_look(replace(plain, mode=mode)), self.paint, 1), 16)  # noqa: B023
        self.brush(shown)
        canvas.fit()
        self.paint()
        tell("zoom by the wheel, a frame", timed(lambda i: canvas.zoom_by(1.07), self.paint, 40), 33)

    def brush(self, shown: Picture) -> None:
        assert shown.prediction is not None
        canvas = self.canvas
        for zoom in (0.25, 1.0, 2.3, 8.0):
            canvas.zoom_to(zoom)
            canvas.centre_on(2000, 1500)
            self.paint()
            self.settle()
            side = max(1, round(24 / zoom))

            def stroke(i: int) -> None:
                x, y = 2000 + i * side // 2, 1500 + i * side // 3  # noqa: B023
                shown.prediction[y : y + side, x : x + side] = 3  # type: ignore[index]  # noqa: B023
                canvas.labels_changed(QRect(x, y, side, side))  # noqa: B023

            tell(f"brush at {zoom:.0%}, a frame", timed(stroke, self.paint_dirty), 16)
            tell(f"brush at {zoom:.0%}, all of the canvas painted", timed(stroke, self.paint), 16)

    def video(self) -> None:
        """Frames that run: set and painted, without the decoding, which is another process's."""
        canvas, whole = self.canvas, picture(1280, 720)
        assert whole.prediction is not None
        frames = [replace(whole, prediction=np.roll(whole.prediction, 5 * i, 1), truth=None) for i in range(4)]
        for one in frames:
            one.pyramid.build()
        canvas.set_look(look())
        for name, view in (("fit", canvas.fit), ("230 %", lambda: canvas.zoom_to(2.3))):
            canvas.set_picture(frames[0])
            view()
            self.paint()
            said = timed(lambda i: canvas.set_picture(frames[i % 4], True, passing=True), self.paint)
            tell(f"{name}: a frame of a 720p video that runs", said, 33)
            said = timed(lambda i: canvas.set_picture(frames[i % 4], True), self.paint)
            tell(f"{name}: a frame of a 720p video that stands", said)

    def hundred(self) -> None:
        canvas = self.canvas
        shown = picture(12000, 8400)
        start = time.process_time()
        shown.pyramid.build()
        print(f"smaller sizes of 100 MP, in a thread: {1000 * (time.process_time() - start):.0f}")
        tell("set_picture, 100 MP", timed(lambda i: canvas.set_picture(shown), lambda: None), 30)
        canvas.set_look(look())
        for zoom in (0.1, 0.3, 1.0, 2.3, 6.0):
            canvas.zoom_to(zoom)
            canvas.centre_on(5000, 4000)
            self.paint()
            self.settle()

            def pan(i: int, step: float = 1 / zoom) -> None:
                canvas.centre_on(5000 + 40 * i * step, 4000 + 12 * i * step)

            # paints, and makes ahead what comes into view
            tell(f"pan 100 MP at {zoom:.0%}, 40 px a frame, all told", timed(pan, self.app.processEvents, 60), 33)


def shifted(plain: Look, by: int) -> Look:
    colours = [one.colour for one in plain.classes]
    return replace(plain, classes=tuple(replace(one, colour=colours[(i + by) % 7]) for i, one in enumerate(plain.classes)))


if __name__ == "__main__":
    app = QApplication([])
    theme.apply(app, theme.DARK)
    bench = Bench(app)
    bench.twelve()
    bench.video()
    bench.hundred()

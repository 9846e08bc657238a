"""The demonstration: the app on the generated sample, driven through its own buttons, as a newcomer would."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlstudio.errors import StudioError
from tlstudio.runs import absolute

LIMIT = 1800.0  # seconds after which something must have gone wrong


def run(task: str = "classification") -> int:
    """Open the sample of a task, press Start, wait for the end.

    With a display the window stays open. Without one it is drawn offscreen, every page is saved to RUN/screenshots/PAGE.png, and
    the run folder and its accuracy, or its mean IoU, are printed. The exit status.
    """
    display = has_display()
    if not display:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from tlstudio.gui.app import build, take_apart
    from tlstudio.gui.main_window import MainWindow

    app, window = build(["--demo"])
    assert isinstance(window, MainWindow)
    demo = Demo(window, task)
    if display:
        window.painted.connect(demo.play)
        status = app.exec()
        take_apart(window)
        return status
    try:
        demo.play()
        folder = demo.save_pages()
        summary = window.session.live.summary
    finally:
        if window.session.live.active:  # something went wrong: closing would only ask
            window.session.close()
        window.close()
    proof = summary["frozen_proof"]
    out = sys.stdout.write
    out(f"run: {summary['run']}\n")
    out(f"screenshots: {folder}\n")
    out(f"frozen: {proof['tensors']} tensors, {'bit-identical before and after' if proof['ok'] else 'CHANGED'}\n")
    out(f"{_figures(summary)}, {summary['metrics']['val_n']} generated images, {summary['seconds']:.0f} s)\n")
    return 0


def _figures(summary: dict[str, Any]) -> str:
    """What came out, up to the number of images."""
    metrics = summary["metrics"]
    if metrics.get("val_mean_iou") is not None:
        return f"validation mean IoU: {metrics['val_mean_iou']:.3f} ({metrics['val_pixel_accuracy']:.3f} of the pixels right"
    low, high = metrics["val_accuracy_interval"]
    return f"validation accuracy: {metrics['val_accuracy']:.3f} (95 % interval {low:.2f} to {high:.2f}"


def has_display() -> bool:
    """Whether a window could be shown."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class Demo:
    """Presses the buttons that a person would press, and waits as they would."""

    def __init__(self, window: object, task: str = "classification") -> None:
        from tlstudio.gui.main_window import MainWindow

        assert isinstance(window, MainWindow)
        self.window, self.session, self._task = window, window.session, task

    def open_sample(self) -> None:
        """Press the sample's button and wait until its images are there."""
        self.press("trySegmentationSample" if self._task == "segmentation" else "tryClassificationSample")
        self._wait(lambda: self.session.data.state in ("ready", "failed"), "the sample")
        if self.session.data.error is not None:
            raise self.session.data.error

    def play(self) -> None:
        """From the sample's button to the results."""
        self.open_sample()
        self.session.asked_for.emit("train")
        self.press("startButton")
        self._wait(lambda: self.session.live.state in ("done", "stopped", "failed"), "the run")
        if self.session.live.error is not None:
            raise self.session.live.error
        self.session.asked_for.emit("results")

    def save_pages(self) -> Path:
        """Visit every page and save what it shows, once it shows it."""
        folder = absolute(self.session.live.run) / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        for key, page in self.window.pages.items():
            self.session.asked_for.emit(key)
            self._wait(lambda page=page: not page.busy, f"the page {key}")  # type: ignore[misc]
            self._settle(0.4)
            self.window.grab().save(str(folder / f"{key}.png"))
        return folder

    def press(self, name: str) -> None:
        from PySide6.QtWidgets import QPushButton

        def ready() -> bool:
            button = self.window.findChild(QPushButton, name)
            return button is not None and button.isEnabled()

        self._wait(ready, f"the button {name}")
        button = self.window.findChild(QPushButton, name)
        assert button is not None
        button.click()

    def _wait(self, until: Callable[[], bool], what: str) -> None:
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + LIMIT
        while not until():
            if time.monotonic() > end:
                raise StudioError(f"The demonstration waited too long for {what}", "", "Run 'tlstudio doctor'")
            QApplication.processEvents()
            time.sleep(0.005)

    def _settle(self, seconds: float) -> None:
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

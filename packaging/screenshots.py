"""Draw the pictures of the README: the app itself, on the generated sample, light and dark.

python packaging/screenshots.py [FOLDER]        (default: packaging/screenshots)

Every page as it looks when whole pictures are classified, and those that look otherwise with masks as masks_PAGE (the overlay as overlay).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))

OF_MASKS = {"data": "masks_data", "train": "masks_train", "results": "masks_results", "overlay": "overlay"}


def draw(folder: Path, task: str) -> None:
    """The pages of one task."""
    from PySide6.QtWidgets import QApplication

    from tlstudio.gui import theme
    from tlstudio.gui.app import build
    from tlstudio.gui.demo import Demo
    from tlstudio.gui.main_window import SIZE, MainWindow

    app, window = build(["--demo"])
    assert isinstance(app, QApplication)
    assert isinstance(window, MainWindow)
    window.resize(*SIZE)  # not as the window of the task before was left on a screen that there is not
    try:
        demo = Demo(window, task)
        demo.play()
        for tone in (theme.LIGHT, theme.DARK):
            theme.apply(app, tone)
            for picture in demo.save_pages().glob("*.png"):
                name = OF_MASKS.get(picture.stem) if task == "segmentation" else picture.stem if picture.stem != "overlay" else None
                if name:
                    shutil.copy(picture, folder / f"{name}_{tone.name}.png")
                    print(folder / f"{name}_{tone.name}.png")
    finally:
        window.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for task in ("classification", "segmentation"):  # a window, and so a process, each
        subprocess.run([sys.executable, __file__, "--task", task, str(folder)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        draw(Path(sys.argv[3]), sys.argv[2])
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "screenshots")

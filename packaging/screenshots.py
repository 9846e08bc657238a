"""Draw the pictures of the README: the app itself, on the generated sample, light and dark.

python packaging/screenshots.py [FOLDER]        (default: packaging/screenshots)
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("TLSTUDIO_HOME", tempfile.mkdtemp(prefix="tlstudio-"))


def main(folder: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from tlstudio.gui import theme
    from tlstudio.gui.app import build
    from tlstudio.gui.demo import Demo
    from tlstudio.gui.main_window import MainWindow

    app, window = build(["--demo"])
    assert isinstance(app, QApplication)
    assert isinstance(window, MainWindow)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        demo = Demo(window)
        demo.play()
        for tone in (theme.LIGHT, theme.DARK):
            theme.apply(app, tone)
            for picture in demo.save_pages().glob("*.png"):
                shutil.copy(picture, folder / f"{picture.stem}_{tone.name}.png")
                print(folder / f"{picture.stem}_{tone.name}.png")
    finally:
        window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "screenshots")

"""The app: build the window without entering the event loop, or run it."""

from __future__ import annotations

import sys
import traceback
import weakref
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMainWindow
from shiboken6 import delete, isValid

from tlstudio import __version__, places
from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.main_window import MainWindow
from tlstudio.gui.session import Session


def build(argv: Sequence[str] = ()) -> tuple[QApplication, QMainWindow]:
    """The application and its window, shown. Engines start after the first paint; `window.close()` ends them."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["tlstudio", *argv])
    app.setApplicationName("tlstudio")
    app.setApplicationDisplayName("Transfer Learning Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("io.github.tlstudio.TransferLearningStudio")
    app.setWindowIcon(QIcon(str(places.resources() / "icons" / "tlstudio.svg")))
    session = Session()
    wanted = str(session.settings.value("look/theme", "system"))
    text = session.settings.value("look/text", 1.0, type=float)
    tone = {"light": theme.LIGHT, "dark": theme.DARK}.get(wanted) or theme.system_theme()
    theme.apply(app, tone, text if isinstance(text, float) else 1.0)
    window = MainWindow(session)
    session.setParent(window)
    window.painted.connect(session.begin)
    _tell_of_exceptions(window)
    window.show()
    return app, window


def main(argv: Sequence[str] = ()) -> int:
    """Run the app until its window closes; the exit status. argv: a folder, archive or CSV file to open, or --sample and its task, or
    --replay, the folder of a run and the speed; before them --present for a presentation.
    """
    app, window = build(argv)
    assert isinstance(window, MainWindow)
    words = [word for word in argv if word != "--present"]
    if words[:1] == ["--sample"]:
        window.painted.connect(lambda: window.session.open_sample(*words[1:2]))
    elif words[:1] == ["--replay"]:
        window.painted.connect(lambda: window.session.replay(words[1], int(words[2])))
    elif words:
        window.painted.connect(lambda: window.session.open_data(words[0]))
    if len(words) < len(argv):
        window.painted.connect(lambda: _present(window))
    status = app.exec()
    take_apart(window)
    return status


def take_apart(window: MainWindow) -> None:
    """The window was closed: delete it, and its session with it, while Qt and Python both still stand. Left to the end of the program,
    objects would be deleted in whatever order they are found."""
    window.session.close()  # a thread that still ran would end the program on the spot; where none does, this is nothing
    delete(window)
    for part in QApplication.topLevelWidgets():  # of a page that was still being built: it has no place in the window yet
        if isValid(part) and type(part).__module__.startswith("tlstudio."):
            delete(part)


def _present(window: MainWindow) -> None:
    window.session.asked_for.emit("train")
    window.present()


def _tell_of_exceptions(window: MainWindow) -> None:
    """An exception in a slot does not end the event loop: say it in the window and on stderr, and go on."""
    there = weakref.ref(window)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        window = there()
        if window is None or not isValid(window):
            return
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        window.say(
            StudioError(
                "Something unforeseen happened in the window",
                f"{kind.__name__}: {error}",
                "Your runs are safe on disk. Copy the details into a report, please",
                details=text,
            )
        )

    sys.excepthook = hook

"""`tlstudio` and `python -m tlstudio`."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell, or a program without a console (Windows)
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    if isinstance(sys.stdout, io.TextIOWrapper):  # a class may have a name that the terminal's or the pipe's encoding cannot write
        sys.stdout.reconfigure(errors="backslashreplace")

    from tlstudio.training.rank_environment import leads, several

    if several():
        from tlstudio.engine import environment

        environment.settle()
    if not leads():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides what Ctrl+C means
        from tlstudio.training.follow import follow

        sys.exit(follow())
    if not sys.argv[1:] and (code := _open_window()) is not None:
        sys.exit(code)
    from tlstudio.cli import run

    code = run(sys.argv[1:])
    if several():  # the others wait for more to do
        from tlstudio.training import distributed

        distributed.leave(code)
    sys.exit(code)


def _open_window() -> int | None:
    """Straight to the app, as the commands take a quarter of the second in which it is to be seen. None: it cannot be opened, and
    the command line says why."""
    from tlstudio.gui.demo import has_display

    if not has_display():
        return None
    try:
        from tlstudio.gui.app import main
    except ImportError:
        return None
    return main()


if __name__ == "__main__":
    main()

"""`tlstudio` and `python -m tlstudio`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def main() -> None:
    from tlstudio.cli import run

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell, or a program without a console (Windows)
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    if isinstance(sys.stdout, io.TextIOWrapper):  # a class may have a name that the terminal's or the pipe's encoding cannot write
        sys.stdout.reconfigure(errors="backslashreplace")

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

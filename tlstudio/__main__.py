"""`tlstudio` and `python -m tlstudio`."""

from __future__ import annotations

import io
import sys


def main() -> None:
    from tlstudio.cli import run

    if isinstance(sys.stdout, io.TextIOWrapper):  # a class may have a name that the terminal's or the pipe's encoding cannot write
        sys.stdout.reconfigure(errors="backslashreplace")

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

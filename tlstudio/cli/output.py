"""What commands print: documents and tables to stdout, progress and messages to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = typer.Option("--json", help="Print one JSON document on stdout, everything else on stderr.")


def in_engine(job: str, args: Mapping[str, Any]) -> Any:
    """Run an api job in an engine with its progress on stderr; its document."""
    from tlstudio.cli.progress import shown
    from tlstudio.engine import foreground

    with shown() as tell:
        return foreground.run_job(job, args, tell)


def here(job: str, args: Mapping[str, Any]) -> Any:
    """Run an api job that needs no torch in this process; its document."""
    from tlstudio.engine import foreground

    with redirect_stdout(sys.stderr):
        return foreground.run_here(job, args)


def show(document: Any, as_json: bool, draw: Callable[[Any], None]) -> None:
    """Print the document as JSON, or as `draw` does it for people."""
    if not as_json:
        draw(document)
        return
    from tlstudio.events import dumps

    sys.stdout.write(dumps(document, indent=2) + "\n")


def absolute(path: str | None) -> str | None:
    """A path as jobs take it, who may live in another folder. Commands take paths as text: Path("") is the current folder.

    Raises InputError for an empty one, as a script's unset variable gives it.
    """
    from tlstudio import runs

    return None if path is None else str(runs.absolute(path))


def stdout() -> Console:
    """Where tables are drawn; wide where it is not a terminal that sets the width."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """A plain table. Columns whose name starts with > are set to the right; None is shown as a dash."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, title=title or None, title_justify="left", title_style="bold", header_style="bold")
    for name in columns:
        right = name.startswith(">")
        drawn.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:  # Text, because a class may well be called "[red]"
        drawn.add_row(*(Text("–" if cell is None else str(cell)) for cell in row))
    stdout().print(drawn)


def line(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def count(number: float | None) -> str | None:
    """4652008 as 4.65 M."""
    if number is None:
        return None
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:g}"


def percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f} %"


def size(shape: Sequence[int] | None) -> str | None:
    """A shape (B, C, H, W) as B × C × H × W."""
    return None if shape is None else " × ".join(str(n) for n in shape)

"""`tlstudio cache`: what is kept so that it is not made again, and emptying it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tlstudio.cli import output
from tlstudio.quantities import size

_TITLES = {"pictures": "decoded pictures", "prefix": "outputs of frozen layers"}


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete it all; what a running program uses stays.")] = False,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Say what is kept for the next run. Its size, its limit, where it lies; such a run starts at once."""
    output.show(output.here("forget_kept" if clear else "kept", {}), json, _draw)


def _draw(document: dict[str, Any]) -> None:
    if "freed" in document:
        output.line(f"{size(document['freed'])} freed")
        if document["bytes"]:
            output.line("What is left is in use by a running program, or cannot be deleted")
    output.table(
        ["kept", ">stores", ">size"],
        [(_TITLES.get(row["kind"], row["kind"]), row["stores"], size(row["bytes"])) for row in document["kinds"]],
    )
    output.line(f"{size(document['bytes'])} of at most {size(document['cap'])}, in {document['folder']}")

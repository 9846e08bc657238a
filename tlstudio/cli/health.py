"""`tlstudio doctor`: is everything there?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tlstudio.cli import output

_SIGNS = {"ok": "ok  ", "warn": "!   ", "bad": "BAD "}


def doctor(json: Annotated[bool, output.Json] = False) -> None:
    """Check that everything is there. Names the command that mends what is not; versions, devices, folders."""
    document = output.here("doctor", {})
    output.show(document, json, _draw)
    if not document["ok"]:
        raise typer.Exit(1)


def _draw(document: dict[str, Any]) -> None:
    for check in document["checks"]:
        output.line(f"{_SIGNS[check['state']]}{check['name']}: {check['message']}")
        if check["mend"]:
            output.line(f"      {check['mend']}")
    output.line("\n" + ", ".join(f"{name} {version}" for name, version in document["versions"].items() if version))
    for name, place in document["places"].items():
        output.line(f"{name}: {place}")

"""`tlstudio note` and `tlstudio trash`: what is written to runs, and what was thrown away."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from tlstudio.cli import output


def note(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder or its name.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help='Replace the note; "" takes it away.')] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Add a tag; may be given more than once.")] = None,
    untag: Annotated[list[str] | None, typer.Option("--untag", metavar="TAG", help="Take a tag away.")] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Write a note and tags to a run, or show them."""
    from tlstudio.run_rows import notes
    from tlstudio.runs import Run

    opened = Run.open(run)
    gone = {word.casefold() for word in untag or ()}
    tags = [word for word in [*notes.read(opened)["tags"], *(tag or ())] if word.casefold() not in gone]
    changed = tags if tag or untag else None
    output.show(output.here("note_run", {"run": str(opened.path), "note": note, "tags": changed}), json, _draw_note)


def _draw_note(said: dict[str, Any]) -> None:
    output.line(f"note  {said['note'] or '–'}")
    output.line(f"tags  {', '.join(said['tags']) or '–'}")


def trash(
    empty: Annotated[bool, typer.Option("--empty", help="Delete what is in the trash for good.")] = False,
    restore: Annotated[str | None, typer.Option("--restore", metavar="NAME", help="Take a run out of the trash.")] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """List, restore or empty what was thrown away."""
    from tlstudio.errors import InputError

    if empty and restore is not None:
        raise InputError("--empty and --restore exclude each other", "", "Give one of the two")
    if restore is not None:
        output.show(output.here("restore", {"name": restore}), json, lambda said: output.line(said["run"]))
    elif empty:
        output.show(output.here("empty_trash", {}), json, _draw_emptied)
    else:
        output.show(output.here("trash", {}), json, _draw_trash)


def _draw_emptied(said: dict[str, Any]) -> None:
    runs = f"{said['runs']:,} {'run' if said['runs'] == 1 else 'runs'}"
    studies = f" and {said['studies']:,} {'study' if said['studies'] == 1 else 'studies'}" if said["studies"] else ""
    output.line(f"{runs}{studies} deleted, {output.count(said['bytes'])}B freed")


def _draw_trash(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.line("The trash is empty")
        return
    when = [time.strftime("%Y-%m-%d %H:%M", time.localtime(row["thrown"])) for row in rows]
    output.table(
        ["name", "what", "thrown away", ">size"],
        [(row["name"], row["kind"], at, f"{output.count(row['bytes'])}B") for row, at in zip(rows, when, strict=True)],
    )

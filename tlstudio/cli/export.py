"""`tlstudio export`: results in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tlstudio.cli import output
from tlstudio.exporting import kinds

_SHOWN = 20


def export(
    source: Annotated[
        str, typer.Argument(metavar="RUN|FOLDER", help="Run folder or its name, folder of predicted masks, or images with masks.")
    ],
    form: Annotated[str, typer.Option("--format", metavar="|".join(kinds.JOBS), help="What to write.")],
    out: Annotated[str, typer.Option("--out", metavar="PATH", help="Folder for it.")],
    split: Annotated[str, typer.Option("--split", help="train, val or test.  [default: val of a run, all images of a folder]")] = "",
    truth: Annotated[bool, typer.Option("--truth", help="The true masks, not the predicted ones.")] = False,
    corrected: Annotated[bool, typer.Option("--corrected", help="Predictions as they were corrected by hand, where they were.")] = False,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Write masks for other programs, at the size of the images."""
    from tlstudio.errors import InputError

    if form not in kinds.JOBS:
        raise InputError(f"There is no format '{form}' to export", "", f"Take one of {', '.join(kinds.JOBS)}")
    if truth and corrected:
        raise InputError("The truth and corrected predictions are two things", "", "Take --truth or --corrected")
    which = "truth" if truth else "corrected" if corrected else ""
    args = {"source": _place(source), "format": form, "out": output.absolute(out), "split": split, "which": which}
    output.show(output.in_engine(kinds.JOBS[form], args), json, _draw)


def _place(source: str) -> str:
    """A folder that is there, else the run of that name. Raises InputError."""
    from tlstudio.runs import Run, absolute

    path = absolute(source)
    return str(path) if path.exists() else str(Run.open(source).path)


def _draw(document: dict[str, Any]) -> None:
    n = document["files"]
    output.line(f"{n:,} file{'' if n == 1 else 's'} in {document['folder']}")
    left_out = document["left_out"]
    if left_out:
        output.line(f"\nLeft out: {len(left_out):,}")
        output.table(["file", "why"], [(Path(one["path"]).name, one["error"]) for one in left_out[:_SHOWN]])

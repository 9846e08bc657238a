"""`tlstudio data`: what is in a folder of images, or of images and masks."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from tlstudio.cli import output

_SHOWN = 20


def data(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Folder of images, perhaps with masks, CSV file beside its images, or .zip, .tar.")
    ],
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Say what is in a folder of images. Classes, counts, splits, and what is wrong; nothing is changed."""
    output.show(output.in_engine("scan", {"path": output.absolute(path)}), json, _draw)


def _draw_masks(report: dict[str, Any]) -> None:
    rows = [(_value(row["value"]), row["name"], row["count"], output.percent(row["share"])) for row in report["classes"]]
    output.table([">value", "class", ">images", ">pixels"], rows)
    left_out = f"; {output.percent(report['ignored_share'])} of all pixels are left out" if report["ignored_share"] else ""
    output.line(f"Layout: {report['layout']}{left_out}")


def _value(value: int | list[int]) -> str:
    return str(value) if isinstance(value, int) else " ".join(map(str, value))


def _draw(report: dict[str, Any]) -> None:
    splits = ", ".join(f"{name} {n}" for name, n in report["splits"].items() if n)
    output.line(f"{report['task']}, {len(report['classes'])} classes, {splits}")
    if report["task"] == "segmentation":
        _draw_masks(report)
    else:
        output.table(["class", ">images"], [(row["name"], row["count"]) for row in report["classes"]])
    problems = report["problems"]
    if not problems:
        return
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(problem["kind"] for problem in problems).most_common())
    output.line(f"\nProblems: {kinds}")
    output.table(["kind", "message", "file"], [(p["kind"], p["message"], p["path"]) for p in problems[:_SHOWN]])
    if len(problems) > _SHOWN:
        output.line(f"and {len(problems) - _SHOWN} more; --json lists all")

"""`tlstudio models` and `tlstudio layers`: what there is to learn from, and what is inside."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from tlstudio.cli import output
from tlstudio.models.row_formats import export_rows

Form = Literal["text", "csv", "json"]


def models(
    search: Annotated[str, typer.Option("--search", help="Only models whose name contains this.")] = "",
    task: Annotated[str, typer.Option("--task", help="Only models for this task: classification or segmentation.")] = "",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """List the models to learn from. Parameters, input size, published accuracy, whether their weights are here.

    Mult-adds are the multiplications that one image costs.
    """
    output.show(output.here("models", {"search": search, "task": task}), json, _draw_models)


def _draw_models(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.line("No model of that name; without --search all are listed")
        return
    output.table(
        ["name", "source", ">parameters", ">mult-adds", ">input", ">published", "weights"],
        [
            (
                row["name"],
                row["source"],
                output.count(row["params"]),
                output.count(row["mult_adds"]),
                row["input_size"],
                output.percent(row["accuracy"]) or (f"{output.percent(row['miou'])} IoU" if row.get("miou") else None),
                row["weights"],
            )
            for row in rows
        ],
    )
    output.line(f"{len(rows):,} models. Published: ImageNet top-1 or mean IoU, as its source says (--json names it)")
    encoders = sum(row.get("role") == "encoder" for row in rows)
    if encoders:
        output.line(f"{encoders:,} of them are encoders: only these layers are pretrained, the head that makes masks of them is new")


def layers(
    model: Annotated[str, typer.Argument(help="Name of the model; 'tlstudio models' lists them.")],
    input_size: Annotated[
        int | None, typer.Option("--input-size", min=1, help="Side of the square input in pixels.  [default: the model's own]")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Images in the batch that shapes are told for.")] = 1,
    classes: Annotated[int | None, typer.Option("--classes", min=1, help="Classes of the head.  [default: the model's own]")] = None,
    task: Annotated[str, typer.Option("--task", help="segmentation: the model as an encoder below a head for masks.")] = "",
    head: Annotated[str, typer.Option("--head", help="Kind of the new head; needs --classes.  [default: the model's own]")] = "",
    cut: Annotated[str, typer.Option("--cut", help="Layer where the network ends, pooled, with a new head on top.")] = "",
    form: Annotated[
        Form | None, typer.Option("--format", help="Print all rows, also of weights: text to read, csv for a spreadsheet, or json.")
    ] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Show the layers of a model. Path, type, shapes, parameters, mult-adds."""
    args: dict[str, Any] = {"model": model, "input_size": input_size, "batch": batch, "classes": classes, "cut": cut, "task": task}
    if head:
        args["head"] = {"kind": head}
    document = output.in_engine("inspect", args)
    if json or form in (None, "json"):
        output.show(document, json or form == "json", _draw_layers)
    else:
        output.line(export_rows(document, str(form)).rstrip("\n"))


def _draw_layers(document: dict[str, Any]) -> None:
    rows = [row for row in document["rows"] if row["kind"] == "module" and row["path"]]
    output.table(
        ["layer", "type", "input", "output", ">parameters", ">mult-adds"],
        [
            (
                "  " * row["path"].count(".") + row["path"].rpartition(".")[2],
                row["type"],
                output.size(row["input"]),
                output.size(row["output"]),
                f"{row['params']:,}" if row["params"] else None,
                output.count(row["mult_adds"]),
            )
            for row in rows
        ],
    )
    totals = document["totals"]
    output.line(
        f"{totals['params']:,} parameters, {totals['trainable']:,} learn, {output.count(totals['mult_adds']) or 'unknown'} mult-adds; "
        f"weights and biases of each layer: --json"
    )

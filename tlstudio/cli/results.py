"""`tlstudio runs`, `compare`, `evaluate` and `predict`: what came out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tlstudio.cli import output

_Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder or its name.")]
_COLUMNS = ("name", "state", "model", "strategy", "epoch", "epochs", "val_accuracy", "val_n", "val_loss", "seconds")


def runs(json: Annotated[bool, output.Json] = False) -> None:
    """All runs, newest first."""
    output.show(output.here("runs", {}), json, _draw_runs)


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN ...", help="Run folders or their names.")],
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Runs beside each other."""
    output.show(output.here("compare", {"names": [_path(run) for run in runs]}), json, _draw_runs)


def _draw_runs(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.line("There are no runs yet")
        return
    output.table([name.replace("_", " ") for name in _COLUMNS], [[_cell(row, name) for name in _COLUMNS] for row in rows])


def _cell(row: dict[str, Any], name: str) -> Any:
    value = row.get(name)
    return f"{value:.4g}" if isinstance(value, float) else value


def evaluate(
    run: _Run,
    data: Annotated[str | None, typer.Option("--data", metavar="PATH", help="Other images than those of the run.")] = None,
    split: Annotated[str, typer.Option("--split", help="train, val or test.")] = "val",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Accuracy with its interval, per class and confusion, on one split."""
    args = {"run": _path(run), "data": output.absolute(data), "split": split}
    output.show(output.in_engine("evaluate", args), json, _draw_evaluation)


def _draw_evaluation(document: dict[str, Any]) -> None:
    metrics = document["metrics"]
    low, high = metrics["accuracy_interval"]
    interval = f"95 % interval {output.percent(low)} to {output.percent(high)}"
    accuracy = output.percent(metrics["accuracy"])
    output.line(f"{document['split']}: accuracy {accuracy} ({interval}), loss {metrics['loss']:.4f}, n = {document['n']}")
    rows = document["per_class"]
    if rows:
        keys = [key for key in rows[0] if key != "name"]
        output.table(["class", *(f">{key}" for key in keys)], [[row["name"], *(_cell(row, key) for key in keys)] for row in rows])


def predict(
    run: _Run,
    paths: Annotated[list[str], typer.Argument(metavar="PATH ...", help="Images, or folders of images.")],
    out: Annotated[str | None, typer.Option("--out", metavar="PATH", help="Folder for what is written.")] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Ask a trained model about images."""
    args = {
        "run": _path(run),
        "paths": [output.absolute(path) for path in paths],
        "out": output.absolute(out),
    }
    output.show(output.in_engine("predict", args), json, _draw_predictions)


def _draw_predictions(rows: list[dict[str, Any]]) -> None:
    output.table(
        ["file", "answer", ">probability"],
        [
            (row["path"], row["error"], None)
            if "error" in row
            else (row["path"], row["label"], output.percent(row["probabilities"][row["label"]]))
            for row in rows
        ],
    )


def _path(run: str) -> str:
    from tlstudio.runs import Run

    return str(Run.open(run).path)

"""`tlstudio runs`, `compare`, `evaluate` and `predict`: what came out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tlstudio.cli import output

_Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder or its name.")]
_COLUMNS = (
    "name",
    "state",
    "model",
    "strategy",
    "epoch",
    "epochs",
    "val_accuracy",
    "val_mean_iou",
    "val_n",
    "val_loss",
    "seconds",
    "tags",
    "note",
)


def runs(
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only runs whose name, model, images or note hold all words.")
    ] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Only runs with that tag; repeatable.")] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """List the runs, newest first."""
    rows = output.here("runs", {})
    if search or tag:
        from tlstudio.run_rows.search import found

        known, rows = rows, [row for row in rows if found(row, search, tag or ())]
        if known and not rows and not json:
            output.line("No run is like that; without --search and --tag all are listed")
            return
    output.show(rows, json, _draw_runs)


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN ...", help="Run folders or their names.")],
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Lay runs side by side. What came out, what they differ in, which images only one of them gets right."""
    output.show(output.here("compare", {"names": [_path(run) for run in runs]}), json, _draw_comparison)


def _draw_comparison(rows: list[dict[str, Any]]) -> None:
    _draw_runs(rows)
    settings = list(rows[0].get("settings") or ())
    if settings:
        output.line()
        names = [row["name"] for row in rows]
        output.table(["setting", *names], [[key, *(_word(row["settings"].get(key)) for row in rows)] for key in settings])
    for row in rows[1:]:
        against, first = row.get("against_first"), rows[0]["name"]
        if row.get("why_not"):
            output.line(f"\n{row['name']} beside {first}: {row['why_not']}")
        if not against:
            continue
        output.line(f"\n{row['name']} beside {first}, on the same {against['n']:,} validation images")
        better = "right" if against["p_value"] is not None else "with the higher IoU"
        sure = f", p = {against['p_value']:.3g} (exact McNemar test)" if against["p_value"] is not None else ""
        output.line(f"only {row['name']} {better}: {against['only_this_right']:,}; only {first}: {against['only_first_right']:,}{sure}")
        ranked = sorted(against["per_class"], key=lambda one: -abs(one["difference"] or 0.0))
        signed = [(one["name"], "–" if one["difference"] is None else f"{100 * one['difference']:+.1f}", one["n"]) for one in ranked]
        output.table(["class", ">difference, points", ">n"], signed)


def _word(value: Any) -> str | None:
    return None if value is None else ("on" if value else "off") if isinstance(value, bool) else str(value)


def _draw_runs(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.line("There are no runs yet")
        return
    left_out = {
        name for name in ("val_accuracy", "val_mean_iou", "tags", "note") if not any(row.get(name) not in (None, "", []) for row in rows)
    }
    columns = [name for name in _COLUMNS if name not in left_out]
    output.table([name.replace("_", " ") for name in columns], [[_cell(row, name) for name in columns] for row in rows])


def _cell(row: dict[str, Any], name: str) -> Any:
    value = row.get(name)
    if name == "note" and value:
        return value.splitlines()[0]
    return f"{value:.4g}" if isinstance(value, float) else ", ".join(map(str, value)) if isinstance(value, list) else value


def evaluate(
    run: _Run,
    data: Annotated[str | None, typer.Option("--data", metavar="PATH", help="Other images than those of the run.")] = None,
    split: Annotated[str, typer.Option("--split", help="train, val or test.")] = "val",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Measure a run on one split. Accuracy with its interval, and per class; --json adds the confusion matrix."""
    args = {"run": _path(run), "data": output.absolute(data), "split": split}
    output.show(output.in_engine("evaluate", args), json, _draw_evaluation)


def _draw_evaluation(document: dict[str, Any]) -> None:
    metrics = document["metrics"]
    if "mean_iou" in metrics:
        _draw_masks(document)
        return
    low, high = metrics["accuracy_interval"]
    interval = f"95 % interval {output.percent(low)} to {output.percent(high)}"
    accuracy = output.percent(metrics["accuracy"])
    output.line(f"{document['split']}: accuracy {accuracy} ({interval}), loss {metrics['loss']:.4f}, n = {document['n']}")
    _draw_classes(document["per_class"])


def _draw_masks(document: dict[str, Any]) -> None:
    metrics = document["metrics"]
    said = ", ".join(f"{name.replace('_', ' ')} {metrics[name]:.4f}" for name in ("mean_iou", "pixel_accuracy", "loss"))
    output.line(f"{document['split']}: {said}, n = {document['n']}")
    _draw_classes(document["per_class"])
    output.line(f"masks in {document['masks']}")


def _draw_classes(rows: list[dict[str, Any]]) -> None:
    if rows:
        keys = [key for key in rows[0] if key != "name"]
        titles = [f">{key.replace('_', ' ')}" for key in keys]
        output.table(["class", *titles], [[row["name"], *(_cell(row, key) for key in keys)] for row in rows])


def predict(
    run: _Run,
    paths: Annotated[list[str], typer.Argument(metavar="PATH ...", help="Images, folders of images, videos, or camera:0.")],
    out: Annotated[
        str | None, typer.Option("--out", metavar="PATH", help="For masks and tables.  [default: masks lie in the run's folder]")
    ] = None,
    flips: Annotated[bool, typer.Option("--flips", help="Masks: look at the mirror image too and take the mean.")] = False,
    tile: Annotated[
        int, typer.Option("--tile", metavar="PIXELS", min=0, help="Masks: side of overlapping windows; 0: none but for very large images.")
    ] = 0,
    every: Annotated[str, typer.Option("--every", metavar="N|Ns", help="Videos: each N-th frame, or one in N seconds.")] = "",
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=0, help="Camera: for how long; 0: until Ctrl+C.")] = 0,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Ask a run about images, videos or a camera. It answers with classes, or with masks as PNG files."""
    if any(path.startswith(_CAMERA) for path in paths):
        _watch(run, paths, {"out": output.absolute(out), "flips": flips, "tile": tile, "seconds": seconds}, every, json)
        return
    args = {
        "run": _path(run),
        "paths": [output.absolute(path) for path in paths],
        "out": output.absolute(out),
        "flips": flips,
        "tile": tile,
        "every": every,
    }
    output.show(output.in_engine("predict", args), json, _draw_predictions)


_CAMERA = "camera:"


def _watch(run: str, paths: list[str], args: dict[str, Any], every: str, json: bool) -> None:
    """A camera, until Ctrl+C. Its pictures are not kept; masks and a table are, where a folder for them is named."""
    from tlstudio.errors import InputError

    if len(paths) > 1:
        raise InputError("A camera is looked at alone", "other files are named beside it", "Name the camera only")
    if every:
        raise InputError("Frames are chosen of videos", "of a camera always the newest one is taken", "Leave --every out")
    output.show(output.in_engine("watch_camera", {"run": _path(run), "source": paths[0], **args}), json, _draw_predictions)


_LARGEST = 3  # classes of a mask that the table names


def _draw_predictions(rows: list[dict[str, Any]]) -> None:
    videos = [row for row in rows if "frames" in row]
    if videos:
        output.table(
            ["video", "folder", ">frames", "what they show"],
            [(row["path"], row["folder"], row["frames"], _of_frames(row)) for row in videos],
        )
        rows = [row for row in rows if "frames" not in row]
        if not rows:
            return
    if any("mask" in row for row in rows):
        output.table(
            ["file", "mask", "largest classes"],
            [(row["path"], row["error"], None) if "error" in row else (row["path"], row["mask"], _largest(row["classes"])) for row in rows],
        )
        return
    output.table(
        ["file", "answer", ">probability"],
        [
            (row["path"], row["error"], None)
            if "error" in row
            else (row["path"], row["label"], output.percent(row["probabilities"][row["label"]]))
            for row in rows
        ],
    )


def _largest(shares: dict[str, float]) -> str:
    ranked = sorted((name for name in shares if shares[name] > 0), key=lambda name: -shares[name])
    return ", ".join(f"{name} {output.percent(shares[name])}" for name in ranked[:_LARGEST])


def _of_frames(row: dict[str, Any]) -> str:
    if "classes" in row:
        return _largest(row["classes"])
    return ", ".join(f"{name} {n:,}" for name, n in list(row["labels"].items())[:_LARGEST])


def _path(run: str) -> str:
    from tlstudio.runs import Run

    return str(Run.open(run).path)

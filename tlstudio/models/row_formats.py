"""The layer tree written out: as text to read, as CSV for a spreadsheet, as JSON for programs. From a `layers` document; no torch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from tlstudio.errors import InputError

FORMATS = ("text", "csv", "json")
COLUMNS = (
    *("path", "type", "kind", "input", "output", "params", "own_params", "share", "mult_adds", "flops"),
    *("receptive_field", "stride", "trainable", "batchnorm", "shared_with"),
)

SIGNALS = ("gradient", "update", "drift", "dead")
"""Columns that are there where a run told them, see `events.Signals`; the newest that is known of each row."""

SIGNALS_OF = ("signals_run", "signals_epoch")
"""Columns beside those: the run's folder by name, and the epoch (from 1) in which it told them; in JSON `signals_of`, with the step."""


def export_rows(document: Mapping[str, Any], form: str) -> str:
    """The document as text, csv or json, a line break at the end.

    text: a tree of modules, indented, with totals. csv: one line a row of the document, modules and parameters, COLUMNS and, where a
    run told some, SIGNALS and SIGNALS_OF as heads; shapes as 1x3x224x224, share of all parameters 0..1, nothing where nothing is known.
    Raises InputError for another format.
    """
    if form == "json":
        return json.dumps(document, indent=2) + "\n"
    if form == "csv":
        return _csv(document)
    if form == "text":
        return _text(document)
    raise InputError(f"The layer tree cannot be written as {form}", "", f"Take one of {', '.join(FORMATS)}")


def _csv(document: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    signals = [name for name in SIGNALS if any(name in row for row in document["rows"])]
    of = document.get("signals_of") if signals else None
    columns = [*COLUMNS, *signals, *(SIGNALS_OF if of else ())]
    writer.writerow(columns)
    for row in document["rows"]:
        output = row["output"] or row.get("shape")
        share = row["params"] / (document["totals"]["params"] or 1)
        told = {**row, "input": _shape(row["input"]), "output": _shape(output), "share": f"{share:.6g}"}
        if of and any(row.get(name) is not None for name in signals):
            told |= dict(zip(SIGNALS_OF, (of["run"], of["epoch"]), strict=True))
        writer.writerow(["" if told.get(name) is None else told[name] for name in columns])
    return out.getvalue()


def _text(document: Mapping[str, Any]) -> str:
    lines = [("layer", "type", "input", "output", "parameters", "mult-adds", "sees", "frozen")]
    for row in document["rows"]:
        if row["kind"] == "module":
            path = row["path"]
            name = "  " * (path.count(".") + 1) + path.rpartition(".")[2] if path else document["model"]
            sees = row.get("receptive_field")
            frozen = "" if row["trainable"] or not row["params"] else "frozen"
            shapes = _shape(row["input"]), _shape(row["output"])
            lines.append((name, row["type"], *shapes, _count(row["params"]), _count(row["mult_adds"]), _count(sees), frozen))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    out = []
    for line in lines:
        cells = [cell.rjust(n) if 4 <= i <= 6 else cell.ljust(n) for i, (cell, n) in enumerate(zip(line, widths, strict=True))]
        out.append("  ".join(cells).rstrip())
    totals = document["totals"]
    out += ["", f"{totals['params']:,} parameters, {totals['trainable']:,} learn, {totals['mult_adds']:,} mult-adds"]
    sizes = {"input": "input_mb", "forward/backward": "forward_backward_mb", "parameters": "params_mb"}
    out.append(", ".join(f"{name} {totals[key]:,.2f} MB" for name, key in sizes.items()))
    return "\n".join(out) + "\n"


def _shape(shape: Any) -> str:
    return "x".join(map(str, shape)) if shape else ""


def _count(number: float | None) -> str:
    return f"{number:,}" if number else ""

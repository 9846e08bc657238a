"""The table of runs as text: CSV and JSON for other programs, Markdown for a report. Knows no widgets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from tlstudio.gui.run_list import Row
from tlstudio.runs import write_atomic

_LEFT_OUT = ("curve", "frozen_proof")


def as_csv(rows: Sequence[Row]) -> str:
    """Every value of every run, numbers as numbers; lists as JSON."""
    keys = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in _LEFT_OUT]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    for row in rows:
        writer.writerow([_cell(row.get(key)) for key in keys])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"  # a spreadsheet would take it for a formula
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def as_json(rows: Sequence[Row]) -> str:
    return json.dumps(list(rows), indent=2, ensure_ascii=False) + "\n"


def as_markdown(headings: Sequence[str], right: Sequence[bool], lines: Sequence[Sequence[str]]) -> str:
    """What is shown, as a Markdown table; right: which columns hold numbers."""
    marks = ["---:" if one else "---" for one in right]
    table = [headings, marks, *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in table) + "\n"


def write(path: Path, rows: Sequence[Row]) -> None:
    """As JSON where the file is called so, else as CSV. Raises StudioError where it cannot be written."""
    text = as_json(rows) if path.suffix.lower() == ".json" else as_csv(rows)
    write_atomic(path, lambda file: file.write(text.encode("utf-8")))

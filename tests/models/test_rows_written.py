"""Layers chosen by pattern, and the tree as text, CSV and JSON: both need no torch."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest

from tlstudio.errors import InputError
from tlstudio.models import tree
from tlstudio.models.patterns import match
from tlstudio.models.row_formats import COLUMNS, SIGNALS, SIGNALS_OF, export_rows

DOCUMENT = tree.layers("resnet18", classes=2)
ROWS = DOCUMENT["rows"]


@pytest.mark.parametrize(
    ("pattern", "first", "n"),
    [
        ("layer1", "layer1", 1),
        ("layer1.*", "layer1.0", 2),
        ("conv1", "conv1", 9),
        ("BatchNorm2d", "bn1", 20),
        ("fc.bias", "fc.bias", 1),
        ("*.bias", "bn1.bias", 21),
        ("layer[34], fc", "layer3", 3),
        (r"/layer[12]\.\d+\.conv/", "layer1.0.conv1", 8),
        ("/BatchNorm2d/", "bn1", 20),
        ("LAYER1", None, 0),
        ("", None, 0),
    ],
)
def test_patterns(pattern: str, first: str | None, n: int) -> None:
    found = match(ROWS, pattern)
    assert len(found) == n
    assert (found[0] if found else None) == first


def test_a_broken_expression_is_told() -> None:
    with pytest.raises(InputError, match="not a regular expression"):
        match(ROWS, "/layer(/")


def test_csv_has_every_row() -> None:
    rows = list(csv.DictReader(io.StringIO(export_rows(DOCUMENT, "csv"))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["path"] for row in rows] == [row["path"] for row in ROWS]
    assert sum(int(row["own_params"]) for row in rows) == DOCUMENT["totals"]["params"]
    conv = next(row for row in rows if row["path"] == "conv1")
    assert (conv["input"], conv["output"], conv["receptive_field"]) == ("1x3x224x224", "1x64x112x112", "7")
    assert float(rows[0]["share"]) == 1.0


def test_csv_has_the_signals_of_a_run_where_there_are_any() -> None:
    told = {"gradient": 0.02, "update": None, "drift": 0.1, "dead": None}
    signals = [{**row, **told} if row["path"] == "conv1" else row for row in ROWS]
    rows = list(csv.DictReader(io.StringIO(export_rows({**DOCUMENT, "rows": signals}, "csv"))))
    assert tuple(rows[0]) == (*COLUMNS, *SIGNALS)
    assert [(row["gradient"], row["update"]) for row in rows if row["path"] in ("conv1", "fc")] == [("0.02", ""), ("", "")]


def test_csv_says_which_run_told_the_signals_and_when() -> None:
    signals = [{**row, "gradient": 0.02} if row["path"] == "conv1" else row for row in ROWS]
    of = {"run": "leaves-head", "epoch": 3, "step": 7}
    rows = list(csv.DictReader(io.StringIO(export_rows({**DOCUMENT, "rows": signals, "signals_of": of}, "csv"))))
    assert tuple(rows[0])[-2:] == SIGNALS_OF
    told = {row["path"]: (row["signals_run"], row["signals_epoch"]) for row in rows}
    assert (told["conv1"], told["fc"]) == (("leaves-head", "3"), ("", ""))


def test_json_is_the_document_and_text_names_every_module() -> None:
    assert json.loads(export_rows(DOCUMENT, "json")) == DOCUMENT
    text = export_rows(DOCUMENT, "text")
    assert text.count("BatchNorm2d") == 20
    assert f"{DOCUMENT['totals']['params']:,} parameters" in text
    assert text.endswith("MB\n")


def test_another_format_is_told() -> None:
    with pytest.raises(InputError, match="text, csv, json"):
        export_rows(DOCUMENT, "xml")


def test_neither_imports_torch() -> None:
    code = "import sys, tlstudio.models.patterns, tlstudio.models.row_formats; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

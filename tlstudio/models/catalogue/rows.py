"""The tables of facts beside this file, which packaging/catalogue.py writes: one row a model, an empty field where nothing is known."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOTH = (
    *("name", "family", "classes", "params", "bytes", "mult_adds", "input_size", "accuracy", "interpolation", "mean", "std"),
    *("head", "head_type", "head_width", "weights", "licence"),
)
TORCHVISION = (*_BOTH, "title", "task", "miou")
# Of those that can be encoders for masks: the reductions of their maps, the option with which they take images of any size, 1 where the
# last stage can be dilated, and parameters and multiply-adds without what the maps do not need.
ENCODER = ("reductions", "any_size", "dilates", "encoder_params", "encoder_mult_adds")
TIMM = (*_BOTH, "tag", "accuracy_size", "more_heads", *ENCODER)

# As their makers write them; what is not here is a licence of the maker's own, under its name.
LICENCES = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "": "unknown",
}


def read(path: Path) -> list[dict[str, str]]:
    """Every row by its column names."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | None:
    return float(text) if text else None


def whole(text: str) -> int | None:
    return int(text) if text else None


def facts(row: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an Entry that every table has, by their names."""
    return {
        "family": row["family"],
        "classes": int(row["classes"]),
        "params": int(row["params"]),
        "weights_bytes": int(row["bytes"]),
        "mult_adds": whole(row["mult_adds"]),
        "input_size": int(row["input_size"]),
        "accuracy": number(row["accuracy"]),
        "interpolation": row["interpolation"],
        "mean": tuple(map(float, row["mean"].split())),
        "std": tuple(map(float, row["std"].split())),
        "head": row["head"],
        "head_type": row["head_type"],
        "head_width": whole(row["head_width"]),
    }

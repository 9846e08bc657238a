"""What was measured so far: a JSON file beside the document, written anew after every cell, so that a stopped bench can go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from table.cells import Cell
from table.figures import Sample

VERSION = 1


class Results:
    """about: machine, versions, photos, settings, for the document. samples: one a cell and repeat. accuracies: to which times are told."""

    def __init__(self, file: Path, accuracies: Mapping[str, float]) -> None:
        self.file, self.accuracies = file, accuracies
        self.cells: dict[str, Cell] = {}
        self.about: dict[str, Any] = {}
        self.samples: list[dict[str, Any]] = []

    def know(self, cells: Iterable[Cell]) -> None:
        """The cells that the table is about."""
        self.cells = {cell.name: cell for cell in cells}

    def load(self) -> bool:
        """Go on with what the file holds; False where there is none that fits."""
        try:
            said = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if not isinstance(said, dict) or said.get("version") != VERSION:
            return False
        self.about, self.samples = said["about"], said["samples"]
        return True

    def save(self) -> None:
        said = {"version": VERSION, "about": self.about, "samples": self.samples}
        temporary = self.file.with_suffix(".part")
        temporary.write_text(json.dumps(said, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        temporary.replace(self.file)

    def put(self, cell: str, repeat: int, sample: Mapping[str, Any]) -> None:
        """A failure of an earlier try gives way."""
        self.samples = [s for s in self.samples if (s["cell"], s["repeat"]) != (cell, repeat)]
        self.samples.append({"cell": cell, "repeat": repeat, **sample})
        self.save()

    def has(self, cell: str, repeat: int) -> bool:
        """Whether that was measured to its end."""
        return any((s["cell"], s["repeat"]) == (cell, repeat) and not s["trouble"] for s in self.samples)

    def tried(self, cell: str) -> list[Sample]:
        return [s for s in self.samples if s["cell"] == cell]

    def of(self, cell: str) -> list[Sample]:
        """Repeats that said anything, cut off ones too: the epochs that they did are measured."""
        return [s for s in self.tried(cell) if not s["trouble"] or s["epochs"]]

    def values(self, cell: str, figure: Callable[[Sample], float | None]) -> dict[int, float]:
        """A figure of a cell by repeat."""
        found = {s["repeat"]: figure(s) for s in self.of(cell)}
        return {repeat: value for repeat, value in found.items() if value is not None}

    def why_not(self, cell: str) -> str:
        """Why a cell has no figures."""
        troubles = [s["trouble"] for s in self.tried(cell) if s["trouble"]]
        return troubles[-1] if troubles else "not measured"

    def expected_seconds(self, cell: Cell) -> float:
        """What it took before, else what it should take."""
        took = [s["seconds"] for s in self.tried(cell.name) if not s["trouble"]]
        return max(took) if took else 60 * cell.minutes

"""What the compared runs said, read in threads and kept while they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.run_list import Row
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

if TYPE_CHECKING:
    from tlstudio.gui.compared_lines import Told


class RunCurves(QObject):
    """`told` and `recipes` of runs: what their rows know until they were read. One that has come further is read again."""

    changed = Signal()
    """One more was read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: dict[str, tuple[Any, Told]] = {}
        self._recipes: dict[str, Recipe | None] = {}
        self._reading: set[str] = set()

    def told(self, row: Row) -> Told:
        """What it said, as far as it is known; asks for it where it is not."""
        from tlstudio.gui.compared_lines import Told  # numpy

        path = row["path"]
        stamp = (row["state"], row.get("epoch"), row.get("epochs_planned"), len(row.get("curve") or ()))
        kept = self._told.get(path)
        if kept is None or kept[0] != stamp:
            self._read(path, stamp)
        if kept is not None and (len(kept[1].epochs) or not row.get("curve")):
            return kept[1]
        return Told.of_curve(row.get("curve") or ())  # not read yet, or its events were not copied along

    def recipes(self, rows: Sequence[Row]) -> list[Recipe | None] | None:
        """Their recipes, None for one that cannot be read; None in all while one is still being read."""
        for row in rows:
            if row["path"] not in self._recipes:
                self._read_recipe(row["path"])
        paths = [row["path"] for row in rows]
        return [self._recipes[path] for path in paths] if all(path in self._recipes for path in paths) else None

    def _read(self, path: str, stamp: Any) -> None:
        if path in self._reading:
            return
        self._reading.add(path)

        def read() -> tuple[str, Any, Told]:
            from tlstudio.gui import compared_lines

            return path, stamp, compared_lines.read(path)

        Background(read, self._come)

    def _come(self, said: tuple[str, Any, Told]) -> None:
        path, stamp, told = said
        self._reading.discard(path)
        self._told[path] = stamp, told
        self.changed.emit()

    def _read_recipe(self, path: str) -> None:
        key = f"recipe {path}"
        if key in self._reading:
            return
        self._reading.add(key)

        def read() -> tuple[str, Recipe | None]:
            try:
                return path, Run(Path(path)).recipe()
            except StudioError:
                return path, None

        Background(read, self._recipe_come)

    def _recipe_come(self, said: tuple[str, Recipe | None]) -> None:
        path, recipe = said
        self._reading.discard(f"recipe {path}")
        self._recipes[path] = recipe
        self.changed.emit()

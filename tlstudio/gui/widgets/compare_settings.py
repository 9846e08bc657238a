"""What the ticked runs' recipes differ in: a line a setting, a column a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QStackedWidget

from tlstudio.gui.widgets.parts import label
from tlstudio.gui.widgets.plain_table import PlainTable
from tlstudio.gui.words import strategy_word
from tlstudio.recipe import Recipe
from tlstudio.run_rows import settings


def tr(text: str) -> str:
    return QCoreApplication.translate("compare_settings", text)


class CompareSettings(QStackedWidget):
    """objectName differingSettings."""

    def __init__(self) -> None:
        super().__init__()
        self.table = PlainTable("differingSettings", self.tr("Settings that differ between the ticked runs"))
        self._words = label("", "muted", wrap=True, align=Qt.AlignmentFlag.AlignCenter)
        self.addWidget(self.table)
        self.addWidget(self._words)

    def show_recipes(self, names: Sequence[str], recipes: Sequence[Recipe | None] | None) -> None:
        """recipes: None while they are being read; None in it for one that cannot be read."""
        if recipes is None:
            self._say(self.tr("Reading the recipes"))
            return
        readable = [(name, recipe) for name, recipe in zip(names, recipes, strict=True) if recipe is not None]
        if len(readable) < 2:
            self._say(self.tr("The recipes of these runs cannot be read"))
            return
        found = settings.differing([recipe for _, recipe in readable])
        if not found:
            self._say(self.tr("These runs have the same recipe to the last setting"))
            return
        rows = [[settings.title(key), *(word_of(key, value) for value in values)] for key, values in found.items()]
        self.table.show_rows([self.tr("Setting"), *(name for name, _ in readable)], rows)
        self.setCurrentWidget(self.table)

    def _say(self, text: str) -> None:
        self._words.setText(text)
        self.setCurrentWidget(self._words)


def word_of(key: str, value: Any) -> str:
    """A value of a recipe in words."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, float):
        return f"{value:g}"
    if key == "frozen.strategy":
        return strategy_word(str(value))
    if key == "data.path":
        return f"…/{Path(str(value)).name}"
    if isinstance(value, list):
        if len(value) > 4:
            return tr("%1 entries").replace("%1", f"{len(value):,}")
        return ", ".join(word_of("", one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {word_of('', one)}" for name, one in value.items())
    return str(value)

"""The layer tree as a file: as text to read, as CSV for a spreadsheet, as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.errors import InputError
from tlstudio.gui.ticks import State
from tlstudio.gui.widgets.layer_tree.layer_facts import LayerFacts
from tlstudio.models.row_formats import export_rows

ENDINGS = {"text": ".txt", "csv": ".csv", "json": ".json"}


def tr(text: str) -> str:
    return QCoreApplication.translate("layer_files", text)


def words() -> dict[str, str]:
    """What the menu says, by format."""
    return {"text": tr("Save the tree as text…"), "csv": tr("Save the tree as CSV…"), "json": tr("Save the tree as JSON…")}


def as_ticked(document: Mapping[str, Any], layers: LayerFacts, learning: int) -> dict[str, Any]:
    """The `layers` document with what learns now, and with what a run told last of its layers. learning: how many parameters.

    Rows have the signals that are known of them; `signals_of` says of which run they are, and when it told them.
    """
    learns, told, of = (State.LEARNS, State.MIXED), layers.signals.to_json, layers.signals.source()
    rows = [{**row, "trainable": layers.effect(i) in learns, **told(row["path"])} for i, row in enumerate(document["rows"])]
    source = {"signals_of": of} if of else {}
    return {**document, "rows": rows, "totals": {**document["totals"], "trainable": learning}, **source}


def save(parent: QWidget, document: Mapping[str, Any], form: str) -> Path | None:
    """Ask where, and write the `layers` document there; None if nobody said where. Raises InputError where it cannot be written."""
    ending = ENDINGS[form]
    suggested = f"{document['model'].replace('/', '_')}_layers{ending}"
    name, _ = QFileDialog.getSaveFileName(parent, words()[form].removesuffix("…"), suggested, f"{form} (*{ending})")
    if not name:
        return None
    path = Path(name) if Path(name).suffix else Path(name).with_suffix(ending)
    try:
        path.write_text(export_rows(document, form), encoding="utf-8", newline="")
    except OSError as error:
        what = tr("The layer tree cannot be written to %1").replace("%1", str(path))
        raise InputError(what, error.strerror or str(error), tr("Choose another place")) from None
    return path

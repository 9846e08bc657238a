"""What is said of a run's results in a few words: the line in the rail, the name of a split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio.gui import metric
from tlstudio.gui.loading import Loading


def tr(text: str) -> str:
    return QCoreApplication.translate("result_words", text)


def split_word(split: str) -> str:
    """validation, test, training; "all" for what is none of them."""
    return {"val": tr("validation"), "test": tr("test"), "train": tr("training")}.get(split, tr("all"))


def mark(measured: Loading, row: Mapping[str, Any] | None, *, chosen: bool, before: bool) -> tuple[str, str]:
    """State and line in the rail, as `Page.mark` gives them.

    measured: how the measurement stands. row: of the run that is looked at, or of the newest one. chosen: somebody looks at a run.
    before: another run is training, so that what there is belongs to one before it: then it says so, and has no check mark.
    """
    if measured.state == "busy":
        return "running", tr("Measuring")
    document = measured.document
    if measured.ready:
        masks, split = document.get("task") == metric.MASKS, str(document["split"])
        value = document["metrics"]["mean_iou" if masks else "accuracy"]
        known = True
    else:
        masks, split = row is not None and row.get("task") == metric.MASKS, "val"
        value = metric.of_row(row) if row is not None else None
        known = value is not None
    said = "–" if value is None else f"{value:.3f}"
    if not known:
        if before:
            return "none", tr("After this run")
        return ("ready", "") if chosen else ("none", tr("Needs a trained run"))
    if before:
        return "", tr("Run before: %1").replace("%1", said)
    form = tr("Mean IoU %1") if masks else tr("%1 on %2")
    return "ready", form.replace("%1", said).replace("%2", split_word(split))


def place_of(path: str, paths: list[str]) -> int | None:
    """Where a picture stands in a list; by its name where the list has it in another folder now, if only one is called so."""
    if path in paths:
        return paths.index(path)
    name = _name(path)
    found = [at for at, one in enumerate(paths) if _name(one) == name]
    return found[0] if len(found) == 1 else None


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]

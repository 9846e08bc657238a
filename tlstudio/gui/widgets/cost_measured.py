"""What was measured of a recipe's cost: peak memory and seconds an epoch, as figures beside others or as two lines of text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from tlstudio.errors import sentences
from tlstudio.gui.loading import Loading
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.figure import Figure
from tlstudio.gui.widgets.parts import GAP, column, row
from tlstudio.gui.words import megabytes, took

_NONE = "–"


def tr(text: str) -> str:
    return QCoreApplication.translate("cost_measured", text)


def how_known(document: dict[str, Any]) -> str:
    """measured just now, or earlier; the figures say it shorter."""
    return tr("measured just now") if document["steps"] else tr("measured earlier on this machine")


def once_words(document: dict[str, Any]) -> str:
    """What is done once, before or in the first epoch, and what is kept in memory from it."""
    kept = megabytes(document["kept_bytes"])
    form = tr("Features are computed once (%1), kept: %2") if document["features_kept"] else tr("Pictures are read once (%1), kept: %2")
    return form.replace("%1", took(document["once_seconds"])).replace("%2", kept)


def run_seconds(document: dict[str, Any], epochs: int | None) -> float:
    """Of a whole run of so many epochs; None: as the document says, because epochs of several stages differ."""
    if epochs is None and "run_seconds" in document:
        return float(document["run_seconds"])
    return float(document["once_seconds"] + (epochs or 0) * document["epoch_seconds"])


def tip(document: dict[str, Any], epochs: int | None) -> str:
    """All that was measured, one fact a line."""
    facts = [
        (tr("An epoch"), took(document["epoch_seconds"])),
        (tr("A step"), took(document["step_seconds"])),
        (tr("Once"), took(document["once_seconds"])),
        (tr("The whole run"), tr("about %1").replace("%1", took(run_seconds(document, epochs)))),
        (tr("Peak memory"), megabytes(document["peak_bytes"])),
        (tr("Measured on"), document["device"]),
    ]
    how = tr("From a few true training steps on this machine, %1.").replace("%1", how_known(document))
    short = [document["note"]] if document.get("note") else []  # of memory
    return "\n".join([*(f"{what}: {value}" for what, value in facts), how, *short])


class CostMeasured(QWidget):
    """objectName costMeasured: two figures, memory and time."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("costMeasured")
        self.memory, self.epoch = Figure(tr("peak memory"), ""), Figure(tr("not measured"), "")
        self.setLayout(row(self.memory, self.epoch, spacing=GAP + 8))
        self.show_estimate(Loading(), 1)

    def show_estimate(self, estimate: Loading, epochs: int | None) -> None:
        """estimate: of the session; epochs: of the recipe, None where it has several stages (see `run_seconds`)."""
        document = estimate.document
        if estimate.ready:
            about = tip(document, epochs)
            self.epoch.caption.setText(how_known(document) if document["steps"] else tr("measured earlier"))
            self.memory.show_figure(megabytes(document["peak_bytes"]))
            self.epoch.show_figure(took(document["epoch_seconds"]), tr("an epoch"))
        else:
            busy = estimate.state == "busy"
            about = tr("A few training steps are being measured in the background") if busy else _why(estimate)
            self.epoch.caption.setText(tr("measuring…") if busy else tr("not measured"))
            self.memory.show_figure(_NONE)
            self.epoch.show_figure(_NONE, tr("an epoch"))
        for figure in (self.memory, self.epoch):
            figure.setToolTip(about)


def line(estimate: Loading) -> tuple[str, str]:
    """What stands below the figures, and where there are none, one line for both."""
    document = estimate.document
    if estimate.ready:
        form = tr("%1 an epoch, %2, measured").replace("%1", took(document["epoch_seconds"]))
        return once_words(document), form.replace("%2", megabytes(document["peak_bytes"]))
    if estimate.state == "failed":
        return _why(estimate), _why(estimate)
    return "", tr("Measuring what it will cost…")


class CostLines(QWidget):
    """objectName costLines: the same as two quiet lines, for where it is narrow."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("costLines")
        self._first = ElidedLabel("", mode=Qt.TextElideMode.ElideRight)
        self._second = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.setLayout(column(None, self._first, self._second, None, spacing=0))
        self.show_estimate(Loading(), 1)

    def show_estimate(self, estimate: Loading, epochs: int | None) -> None:
        """estimate: of the session; epochs: of the recipe, None where it has several stages (see `run_seconds`)."""
        document = estimate.document
        if estimate.ready:
            about, epoch = tip(document, epochs), took(document["epoch_seconds"])
            whole = tr("About %1").replace("%1", took(run_seconds(document, epochs)))
            self._first.show_text(tr("%1, %2").replace("%1", whole).replace("%2", megabytes(document["peak_bytes"])), about, short=whole)
            each = tr("%1 an epoch").replace("%1", epoch)
            self._second.show_text(tr("%1, measured").replace("%1", each), about, short=each)
        elif estimate.state == "busy":
            self._first.show_text(tr("Measuring…"), tr("What it will cost: a few training steps, in the background"))
            self._second.show_text(tr("what it will cost"))
        else:
            self._first.show_text(tr("Cost not known"), _why(estimate))
            self._second.show_text(_why(estimate))
        self.setAccessibleName(self.tr("What it will cost: %1").replace("%1", f"{self._first.whole}; {self._second.whole}"))


def _why(estimate: Loading) -> str:
    error = estimate.error
    return sentences(error.what, error.why) if error is not None else ""

"""What the live run is doing, in a few words: the rail, the train page and the run bar say the same."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from tlstudio.events import Progress
from tlstudio.gui.history import RunHistory
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.words import count


def tr(text: str) -> str:
    return QCoreApplication.translate("run_state", text)


def doing(live: LiveRun) -> str:
    """Starting, Reading the images, Computing the frozen part, Epoch 4 of 10, Paused in epoch 4 of 10, Finished, ..."""
    state = live.state
    if state == "stopping":
        return tr("Discarding") if live.discarding else tr("Stopping, the best is kept")
    if state == "done":
        return ended(live.history)
    if state == "stopped":
        return tr("Stopped, the best is kept")
    if state == "failed":
        return tr("Could not go on")
    if state == "idle":
        return ""
    phase = before_training(live)
    if phase and state != "paused":
        return phase
    form = tr("Paused in epoch %1 of %2") if state == "paused" else tr("Epoch %1 of %2")
    started = live.history.started
    return form.replace("%1", str(live.history.epoch_now)).replace("%2", str(started.epochs)) if started else tr("Starting")


def before_training(live: LiveRun) -> str:
    """What comes before steps are made, in a few words; "" once they are."""
    progress = live.history.progress
    phase = progress.phase if progress is not None else ""
    words = {
        "scan": tr("Reading the images"),
        "unpack": tr("Unpacking the images"),
        "download": tr("Fetching the weights"),
        "features": tr("Computing the frozen part"),
    }
    if live.state == "starting" or live.history.started is None:
        return words.get(phase, tr("Starting"))
    if phase in ("train", "validate") or (live.history.x and phase != "features"):
        return ""
    return words["features"] if phase == "features" else tr("Starting")


def how_far(progress: Progress | None) -> float | None:
    """Share of that which comes before training; None where it is not known."""
    return progress.done / progress.total if progress is not None and progress.total else None


def ended(history: RunHistory) -> str:
    """How a complete run came to its end."""
    return stopped_by_itself(history) if history.ended is not None and history.ended.reason == "early" else tr("Finished")


def stopped_by_itself(history: RunHistory) -> str:
    waited = len(history.epochs) - (history.best.epoch if history.best is not None else 0)
    return tr("Stopped by itself: %1 without a better one").replace("%1", count(waited, tr("epoch"), tr("epochs")))


def lower(sentence: str) -> str:
    """The same within a sentence."""
    return sentence[:1].lower() + sentence[1:]

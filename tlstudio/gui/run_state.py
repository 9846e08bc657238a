"""What the live run is doing, in a few words: the rail, the train page and the run bar say the same."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from tlstudio.gui.history import RunHistory
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.words import count, strategy_word
from tlstudio.recipe import Recipe


def tr(text: str) -> str:
    return QCoreApplication.translate("run_state", text)


def run_name(recipe: Recipe) -> str:
    """Ants and bees, head only: what a run is called where there is one line for it."""
    return ", ".join(part for part in (recipe.name, strategy_word(recipe.frozen.strategy).lower()) if part)


def doing(live: LiveRun) -> str:
    """Starting, Reading the images, Computing the frozen part, Epoch 4 of 10, Measuring the best epoch, Paused in epoch 4 of 10, ..."""
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
    if measuring_best(live):
        return tr("Measuring the best epoch")
    started = live.history.started
    form = tr("Paused in epoch %1 of %2") if state == "paused" else tr("Epoch %1 of %2")
    return form.replace("%1", str(live.history.epoch_now)).replace("%2", str(started.epochs)) if started else tr("Starting")


def before_training(live: LiveRun) -> str:
    """What is done before steps are made, in a few words; "" once they are."""
    phase = live.history.progress.phase if live.history.progress is not None else ""
    begun = live.state != "starting" and live.history.started is not None
    if begun and phase in ("train", "validate"):
        return ""
    words = {
        "start": tr("Loading PyTorch"),
        "scan": tr("Reading the images"),
        "unpack": tr("Unpacking the images"),
        "network": tr("Loading the network"),
        "download": tr("Fetching the weights"),
        "probe": tr("Trying what is fastest here"),
        "begin": tr("Preparing the layers"),
        "features": tr("Computing the frozen part"),
    }
    return words.get(phase, "" if begun and live.history.x else tr("Starting"))  # a recorded run tells no progress


def measuring_best(live: LiveRun) -> bool:
    """Whether all epochs are done, and the best is being measured once more."""
    started, epochs = live.history.started, live.history.epochs
    return live.state == "running" and started is not None and bool(epochs) and epochs[-1].epoch >= started.epochs


def preparing(live: LiveRun) -> str:
    """The same with how far it is, where that is known: Reading the images: 40 of 200."""
    said, progress = before_training(live), live.history.progress
    if not said or progress is None or not progress.total:
        return said
    if progress.unit == "bytes":
        return tr("%1: %2").replace("%1", said).replace("%2", f"{progress.done / progress.total:.0%}")
    counted = tr("%1: %2 of %3").replace("%1", said)
    return counted.replace("%2", f"{progress.done:,}").replace("%3", f"{progress.total:,}")


def ended(history: RunHistory) -> str:
    """How a complete run came to its end."""
    return stopped_by_itself(history) if history.ended is not None and history.ended.reason == "early" else tr("Finished")


def stopped_by_itself(history: RunHistory) -> str:
    waited = len(history.epochs) - (history.best.epoch if history.best is not None else 0)
    return tr("Stopped by itself: %1 without a better one").replace("%1", count(waited, tr("epoch"), tr("epochs")))


def lower(sentence: str) -> str:
    """The same within a sentence."""
    return sentence[:1].lower() + sentence[1:]

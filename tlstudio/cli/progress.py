"""A job's events on stderr: a bar and lines on a terminal, lines alone elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from tlstudio import events
from tlstudio.control import Tell
from tlstudio.quantities import duration

_LEVELS = {"info": "", "warn": "yellow", "bad": "red"}
_WORDS = {
    "start": "loading torch",
    "scan": "reading the images",
    "sample": "drawing the sample",
    "network": "building the network",
    "probe": "trying what is fastest",
    "begin": "setting up",
    "features": "computing what stays the same",
}
"""What a phase is called here, where its own name does not say it."""


class _Remaining(ProgressColumn):
    """The range that the job itself expects."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("remaining", "")), style="dim")


@contextmanager
def shown() -> Iterator[Tell]:
    """While it lasts, what is told is shown; the bar goes when it ends."""
    console = Console(stderr=True, highlight=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TextColumn("{task.fields[speed]}", style="dim"),
        _Remaining(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        yield _Teller(console, bar).tell


class _Teller:
    def __init__(self, console: Console, bar: Progress) -> None:
        self._console, self._bar = console, bar
        self._task = bar.add_task("Starting", total=None, amount="", speed="", remaining="")
        self._phases: set[str] = set()
        self._epochs = 0

    def tell(self, event: events.Event) -> None:
        if isinstance(event, events.Progress):
            self._progress(event)
        elif isinstance(event, events.RunStarted):
            self._epochs = event.epochs
            self._say(
                f"{event.name or Path(event.run).name}: {event.model}, {event.strategy}, on {event.device}; "
                f"{event.n_train} images to learn from, {event.n_val} to validate; "
                f"{event.params_learning:,} of {event.params:,} parameters learn"
            )
        elif isinstance(event, events.StageStarted):
            if (event.first_epoch, event.last_epoch) != (1, self._epochs):  # one of several
                self._say(f"epochs {event.first_epoch} to {event.last_epoch}: {event.learns}", "bold")
        elif isinstance(event, events.PrefixCached):
            self._say(event.sentence, "dim")
        elif isinstance(event, events.EpochEnded):
            self._say(epoch_line(event, self._epochs))
        elif isinstance(event, events.Note):
            self._say(event.message, _LEVELS.get(event.level, ""))

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)

    def _progress(self, event: events.Progress) -> None:
        if event.phase not in self._phases:  # train and validate take turns
            self._phases.add(event.phase)
            if not self._console.is_terminal and event.phase != "begin":  # over at once
                self._say(f"{_WORDS.get(event.phase, event.phase)} ...")
        self._bar.update(
            self._task,
            description=_WORDS.get(event.phase, event.phase),
            completed=event.done if event.overall is None else event.overall * 1000,
            total=(event.total or None) if event.overall is None else 1000,
            amount=f"{event.done:,}/{event.total:,} {event.unit}" if event.total else f"{event.done:,} {event.unit}",
            speed=f"{event.per_second:,.0f}/s" if event.per_second else "",
            remaining=_range(event.remaining),
        )


def epoch_line(event: events.EpochEnded, epochs: int) -> str:
    """One line of the epoch table."""
    if event.val_mean_iou is not None:
        return (
            f"epoch {event.epoch:>3}/{epochs}  train loss {event.train_loss:.4f} pixels right {event.train_accuracy:.4f}  "
            f"val loss {event.val_loss:.4f} mean IoU {event.val_mean_iou:.4f} pixels right {event.val_accuracy:.4f}  "
            f"{event.images_per_second:,.0f} images/s{'  best' if event.best else ''}"
        )
    return (
        f"epoch {event.epoch:>3}/{epochs}  train loss {event.train_loss:.4f} accuracy {event.train_accuracy:.4f}  "
        f"val loss {event.val_loss:.4f} accuracy {event.val_accuracy:.4f} ({event.correct}/{event.n})  "
        f"{event.images_per_second:,.0f} images/s{'  best' if event.best else ''}"
    )


def _range(remaining: tuple[float, float] | None) -> str:
    if remaining is None:
        return ""
    low, high = (duration(seconds) for seconds in remaining)
    return f"{low} left" if low == high else f"{low} to {high} left"

"""Working on a study: its queue from where it stands to its end, run by run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.errors import Busy, Cancelled, StudioError
from tlstudio.events import Note
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.studies import comparison
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.queue import Entry, Queue
from tlstudio.studies.telling import OfRun, Telling
from tlstudio.training.distributed import Ended, Lost

Train = Callable[[Recipe, Run, Tell, Control], dict[str, Any]]
Judge = Callable[[StudyFolder, Entry, Tell, Control], None]


def work(name: str, tell: Tell, control: Control) -> None:
    """Go on with a study of any kind, until it is done or stopped. Raises InputError while another process does, Cancelled."""
    folder = StudyFolder.open(name)
    kind = folder.said()["kind"]
    if kind == "sweep":
        from tlstudio.studies import sweeping

        sweeping.work(folder, tell, control)
        return
    work_queue(folder, tell, control, judge=comparison.judge if kind == "comparison" else None)


def train(recipe: Recipe, run: Run, tell: Tell, control: Control) -> dict[str, Any]:
    """Train a recipe into its folder, or go on with what is there."""
    from tlstudio.training.consistent import check
    from tlstudio.training.recorded import train as train_

    check(recipe)
    return train_(recipe, run, tell, control)


def work_queue(folder: StudyFolder, tell: Tell, control: Control, *, train: Train = train, judge: Judge | None = None) -> None:
    """Train what the queue holds, one after the other. A run that fails is noted with its reason, and the next one begins.

    train: as `working.train`. judge: called with each run once it is trained.
    """
    with folder.working():
        queue = Queue(folder.path)
        queue.mend({one.number for one in comparison.unjudged(folder)} if judge is not None else ())
        telling: Telling | None = None
        elsewhere: set[int] = set()
        while not stopped(control):
            entry = queue.next(elsewhere) or next((one for one in queue.entries() if one.number in elsewhere and one.finished()), None)
            if entry is None:
                return
            elsewhere.discard(entry.number)
            if _is_live(entry):
                _leave(entry, elsewhere, tell)
                continue
            entries = queue.entries()  # more may have been added
            through = sum(one.state in ("done", "failed", "skipped") for one in entries)
            telling = telling or Telling(folder.name, len(entries), through, tell)
            telling.of, telling.done = len(entries), through
            index = next(i for i, one in enumerate(entries) if one.number == entry.number) + 1
            own = OfRun(control)
            try:
                entry = _begun(queue, entry)
                telling.begin(index, entry.run or "", entry.title)
                summary = _trained(entry, train, telling.pass_on, own)
                value = value_of(summary)
                if judge is not None:
                    judge(folder, entry, tell, own)
            except Busy:
                _leave(entry, elsewhere, tell)
            except (Lost, Ended):  # one of the processes that train together is gone: the run is gone on with by the next who works here
                raise
            except Cancelled:
                if stopped(control):
                    return  # the run is gone on with by the next who works here
                queue.update(entry.number, state="failed", why="It was cancelled")
                telling.end("failed", why="It was cancelled")
            except Exception as error:  # whatever ended this run, the others can do without it
                why = str(error) if isinstance(error, StudioError) else f"Something unforeseen: {type(error).__name__}: {error}"
                queue.update(entry.number, state="failed", why=why)
                tell(Note(level="warn", message=f"{entry.title} failed: {why}"))
                telling.end("failed", why=why)
            else:
                queue.update(entry.number, state="done", value=value, seconds=summary.get("seconds"))
                telling.end("done", value)


def _is_live(entry: Entry) -> bool:
    return entry.run is not None and Run(Path(entry.run)).is_live()


def _leave(entry: Entry, elsewhere: set[int], tell: Tell) -> None:
    """Pass over a run that another process trains: somebody went on with it by itself. The next who works here finds what came of it."""
    elsewhere.add(entry.number)
    said = f"{entry.title or f'Run {entry.number}'} is being trained by another process; go on with the study when that has ended"
    tell(Note(level="warn", message=f"{said}."))


def stopped(control: Control) -> bool:
    """Whether a study is to end in good order. Raises Cancelled where it is to end as soon as possible."""
    control.check()
    return control.stopping


def value_of(summary: dict[str, Any]) -> float | None:
    """What runs are ranked by: validation accuracy, or mean IoU."""
    metrics = summary.get("metrics") or {}
    value = metrics.get("val_mean_iou", metrics.get("val_accuracy"))
    return None if value is None else float(value)


def _begun(queue: Queue, entry: Entry) -> Entry:
    """The entry with its run's folder, which is noted before anything is trained into it."""
    if entry.run is None or not (Path(entry.run) / "recipe.toml").is_file():
        made = Run.create(Recipe.parse(entry.recipe))
        queue.update(entry.number, run=str(made.path), state="running")
    else:
        queue.update(entry.number, state="running")
    return next(one for one in queue.entries() if one.number == entry.number)


def _trained(entry: Entry, train: Train, tell: Tell, control: Control) -> dict[str, Any]:
    assert entry.run is not None
    run = Run(Path(entry.run))
    return run.summary() or train(run.recipe(), run, tell, control)

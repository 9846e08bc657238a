"""Working on a sweep: trials one after the other, poor ones cut short, what was left half-done gone on with."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.control import Control, Tell
from tlstudio.errors import Busy, Cancelled, StudioError
from tlstudio.events import EpochEnded, Event, Note
from tlstudio.runs import Run
from tlstudio.studies import space, sweep
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.telling import OfRun, Telling
from tlstudio.studies.working import Train, stopped, train, value_of
from tlstudio.training.distributed import Ended, Lost

if TYPE_CHECKING:
    import optuna


def work(folder: StudyFolder, tell: Tell, control: Control, *, train: Train = train) -> None:
    """Make trials until there are as many as were asked for, whoever made them. What was left half-done comes first; and last what those
    left half-done that ended meanwhile."""
    asked = sweep.Asked.from_json(folder.said()["asked"])
    with folder.working(alone=False):
        study = sweep.opened(folder)
        try:
            _work(folder, study, asked, tell, control, train)
        except sweep.library().exceptions.StorageInternalError as error:  # a full disk, a server that is gone
            raise sweep.unusable(asked.storage or str(folder.path / "optuna.db"), error) from None


def _work(folder: StudyFolder, study: optuna.Study, asked: sweep.Asked, tell: Tell, control: Control, train: Train) -> None:
    telling = Telling(folder.name, asked.trials, 0, tell)

    def take_up() -> None:
        for trial in _left(folder, study, asked, control):
            if not stopped(control):
                _try(study, trial, telling, control, train)

    take_up()
    while not stopped(control):
        asked = sweep.Asked.from_json(folder.said()["asked"])  # more may have been asked for
        new = _next(folder, study, asked, control)
        if new is None:
            take_up()
            return
        _try(study, new, telling, control, train)


def _next(folder: StudyFolder, study: optuna.Study, asked: sweep.Asked, control: Control) -> optuna.trial.Trial | None:
    """The next trial with its run's folder; None where there are enough. One process at a time chooses, of those that share the folder;
    what others get that share the storage alone is kept apart by the number of the trial, which the storage gives to one only."""
    lib = sweep.library()
    axes = space.axes(asked.recipe, asked.vary)
    with sweep.asking(folder, control):
        if len(_counted(study)) >= asked.trials:
            return None
        trial = study.ask()
        if sum(one.number < trial.number for one in _counted(study)) >= asked.trials:  # others asked at the same moment
            trial.set_user_attr(sweep.SURPLUS, True)
            study.tell(trial, state=lib.trial.TrialState.FAIL)
            return None
        # Sown anew for each: what is chosen follows from the seed and the trials before, in whichever process.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some of it is called experimental
            sampler: Any = lib.samplers.TPESampler(
                seed=(asked.seed * 100_003 + trial.number) % 2**31, n_startup_trials=min(10, max(3, asked.trials // 3)), constant_liar=True
            )
            if trial.number == 0:  # the recipe as it is comes first, where it can: what is found is never worse
                with contextlib.suppress(KeyError, AttributeError):
                    base = {axis.key: space.scalar(asked.recipe.get(axis.key)) for axis in axes}
                    if all(axis.holds(base[axis.key]) for axis in axes):
                        sampler = lib.samplers.PartialFixedSampler(base, sampler)
            study.sampler = sampler
            values = {axis.key: _suggested(trial, axis) for axis in axes}
        try:
            recipe = space.applied(asked.recipe, values)
            word = asked.recipe.name or Path(asked.recipe.data.path).stem
            run = Run.create(recipe.set({"name": f"{word}: trial {trial.number + 1} of {folder.name}"}))
        except StudioError as error:
            study.tell(trial, state=lib.trial.TrialState.FAIL)
            raise StudioError(error.what, error.why, error.do) from None
        trial.set_user_attr("run", str(run.path))
    return trial


def _counted(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """The trials that were begun, whatever became of them, but for those that were one too many."""
    waiting = sweep.library().trial.TrialState.WAITING
    return [one for one in study.get_trials(deepcopy=False) if one.state != waiting and sweep.SURPLUS not in one.user_attrs]


def _suggested(trial: optuna.trial.Trial, axis: space.Axis) -> Any:
    if axis.choices:
        return trial.suggest_categorical(axis.key, axis.choices)
    if axis.whole:
        return trial.suggest_int(axis.key, int(axis.low), int(axis.high), log=axis.log, step=int(axis.step or 1))
    return trial.suggest_float(axis.key, axis.low, axis.high, log=axis.log, step=axis.step)


def _left(folder: StudyFolder, study: optuna.Study, asked: sweep.Asked, control: Control) -> Iterator[optuna.trial.Trial]:
    """Trials that were begun by who shares the runs' folder, and that nobody works on."""
    states = sweep.library().trial.TrialState
    with sweep.asking(folder, control):
        begun = study.get_trials(deepcopy=False, states=(states.RUNNING,))
        for one in begun:
            if "run" not in one.user_attrs and not asked.storage:  # its process died before it had a folder
                study.tell(one.number, state=states.FAIL)
    for one in begun:
        run = Path(str(one.user_attrs.get("run") or ""))
        if (run / "recipe.toml").is_file() and not Run(run).is_live():
            yield sweep.library().trial.Trial(study, one._trial_id)  # Optuna's own way to go on with one is this constructor


def _is_over(study: optuna.Study, trial: optuna.trial.Trial) -> bool:
    """Whether its end was told already, by another process that had it in hand meanwhile: nothing can be added to it any more."""
    return any(one.number == trial.number and one.state.is_finished() for one in study.get_trials(deepcopy=False))


def _try(study: optuna.Study, trial: optuna.trial.Trial, telling: Telling, control: Control, train: Train) -> None:
    """Train a trial's run, cut it short when it falls behind, and tell Optuna. Raises Cancelled when the sweep is cancelled."""
    states = sweep.library().trial.TrialState
    if _is_over(study, trial):
        return
    run, own = Run(Path(trial.user_attrs["run"])), OfRun(control)
    telling.done = sum(one.state.is_finished() for one in study.get_trials(deepcopy=False))
    telling.begin(trial.number + 1, str(run.path), f"Trial {trial.number + 1}: {space.spoken(trial.params)}")
    pruned = False

    def heard(event: Event) -> None:
        nonlocal pruned
        telling.pass_on(event)
        if isinstance(event, EpochEnded) and not pruned:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a run that is gone on with tells some epochs again, which counts once
                trial.report(event.val_accuracy if event.val_mean_iou is None else event.val_mean_iou, event.epoch)
            if trial.should_prune():
                pruned = True
                own.stop()

    try:
        summary = run.summary() or train(run.recipe(), run, heard, own)
    except (Lost, Ended):  # as in `working.work_queue`
        raise
    except Cancelled:
        if not stopped(control):
            study.tell(trial, state=states.FAIL)
            telling.end("failed", why="It was cancelled")
        return
    except Exception as error:  # whatever ended this run, the others can do without it
        if isinstance(error, Busy) or _is_over(study, trial):  # another process has taken it up
            return
        why = str(error) if isinstance(error, StudioError) else f"Something unforeseen: {type(error).__name__}: {error}"
        trial.set_user_attr("why", why)
        study.tell(trial, state=states.FAIL)
        tell_of = Note(level="warn", message=f"Trial {trial.number + 1} failed: {why}")
        telling.pass_on(tell_of)
        telling.end("failed", why=why)
        return
    value = value_of(summary)
    # Nothing else stops a run in good order; this process may not be the one that did.
    pruned = summary.get("reason") == "stopped"
    with contextlib.suppress(sweep.library().exceptions.UpdateFinishedTrialError):  # another process has told its end
        trial.set_user_attr("metric", value)
        trial.set_user_attr("seconds", summary.get("seconds"))
        if value is None:
            study.tell(trial, state=states.FAIL, skip_if_finished=True)
        elif pruned:
            study.tell(trial, state=states.PRUNED, skip_if_finished=True)
        else:
            study.tell(trial, value, skip_if_finished=True)
        telling.end("pruned" if pruned else "done" if value is not None else "failed", value)

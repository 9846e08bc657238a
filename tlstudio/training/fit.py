"""Training, as a generator of events that can be read from top to bottom.

    for event in fit(recipe, run): ...

The command line iterates it, an engine writes its events as lines, the run folder keeps them, the window draws from them.
Every random choice follows from (seed, epoch, step or sample), never from the order of calls: threads, caches and a resume
cannot change a result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tlstudio.control import Control
from tlstudio.events import Event, Progress, RunEnded
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.agreement import remarks
from tlstudio.training.checkpoint import Checkpointer, good_of
from tlstudio.training.course import Course
from tlstudio.training.distributed import ranks
from tlstudio.training.memory import PeakMemory
from tlstudio.training.no_checkpoints import NoCheckpoints
from tlstudio.training.picture_trouble import PictureTrouble
from tlstudio.training.place import Place
from tlstudio.training.receipt import receipt
from tlstudio.training.remarks import about_computing, about_stages, news
from tlstudio.training.setup import set_up, started
from tlstudio.training.signals import start_of
from tlstudio.training.stages import at
from tlstudio.training.summary import proof_of, summary_of


def fit(recipe: Recipe, run: Run, *, control: Control | None = None) -> Iterator[Event]:
    """Train the recipe into the run's folder, stage by stage, or go on from its last checkpoint; yield what happens.

    Ends with FrozenProof and RunEnded, after summary.json is written. Raises InputError and StudioError with sentences for
    the user, Cancelled when cancelled; the run can be resumed after any of them.
    """
    together = ranks()
    control = together.control(control or Control())
    ground = yield from together.in_turn(lambda: set_up(recipe, control))
    yield Progress(phase="probe" if ground.tries(run.receipt()) else "begin", done=0)
    ground = ground.choosing(run.receipt(), control)
    yield Progress(phase="begin", done=0)
    memory = PeakMemory(ground.device)
    start = start_of(ground.network.module, ground.moving if recipe.training.signals else ())
    place, setup, resumed = yield from Place.find(run, ground)
    if together.main and (not resumed or run.receipt() is None):
        made_with = receipt(recipe, ground.images, ground.network, ground.device, setup.chosen)
        run.write_json("receipt.json", {**made_with, "start": start.digest})
    here = ((place.epoch, place.step), place.best_epoch) if resumed else (None, None)
    yield started(setup, ground.stages, recipe, run, *here)
    yield from about_computing(setup.chosen)
    yield from remarks(recipe, ground.device, ground.lots, ground.moving)
    about = {"tlstudio": "1", "model": recipe.model.name, "head": recipe.head.model_dump_json(), "classes": ground.images.classes}
    keeper = (Checkpointer if together.main else NoCheckpoints)(run, setup.still, about, recipe.training.save_minutes * 60)
    course = Course(run, ground, place, keeper, control, start.since(run.receipt(), resumed))
    pictures = PictureTrouble(ground.images.store)
    with contextlib.ExitStack() as ends:
        ends.callback(memory.close)
        if ground.images.store is not None:
            ends.callback(ground.images.store.close)
        ends.callback(course.close)
        ends.callback(keeper.close)
        ends.enter_context(setup.chosen.in_force())
        while True:
            stage = at(ground.stages, place.epoch)
            yield from pictures.beside(course.begin(stage, setup))
            if place.best_to_write:
                course.keep(best=True)
            yield from pictures.beside(course.epochs(stage))
            if course.over:
                break
            yield Progress(phase="begin", done=0)
            setup = ground.setup(at(ground.stages, place.epoch))
            place.enter(setup)

        yield from about_stages(place, ground.stages)
        # The end: everything on disk, the proof, and the best measured once more by the code that `evaluate` runs.
        course.keep(best=True)
        keeper.flush()
        yield from news(keeper)
        proof = proof_of(setup, place)
        yield proof
        final = yield from course.measured_again()
    yield from pictures.news()  # the last of them were written when the store was closed
    reason = "completed" if course.done else "early" if course.early else "stopped"
    summary = summary_of(
        recipe,
        setup,
        place,
        final,
        proof,
        reason,
        images_per_second=course.speed,
        peak_memory=memory.bytes(),
        kept=course.kept,
        folded=course.folded,
    )
    if together.main:
        run.write_json("summary.json", summary)
        with contextlib.suppress(OSError):
            good_of(run).unlink(missing_ok=True)  # nothing goes back any more
    yield RunEnded(reason=reason, summary=summary)

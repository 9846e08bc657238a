"""Hands on a run: other rates while it trains, away with it, further epochs once it is done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio import runs
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.history import RunHistory
from tlstudio.recipe import Longer, Recipe

if TYPE_CHECKING:
    from tlstudio.gui.session import Session


class Steering(QObject):
    """thrown: the run that was discarded last, until another begins or it is taken back: its place in the trash and where it was."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.thrown: tuple[Path, Path] | None = None
        self._read: Background[RunHistory] | None = None
        session.trained.discarded.connect(self._throw)
        session.run_changed.connect(self._forget)

    def scale_rates(self, times: float) -> None:
        """Multiply the rates of the running run, from its next step on. The schedule goes on from there."""
        self.session.trained.scale_rates(times)

    def discard(self) -> None:
        """End the run as soon as possible and move its folder to the trash; nothing is asked, as it can be taken back."""
        self.session.trained.discard()

    def _throw(self, run: str) -> None:
        folder = Path(run)
        Background(lambda: runs.Run(folder).to_trash(), lambda place: self._thrown(place, folder), self.session.trouble.emit)

    def _thrown(self, place: Path, folder: Path) -> None:
        if not self.session.trained.active:
            self.thrown = (place, folder)
        self.changed.emit()
        self.session.runs_changed.emit()

    def take_back(self) -> None:
        """Move the discarded run where it was; it is unfinished then, and can be resumed."""
        if self.thrown is None:
            return
        (place, folder), self.thrown = self.thrown, None
        self.changed.emit()

        def move() -> None:
            try:
                shutil.move(place, folder)
            except OSError as error:
                raise runs.cannot_write(folder, error) from None

        Background(move, lambda _: self.session.runs_changed.emit(), self.session.trouble.emit)

    def _forget(self) -> None:
        if self.thrown is not None and self.session.trained.active:
            self.thrown = None
            self.changed.emit()

    def resume(self, run: runs.Run) -> None:
        """Go on with an unfinished run from its last checkpoint."""
        if not self.session.training:
            self._go_on("resume", run, {}, lambda recipe: recipe)

    def train_longer(self, path: str, epochs: int, share: float) -> None:
        """Train a finished run further: so many epochs, at that share of its last stage's rates."""
        if self.session.training:
            busy = self.tr("A run is training in this window")
            self.session.trouble.emit(StudioError(busy, "", self.tr("Train longer when it has ended, or stop it first")))
            return

        def after(recipe: Recipe) -> Recipe:
            longer = (*recipe.stages.longer, Longer(epochs=epochs, share=share))
            return recipe.set({"stages.longer": [one.model_dump() for one in longer]})

        self._go_on("train_longer", runs.Run(Path(path)), {"epochs": epochs, "share": share}, after)

    def _go_on(self, job: str, run: runs.Run, args: dict[str, Any], after: Callable[[Recipe], Recipe]) -> None:
        """Train a run of before further, with the recipe that `after` makes of its own.

        What it said is read in a thread: of a long run that takes seconds.
        """
        session = self.session
        try:
            recipe = run.recipe()
            further = after(recipe)
        except StudioError as error:
            session.trouble.emit(error)
            return
        if self._read is not None:
            self._read.forget()  # of two clicks the last one counts
        session.asked_for.emit("train")

        def begin(past: RunHistory) -> None:
            self._read = None
            if session.training:  # something else was started meanwhile
                return
            if session.recipe == Recipe():  # an untouched window shows what is trained; one with work in it keeps that
                session.take(recipe, self.tr("take the recipe of %1").replace("%1", recipe.name or run.path.name))
            session.give_way()
            session.trained.start(further, session.trainer.submit(job, {"run": str(run.path), **args}), past, str(run.path))

        def failed(error: StudioError) -> None:
            self._read = None
            session.trouble.emit(error)

        self._read = Background(lambda: RunHistory(run.history(saved=True)), begin, failed)

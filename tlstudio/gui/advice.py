"""What the rules of thumb say about freezing, with their two questions measured by the trainer: how this stands."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal

from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.session import Session
from tlstudio.gui.words import megabytes
from tlstudio.recipe import Recipe


def tr(text: str) -> str:
    return QCoreApplication.translate("advice", text)


class Advice(QObject):
    """loading: the `advice` document. It belongs to one model and one set of images: with others it is forgotten."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.loading = Loading()
        self._job: JobHandle | None = None
        self._about: tuple[Any, ...] = ()
        session.recipe_changed.connect(self._follow)
        session.data_changed.connect(self._follow)

    def ask(self) -> None:
        """Measure. Where the pretrained weights are not on this computer, say so at once."""
        self._drop()
        self._about = self._subject()
        if missing := self.missing():
            self._show(Loading("failed", error=missing))
            return
        self._show(Loading("busy"))
        args = {"recipe": _probed(self.session.recipe).model_dump(mode="json")}
        self._job = self.session.asides.ask("advise", args).connect_to(self._events, self._done, self._failed)

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """Forget what was said, and what is being measured."""
        self._drop()
        self._about = ()
        self._show(Loading())

    def missing(self) -> StudioError | None:
        """Why nothing can be measured, if so."""
        session = self.session
        if not session.data.ready:
            return InputError(tr("Advice needs images"), "", tr("Open a folder first"))
        if session.training:
            return InputError(tr("A run is training"), "", tr("Ask once it has ended"))
        recipe = _probed(session.recipe)
        try:
            entry = entry_of(recipe)
        except InputError as error:
            return error
        state = entry.weights_state() if recipe.model.weights == "pretrained" else "file"
        if state == "download":
            what = tr("The pretrained weights of %1 are not on this computer").replace("%1", entry.title)
            why = tr("nearness is measured with them")
            return InputError(what, why, tr("Download them on the model page (%1)").replace("%1", megabytes(entry.weights_bytes)))
        if state == "none":
            what = tr("There are no pretrained weights for %1").replace("%1", entry.title)
            return InputError(what, tr("nearness is measured with them"), tr("Choose another model"))
        return None

    def _subject(self) -> tuple[Any, ...]:
        recipe = self.session.recipe
        data = recipe.data
        return recipe.model.name, recipe.model.cut, data.path, data.exclude, data.val_share, data.test_share, data.split_seed

    def _follow(self) -> None:
        if self._about and self._about != self._subject():
            self.close()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.forget()
            self._job = None

    def _events(self, said: list[Event]) -> None:
        progress = [event for event in said if isinstance(event, Progress)]
        if progress:
            self._show(Loading("busy", progress=progress[-1]))

    def _done(self, document: dict[str, Any]) -> None:
        self._job = None
        self._show(Loading("ready", document=document))

    def _failed(self, error: StudioError) -> None:
        self._job = None
        self._show(Loading() if isinstance(error, Cancelled) else Loading("failed", error=error))

    def _show(self, loading: Loading) -> None:
        self.loading = loading
        self.changed.emit()


def _probed(recipe: Recipe) -> Recipe:
    """Who trains from random weights asks about the pretrained ones."""
    return recipe.with_strategy("head") if recipe.model.weights == "random" else recipe

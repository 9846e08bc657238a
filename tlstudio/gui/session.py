"""The session: current recipe with undo, the data, the model, the run. Pages know it; none knows another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QUndoStack

from tlstudio import places, runs
from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.asides import Asides
from tlstudio.gui.checks import Check, checks, missing_images, refusal
from tlstudio.gui.cost_estimate import CostEstimate
from tlstudio.gui.data_choice import of_images, read_otherwise
from tlstudio.gui.jobs import EngineWorker, JobHandle, close_all
from tlstudio.gui.live_session import LiveSession
from tlstudio.gui.loading import Loading
from tlstudio.gui.model_choice import entry_for, inspection, other_model, other_task
from tlstudio.gui.recipe_edit import RecipeEdit
from tlstudio.gui.steering import Steering
from tlstudio.gui.studying import Studying
from tlstudio.recipe import Recipe


class Session(LiveSession):
    """What the whole window is about. Signals carry nothing: listeners read the attribute that changed."""

    recipe_changed = Signal()
    data_changed = Signal()
    layers_changed = Signal()
    runs_changed = Signal()
    """Runs came, went or ended."""
    result_changed = Signal()
    """Another run is looked at on the results page."""
    masks_asked = Signal(str, str)
    """Lay these masks over their pictures: of a run (its folder) on that split, or, with no split, of a folder of masks."""
    objections_changed = Signal()
    """A form holds text that cannot be used, or no longer."""
    estimate_changed = Signal()
    """What the recipe will cost is known, or no longer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.inspector = EngineWorker("inspector", self)
        self.trainer = EngineWorker("trainer", self)
        # None of these waits for the inspector's torch, nor for each other.
        self.reader = EngineWorker("reader", self)
        """Reads images, and draws those of the sample."""
        self.downloader = EngineWorker("downloader", self)
        self.librarian = EngineWorker("librarian", self)
        """For what may take minutes and must not keep others waiting; started when first asked."""
        self.predictor = EngineWorker("predictor", self)
        """Predicts whole folders, for hours perhaps; started when first asked."""
        self.watcher = EngineWorker("watcher", self)
        """Frames of videos and cameras, many a second; started when first asked."""
        self.undo = QUndoStack(self)
        self.settings = QSettings(str(places.settings()), QSettings.Format.IniFormat)
        self.recipe = Recipe()
        self.data = Loading()
        self.layers = Loading()
        self.trained.ended.connect(self._run_ended)
        self.steering = Steering(self)
        self.studying = Studying(self)
        self.batch = 1
        """Images at once that the layer tree is worked out for; training has its own."""
        self.result_run: str = ""
        self.result_picture: str = ""
        """The image that is wanted with it, until the page has taken it."""
        self.objections: dict[str, str] = {}
        self._scan: JobHandle | None = None
        self._inspection: JobHandle | None = None
        self.asides = Asides(self.trainer)
        self.cost = CostEstimate(self)
        self.cost.changed.connect(self.estimate_changed)

    # the recipe

    def edit(self, changes: dict[str, Any], text: str) -> None:
        """Change the recipe by dotted keys, as one step that can be undone; `text` says what it was ("set epochs to 5").
        Steps with the same text in a row (a slider being dragged) become one. Raises InputError for a value out of bounds.
        """
        self.take(self.recipe.set(changes), text)

    def object_to(self, key: str, sentence: str) -> None:
        """A form holds text for that key which cannot be used, and why; "" takes it back. No run starts meanwhile."""
        if self.objections.get(key, "") != sentence:
            self.objections = {k: v for k, v in self.objections.items() if k != key} | ({key: sentence} if sentence else {})
            self.objections_changed.emit()

    def choose_strategy(self, strategy: str) -> None:
        """Take a preset of what learns, with the stages and rates that suit it."""
        self.take(self.recipe.with_strategy(strategy).set({"stages.own": ()}), self.tr("choose %1").replace("%1", strategy))

    def take(self, recipe: Recipe, text: str) -> None:
        """Put a whole recipe in force (from a file, from a run), as one step that can be undone."""
        if recipe != self.recipe:
            self.undo.push(RecipeEdit(self, self.recipe, recipe, text))

    def set_recipe(self, recipe: Recipe) -> None:
        """Put a recipe in force (undo and redo come here). The model follows; data follow only through `open_data`."""
        before, self.recipe = self.recipe, recipe
        if inspection(recipe) != inspection(before):
            self.inspect()
        if not recipe.data.path:
            if before.data.path:  # else the first images may just be being read
                self._forget_data()
        elif read_otherwise(before.data, recipe.data):
            self.scan(recipe.data.path)
        elif recipe.data != before.data and self.data.ready:
            self.rescan()
        self.recipe_changed.emit()

    # data

    def open_data(self, path: str, name: str = "") -> None:
        """Open a folder, archive or CSV: scan it and, if it can be used, make it the recipe's data."""
        self.asked_for.emit("data")
        known = {"recipe": self.recipe.model_dump(mode="json")} if path == self.recipe.data.path else {}  # how they are to be read
        self._read(path, {"path": path, **known}, "scan", name or Path(path).stem)

    def open_sample(self, task: str = "classification") -> None:
        """Generate the built-in leaves (or take those that are there) and open them, for classes or with their masks."""
        self.asked_for.emit("data")
        self._read("sample", {"task": task}, "open_sample", self.tr("Generated leaves"))

    def choose_task(self, task: str) -> None:
        """Learn another task from the open images; model, head and loss become fitting where they are not. They are read anew."""
        self.take(other_task(self.recipe, task), self.tr("learn from masks") if task == "segmentation" else self.tr("learn classes"))

    def scan(self, path: str) -> None:
        """Read the data again, progress shown; the recipe stays."""
        self._read(path, {"path": path, "recipe": self.recipe.model_dump(mode="json")}, "scan", self.recipe.name)

    def rescan(self) -> None:
        """Count the splits anew after a change of shares, seed or skipped files; nothing is decoded again."""
        args = {"path": self.recipe.data.path, "recipe": self.recipe.model_dump(mode="json")}
        self._read(self.data.what, args, "scan", self.recipe.name, quiet=True)

    def _forget_data(self) -> None:
        if self._scan is not None:
            self._scan.forget()
            self._scan = None
        self.data = Loading()
        self.data_changed.emit()

    def cancel_scan(self) -> None:
        if self._scan is not None:
            self._scan.cancel()

    def _read(self, what: str, args: dict[str, Any], job: str, name: str, *, quiet: bool = False) -> None:
        if self._scan is not None:
            self._scan.forget()
        before = self.data
        if not quiet:
            self.data = Loading("busy", what, before.document)
            self.data_changed.emit()
        self._scan = handle = self.reader.submit(job, args)
        self.trainer.warm()  # while the images are read, so that the first run begins at once

        def events(said: list[Event]) -> None:
            progress = [event for event in said if isinstance(event, Progress)]
            if progress and not quiet:
                self.data = Loading("busy", what, before.document, progress[-1])
                self.data_changed.emit()

        def done(document: dict[str, Any]) -> None:
            self._scan = None
            classes = len(self.classes)
            self.data = Loading("ready", what, document)
            before, recipe = self.recipe, of_images(self.recipe, document, name)
            if recipe != before:
                self.recipe = recipe  # the scan is already there: set_recipe must not ask for it again
                self.undo.push(RecipeEdit(self, before, recipe, self.tr("open %1").replace("%1", recipe.name)))
            # the head has one output a class, also where the recipe came before its images
            if inspection(recipe, len(self.classes)) != inspection(before, classes):
                self.inspect()
            self.data_changed.emit()

        def failed(error: StudioError) -> None:
            self._scan = None
            if isinstance(error, Cancelled):
                self.data = Loading("ready" if before.document else "empty", before.what, before.document)
            else:
                self.data = Loading("failed", what, before.document, error=error)
            self.data_changed.emit()

        handle.connect_to(events, done, failed)

    @property
    def classes(self) -> list[str]:
        """Names of the classes of the open data."""
        return [entry["name"] for entry in self.data.document.get("classes", ())]

    # the model

    def choose_model(self, name: str) -> None:
        self.edit(other_model(self.recipe, name), self.tr("choose %1").replace("%1", entry_for(name, self.recipe.data.task).title))

    def look_with(self, batch: int) -> None:
        """Work the layer tree out for so many images at once."""
        if batch != self.batch:
            self.batch = batch
            self.inspect()

    def inspect(self) -> None:
        """Ask for the layer tree of the recipe's model with the data's classes."""
        if self._inspection is not None:
            self._inspection.forget()
        recipe = self.recipe
        self.layers = Loading("busy", recipe.model.name, self.layers.document)
        self.layers_changed.emit()
        self._inspection = handle = self.inspector.submit("inspect", inspection(recipe, len(self.classes), self.batch))

        def done(document: dict[str, Any]) -> None:
            self._inspection = None
            self.layers = Loading("ready", recipe.model.name, document)
            self.layers_changed.emit()

        def failed(error: StudioError) -> None:
            self._inspection = None
            self.layers = Loading("failed", recipe.model.name, error=error)
            self.layers_changed.emit()

        handle.connect_to(None, done, failed)

    # the run

    @property
    def estimate(self) -> Loading:
        """What the recipe in force will cost, as measured on this machine."""
        return self.cost.loading

    def checks(self) -> list[Check]:
        """What the train page lists before the start; while there are no images to speak of, why."""
        if self.data.state in ("busy", "failed"):
            return missing_images(self.data)
        return checks(self.data.document, self.layers.document, self.recipe, self.objections) if self.data.document else []

    def give_way(self) -> None:
        """A run is about to begin: questions to the trainer end, and a replay."""
        self.leave_replay()
        self.cost.give_way()
        self.asides.give_way()

    def obstacles(self) -> list[Check]:
        return [check for check in self.checks() if check.level == "bad"]

    def start(self) -> None:
        """Train the recipe. Trouble is told by `live`, in the train page's own place."""
        if self.training:
            return
        if refused := refusal(self.data, self.obstacles(), self.objections):
            self.trouble.emit(refused)
            return
        self.give_way()
        self.live.start(self.recipe, self.trainer.submit("train", {"recipe": self.recipe.model_dump(mode="json")}))

    def resume(self, run: runs.Run) -> None:
        """Go on with an unfinished run from its last checkpoint."""
        self.steering.resume(run)

    def _run_ended(self) -> None:
        if self.live.run and self.live.state in ("done", "stopped"):
            self.result_run = self.live.run
            self.result_changed.emit()
        self.runs_changed.emit()

    def show_result(self, run: str, picture: str = "") -> None:
        """Look at a run on the results page. picture: the file of one of its validation images, which is opened there."""
        self.result_run, self.result_picture = run, picture
        self.result_changed.emit()
        self.asked_for.emit("results")

    def show_masks(self, place: str, split: str = "") -> None:
        """Look at masks on the overlay page: a run's on a split, or those of a folder."""
        self.masks_asked.emit(place, split)
        self.asked_for.emit("overlay")

    def begin(self) -> None:
        """After the first paint: start and warm the inspector, ask for the model's tree."""
        self.inspector.warm()
        self.inspect()

    def close(self) -> None:
        """End the engines; the window is closing."""
        self.cost.close()
        self.undo.clear()  # its commands hold this session: left to the garbage, they are deleted twice
        close_all([self.inspector, self.trainer, self.reader, self.downloader, self.librarian, self.predictor, self.watcher])
        self.settings.sync()

"""TensorBoard's event files, in the run folder: tensorboard --logdir of the folder of all runs lays them side by side."""

from __future__ import annotations

from typing import Any

from tlstudio.events import Event, RunStarted, WentBack
from tlstudio.recipe import Recipe, Section
from tlstudio.registry import Kind
from tlstudio.runs import Run
from tlstudio.tracking.tracker import Figures

FOLDER = "tensorboard"

PACKAGE = ("tensorboard", "TensorBoard")


class Options(Section):
    """Nothing but where."""


class TensorBoard:
    """Scalars by step of the run. Steps that a resume makes anew replace the earlier ones (purge_step)."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self._run, self._recipe, self._figures = run, recipe, Figures()
        self._writer: Any = None

    def take(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._figures.steps_per_epoch = event.steps_per_epoch
            epochs, steps = event.resumed_from or (0, 0)
            self._begin(epochs, steps, fresh=event.resumed_from is None)
        elif isinstance(event, WentBack):
            self._begin(event.epochs, event.steps)
        if self._writer is not None:
            for step, said in self._figures.of(event):
                for name, value in said.items():
                    self._writer.add_scalar(name, value, step, walltime=event.at)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _begin(self, epochs: int, steps: int, *, fresh: bool = False) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.close()
        purge = None if fresh else epochs * self._figures.steps_per_epoch + steps + 1
        self._writer = SummaryWriter(str(self._run.path / FOLDER), purge_step=purge)
        if fresh:
            text = "\n".join(f"    {line}" for line in self._recipe.to_toml().splitlines())  # indented: as it is, for Markdown
            self._writer.add_text("recipe", text, 0)


def _make(options: Options, run: Run, recipe: Recipe) -> Any:
    return TensorBoard(run, recipe)


KIND = Kind("tensorboard", "TensorBoard", "Event files in the run folder; see them with: tensorboard --logdir RUNS.", Options, _make)

"""Weights & Biases. Offline its files lie in the run folder until `wandb sync` sends them; nothing leaves the computer before."""

from __future__ import annotations

import secrets
from typing import Any

from tlstudio.events import Event, RunEnded, RunStarted
from tlstudio.recipe import Recipe, Section
from tlstudio.registry import Kind
from tlstudio.runs import Run
from tlstudio.tracking.tracker import Figures, facts, known

PACKAGE = ("wandb", "Weights & Biases")


class Options(Section):
    """What it can be told are project and offline, for all trackers."""


class WeightsAndBiases:
    """One run there for one run folder, under the same id when it goes on."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self._run, self._recipe, self._figures = run, recipe, Figures()
        self._there: Any = None

    def take(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._figures.steps_per_epoch = event.steps_per_epoch
            self._begin()
        if self._there is None:
            return
        for step, said in self._figures.of(event):
            # Steps of its own would have to rise; what a resume makes anew comes a second time.
            self._there.log({**said, "step": step})
        if isinstance(event, RunEnded):
            metrics = event.summary.get("metrics", {})
            figures = {key: value for key, value in metrics.items() if isinstance(value, int | float)}
            self._there.summary.update(known({**figures, "best_epoch": event.summary.get("best_epoch")}))

    def close(self) -> None:
        if self._there is not None:
            self._there.finish()
            self._there = None

    def _begin(self) -> None:
        import wandb

        self.close()
        tracking, recipe = self._recipe.tracking, self._recipe
        self._there = wandb.init(
            project=tracking.project,
            name=recipe.name or self._run.name,
            id=_id(self._run),
            resume=None if tracking.offline else "allow",
            mode="offline" if tracking.offline else "online",
            dir=str(self._run.path),
            config=facts(recipe, self._run),
            settings=wandb.Settings(silent=True, console="off", x_disable_stats=True, disable_git=True, save_code=False),
        )
        self._there.define_metric("step")
        self._there.define_metric("*", step_metric="step")


def _id(run: Run) -> str:
    """The run's own name there, kept in its folder. Not made from its path: on two computers that may be the same."""
    file = run.path / ".wandb-id"
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        made = secrets.token_hex(8)
        run.write_text(file.name, made)
        return made


def _make(options: Options, run: Run, recipe: Recipe) -> Any:
    return WeightsAndBiases(run, recipe)


KIND = Kind("wandb", "Weights & Biases", "Offline in the run folder, or online for those who are logged in there.", Options, _make)

"""What the recipe will cost on this machine: asked of the trainer in the background once hands have rested, and dropped for any run."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from tlstudio.errors import Cancelled, StudioError
from tlstudio.gui.loading import Loading
from tlstudio.gui.stage_plan import one_stage
from tlstudio.gui.words import megabytes
from tlstudio.recipe import Recipe

if TYPE_CHECKING:
    from tlstudio.gui.jobs import JobHandle
    from tlstudio.gui.session import Session

WAIT = 700  # ms after the last change
SAMPLES = 6  # pictures whose decoding is timed
_AMONG = 600  # lines of the index that they are taken from
_ROOM = 0.7  # share of the free memory that a measurement may take

# What neither seconds nor bytes depend on, or only in a way that the window itself can reckon.
_FREE: dict[str, Any] = {
    "name": "", "optimizer.lr": 0.01, "optimizer.backbone_lr": 0.01, "optimizer.weight_decay": 0.0, "optimizer.layer_decay": 1.0,
    "optimizer.multipliers": {}, "schedule.kind": "constant", "schedule.options": {}, "schedule.warmup": 0.0, "training.seed": 0,
    "stages.head_lr": 0.01, "stages.lr_decay": 0.5,
}  # fmt: skip


def tr(text: str) -> str:
    return QCoreApplication.translate("cost_estimate", text)


class CostEstimate(QObject):
    """loading: the `estimate` document of the recipe in force; busy without a document while it is measured anew."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.loading = Loading()
        self._key = ""
        self._job: JobHandle | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self._ask)
        for signal in (session.recipe_changed, session.data_changed, session.layers_changed, session.run_turned):
            signal.connect(self.follow)

    def follow(self) -> None:
        """See whether something changed that costs depend on; if so, measure once nothing more changes."""
        session = self.session
        if session.training:
            self.give_way()
            return
        # the tree says how much memory it would take
        ready = session.data.ready and session.layers.ready and bool(session.data.document.get("splits", {}).get("train"))
        key = self._said() if ready else ""
        if key == self._key:
            return
        self._drop()
        self._key = key
        if key:
            self._show(Loading("busy"))
            self._timer.start()
        else:
            self._show(Loading())

    def give_way(self) -> None:
        """A run begins: end what is being measured; it is asked for again after the run."""
        if self._job is not None or self._timer.isActive():
            self._drop()
            self._key = ""
            self._show(Loading())

    def close(self) -> None:
        """The window is closing: nothing is asked any more."""
        self._drop()

    def _said(self) -> str:
        data = self.session.data.document
        recipe = self.session.recipe.set(_FREE)
        if one_stage(recipe):
            recipe = recipe.set({"training.epochs": 1})
        return json.dumps([recipe.model_dump(mode="json"), data["splits"], len(data["classes"]), data.get("index")], sort_keys=True)

    def _drop(self) -> None:
        self._timer.stop()
        if self._job is not None:
            self._job.forget()
            self._job = None

    def _ask(self) -> None:
        session = self.session
        data = session.data.document
        short = _short_of_memory(session.layers.document, session.recipe)
        if short:
            self._show(Loading("failed", error=StudioError(short)))
            return
        args = {
            "recipe": session.recipe.model_dump(mode="json"),
            "classes": len(data["classes"]),
            "n_train": data["splits"]["train"],
            "n_val": data["splits"].get("val", 0),
            **samples(data.get("index", ""), data["root"]),
            "coding": data.get("coding"),
        }
        self._job = session.asides.ask("estimate", args).connect_to(None, self._done, self._failed)

    def _done(self, document: dict[str, Any]) -> None:
        self._job = None
        self._show(Loading("ready", document=document))

    def _failed(self, error: StudioError) -> None:
        self._job = None
        self._show(Loading() if isinstance(error, Cancelled) else Loading("failed", error=error))

    def _show(self, loading: Loading) -> None:
        if loading != self.loading:
            self.loading = loading
            self.changed.emit()


def samples(index: str, root: str) -> dict[str, list[str]]:
    """Absolute paths of a few pictures, `samples`, spread over the first of the index file, and of their `masks` if there are some; {}
    where it cannot be read."""
    try:
        with Path(index).open(encoding="utf-8") as file:
            lines = list(islice(file, _AMONG))
        spread = lines[:: max(1, len(lines) // SAMPLES)][:SAMPLES]
        said = [json.loads(line) for line in spread]
        return {"samples": [str(Path(root) / one["path"]) for one in said], "masks": [one["mask"] for one in said if "mask" in one]}
    except (OSError, ValueError, KeyError):
        return {}


def _short_of_memory(layers: dict[str, Any], recipe: Recipe) -> str:
    """A sentence where the least that training takes does not fit into free memory: measuring would stop the whole computer."""
    import psutil

    totals = layers["totals"]
    needs = 4 * totals["params"]
    if recipe.frozen.strategy in ("full", "scratch"):
        per_image = 1e6 * totals.get("forward_backward_mb", 0.0) / layers["input"][0]
        needs += 12 * totals["params"] + per_image * recipe.training.batch_size
    free = psutil.virtual_memory().available
    if needs <= _ROOM * free:
        return ""
    said = tr("Not measured: it takes about %1 of memory, and %2 are free")
    return said.replace("%1", megabytes(needs)).replace("%2", megabytes(free))

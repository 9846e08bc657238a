"""The trained network of a run, read from its folder alone."""

from __future__ import annotations

import contextlib
import functools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.masks import Coding
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError, StudioError
from tlstudio.models.folded_network import folded_network
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses
from tlstudio.training.kept_masks import coding_of
from tlstudio.training.machine_probe import Chosen, format_of
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.out_of_memory import is_out_of_memory
from tlstudio.training.prepare import device_of, mask_pipeline_of, pipeline_of
from tlstudio.training.weights_file import unpacked


@dataclass(frozen=True)
class Trained:
    """network: in eval mode on device, with the weights of the best epoch. classes: names by index.

    coding: names and colours of the classes, as predicted masks are written; None where whole images are classified.
    layout: how weights and images lie in memory, as when the run measured its own figures: rounding depends on it.
    windows: through which it looks at large scenes, as then; they become narrower where there is less memory now.
    """

    run: Run
    recipe: Recipe
    network: Network
    classes: list[str]
    pipeline: Pipeline | MaskPipeline
    device: torch.device
    coding: Coding | None = None
    layout: torch.memory_format = torch.channels_last
    windows: Windows = field(default_factory=Windows)

    @functools.cached_property
    def judged(self) -> Network:
        """The network as it measured the figures of the run's summary, BatchNorm folded or not: rounding depends on it. In eval mode."""
        shape = ((self.run.receipt() or {}).get("input") or {}).get("shape")
        if not shape or not (self.run.summary() or {}).get("folded"):
            return self.network
        try:
            return folded_network(self.network, (shape[0], shape[1])) or self.network
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return self.network  # which answers the same but for rounding


IDLE = 300.0  # seconds after which a network that nobody asked for is let go


class _Kept:
    """The network of the last question: the next one is most likely about it too. Let go after a while, for it may take gigabytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[Path, tuple[int, int]] | None = None
        self._trained: Trained | None = None
        self._timer: threading.Timer | None = None

    def get(self, path: Path, stamp: tuple[int, int]) -> Trained:
        """stamp: when the weights and the summary were written, so that newer ones are read anew."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._trained is None or self._of != (path, stamp):
                self._trained = None  # before the next one is read: two may not fit
                self._trained, self._of = _read(Run(path)), (path, stamp)
            self._timer = threading.Timer(IDLE, self._let_go)
            self._timer.daemon = True
            self._timer.start()
            return self._trained

    def _let_go(self) -> None:
        with self._lock:
            self._trained = None
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.empty_cache()  # torch would keep its room on the card for itself


_kept = _Kept()


def trained(run: Run) -> Trained:
    """Raises InputError for a run that has learned nothing yet, StudioError for weights that cannot be read. The last one is kept."""
    try:
        best = run.best.stat().st_mtime_ns
    except OSError:
        raise InputError(f"The run {run.name} has no trained weights yet", "", "Resume it, or let its first epoch end") from None
    summary = 0
    with contextlib.suppress(OSError):  # the run has not ended
        summary = (run.path / "summary.json").stat().st_mtime_ns
    return _kept.get(run.path, (best, summary))


def _read(run: Run) -> Trained:
    recipe, receipt = run.recipe(), run.receipt()
    named = receipt.get("classes") if receipt is not None else None
    if not isinstance(named, list):
        raise StudioError(f"The run {run.name} has no readable receipt.json", "it names the classes", "Train again")
    classes = [str(name) for name in named]
    network = build(
        recipe.model.name,
        classes=len(classes),
        head=recipe.head,
        weights="random",
        cut=recipe.model.cut,
        aux=recipe.model.aux,
        task=recipe.data.task,
        one_logit=losses.one_logit(recipe.loss),
    )
    _, weights = unpacked(run.best)
    try:
        network.module.load_state_dict(weights)
    except RuntimeError as error:
        raise StudioError(f"The weights {run.best} are of another model", "", "Train again", details=str(error)) from None
    try:
        device = device_of(recipe)
    except InputError:  # trained on another computer
        device = device_of(Recipe())
    layout = _layout(network, receipt, device)
    network.module.to(device).to(memory_format=layout).eval()
    if recipe.data.task == "segmentation":
        try:
            coding = coding_of(Coding.from_json((receipt or {})["coding"]))
            learned_at = recipe.set({"data.image_size": (receipt or {})["input"]["size"]})
        except (KeyError, TypeError, ValueError, InputError):
            raise StudioError(f"The run {run.name} has no readable receipt.json", "it names the classes", "Train again") from None
        pipeline = mask_pipeline_of(learned_at, network.entry, [])
        return Trained(run, recipe, network, classes, pipeline, device, coding, layout, Windows.of_run(run))
    return Trained(run, recipe, network, classes, pipeline_of(recipe, network.entry), device, layout=layout)


def _layout(network: Network, receipt: dict[str, Any] | None, device: torch.device) -> torch.memory_format:
    """As in the run; on another kind of device, and of a run that did not say it, what is best there."""
    chosen = Chosen.from_receipt(receipt, device) if receipt is not None and "chosen" in receipt else None
    if chosen is None:
        return format_of(network.module, device)
    return torch.channels_last if chosen.channels_last else torch.contiguous_format

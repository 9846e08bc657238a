"""Scenes that do not fit into memory whole are judged through windows: by the run to its end, after a resume, and by `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.scenes import pairs
from tlstudio import api
from tlstudio.errors import StudioError
from tlstudio.events import EpochEnded, Event, Note, PrefixCached
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import mask_measure, mask_tiles
from tlstudio.training.fit import fit
from tlstudio.training.parts import HeadApart

NARROW = {"whole": 64 * 96 // 2, "side": 32}  # of views of 64 x 96 pixels


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_tiles, "LEAST", 32)


def _with_room_for(pixels: int, patched: pytest.MonkeyPatch) -> None:
    """A card that judges so many pixels at once."""
    logits = mask_measure._logits

    def tight(network: Any, module: Any, inputs: Any, view: tuple[int, int], windows: mask_tiles.Windows) -> torch.Tensor:
        at_once = [min(side, windows.side) if windows.needed(view) else side for side in view]
        if at_once[0] * at_once[1] > pixels:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return logits(network, module, inputs, view, windows)

    patched.setattr(mask_measure, "_logits", tight)


def _recipe(tmp_path: Path) -> Recipe:
    scenes = tmp_path / "scenes"
    base = {
        **{"data.path": str(scenes if scenes.exists() else pairs(scenes)), "data.task": "segmentation", "data.image_size": 64},
        **{"head.kind": "lraspp", "head.options": {"width": 16}, "training.epochs": 2, "training.batch_size": 3},
    }
    return Recipe().set(base)


def _train(recipe: Recipe, folder: Path) -> tuple[Run, list[Event]]:
    run = Run.create(recipe, folder)
    return run, list(fit(recipe, run))


def _of(kind: type[Any], said: list[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def _evaluated_as_measured(run: Run) -> bool:
    """Whether `evaluate` gives the figures of the summary."""
    metrics = (run.summary() or {})["metrics"]
    return bool(api.evaluate(str(run.path))["metrics"] == {key[4:]: value for key, value in metrics.items() if key != "val_iou"})


def test_a_scene_that_does_not_fit_is_judged_through_windows_to_the_end_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_step: None
) -> None:
    recipe = _recipe(tmp_path)
    with monkeypatch.context() as patched:
        _with_room_for(64 * 64, patched)
        run, said = _train(recipe, tmp_path / "tight")
        cut = Run.create(recipe, tmp_path / "cut")
        for event in fit(recipe, cut):
            if isinstance(event, EpochEnded):
                break
    notes = [note.message for note in _of(Note, said) if "memory" in note.message]
    assert len(notes) == 1
    assert notes[0].startswith("The computer ran out of memory while a picture was judged. Pictures that come to the model with more than")
    assert "3,072 pixels are looked at through overlapping windows of 32 x 32 from now on; the run is judged and evaluated so" in notes[0]
    assert (run.receipt() or {})["windows"] == (run.summary() or {})["windows"] == NARROW
    assert _of(PrefixCached, said)[0].how == "features"
    # There is memory again, but what was recorded goes on to hold: figures that are compared are measured in one way.
    assert _evaluated_as_measured(run)
    assert not [note for note in _of(Note, list(fit(recipe, cut))) if "memory" in note.message]
    assert (cut.summary() or {})["metrics"] == (run.summary() or {})["metrics"]
    one, other = load_file(run.best), load_file(cut.best)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_is_kept_of_training_views_stays_where_only_scenes_do_not_go_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, front = _recipe(tmp_path), HeadApart.front

    def tight(self: HeadApart, x: torch.Tensor) -> list[torch.Tensor]:
        if len(x) == 1:  # scenes come one at a time
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return front(self, x)

    with monkeypatch.context() as patched:
        patched.setattr(HeadApart, "front", tight)
        run, said = _train(recipe, tmp_path / "tight")
    assert _of(PrefixCached, said)[0].how == "features"
    assert len([note for note in _of(Note, said) if "overlapping windows of 32 x 32" in note.message]) == 1
    assert (run.summary() or {})["windows"] == NARROW
    assert _evaluated_as_measured(run)


def test_no_picture_at_all_ends_with_a_sentence_and_the_run_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = _recipe(tmp_path)
    run = Run.create(recipe, tmp_path / "run")
    with monkeypatch.context() as patched:
        _with_room_for(0, patched)
        with pytest.raises(StudioError, match=r"memory with a picture that comes to the model with 96 x 64 pixels.*goes on from its last"):
            list(fit(recipe, run))
    assert run.last.exists()
    assert len(_of(EpochEnded, list(fit(recipe, run)))) == 2
    assert (run.summary() or {})["windows"] is None

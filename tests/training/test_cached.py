"""The frozen part is computed once: what is kept, where, and that training from it is training."""

from __future__ import annotations

import errno
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from tlstudio import api, places
from tlstudio.data.row_store import Writer
from tlstudio.events import EpochEnded, Event, PrefixCached, RunEnded, Steps
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import budget, keeping
from tlstudio.training.fit import fit
from tlstudio.training.rows import InMemory, OutOfRange, as_kept, as_used, channels_last


def _recipe(photos: Path, strategy: str = "head", **changes: Any) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 64, "training.epochs": 3, "training.batch_size": 6, "data.test_share": 0.0}
    said = {"stages.head_epochs": 0, "training.device": "cpu"} | {key.replace("__", "."): value for key, value in changes.items()}
    return Recipe().with_strategy(strategy).set(base | said)


def _train(recipe: Recipe, folder: Path) -> list[Event]:
    return list(fit(recipe, Run.create(recipe, folder)))


def _kept(said: list[Event]) -> PrefixCached:
    (found,) = [event for event in said if isinstance(event, PrefixCached)]
    return found


def _losses(said: list[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


def _metrics(said: list[Event]) -> dict[str, Any]:
    assert isinstance(said[-1], RunEnded)
    found: dict[str, Any] = said[-1].summary["metrics"]
    return found


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short runs are worth cutting too."""
    monkeypatch.setattr(budget, "WORTH", {"cpu": 0.0})


def test_a_second_run_with_another_head_and_rate_begins_at_once(photos: Path, tmp_path: Path) -> None:
    first = _kept(_train(_recipe(photos), tmp_path / "a"))
    assert (first.how, first.where, first.dtype, first.reused) == ("features", "memory", "float32", 0)
    assert first.computed == first.images == 24
    assert first.bytes == 24 * 1280 * 4
    changed = _recipe(photos, head__kind="dropout_linear", optimizer__lr=0.03, training__batch_size=4)
    second = _kept(_train(changed, tmp_path / "b"))
    assert (second.computed, second.reused) == (0, 24)
    assert "earlier run" in second.sentence
    assert (second.saves_seconds or 0) > (first.saves_seconds or 0) > 0, "as long as the first run took for it, that too is saved"
    other_size = _kept(_train(_recipe(photos, data__image_size=96), tmp_path / "c"))
    assert other_size.computed == 24


def test_what_was_kept_before_gives_the_same_run_to_the_bit(photos: Path, tmp_path: Path) -> None:
    first, second = _train(_recipe(photos), tmp_path / "a"), _train(_recipe(photos), tmp_path / "b")
    assert _kept(second).computed == 0
    assert _losses(first) == _losses(second)
    assert _metrics(first) == _metrics(second)


@pytest.mark.parametrize("damage", ["flipped", "cut", "index"])
def test_damage_on_disk_is_noticed_and_mended(photos: Path, tmp_path: Path, damage: str) -> None:
    sound = _train(_recipe(photos), tmp_path / "a")
    files = sorted((places.cache() / "prefix").rglob("*.rows"))
    assert files
    for file in files:
        if damage == "index":
            for index in file.parent.glob("*"):
                if index.suffix not in (".rows", ".lock") and index.is_file():
                    index.write_bytes(b"\x00garbage")
            continue
        said = bytearray(file.read_bytes())
        if damage == "flipped":
            said[len(said) // 2] ^= 0x40
        file.write_bytes(said if damage == "flipped" else said[: len(said) // 2])
    mended = _train(_recipe(photos), tmp_path / "b")
    assert _kept(mended).computed > 0
    assert "made again." in _kept(mended).sentence
    assert ".." not in _kept(mended).sentence
    assert _losses(mended) == _losses(sound)
    assert _metrics(mended) == _metrics(sound)


def test_a_full_disk_only_means_that_the_next_run_begins_anew(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Writer, value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Writer, "_write", full)
    said = _train(_recipe(photos), tmp_path / "a")
    assert _kept(said).computed == 24
    assert "The disk is full. What is not kept is made anew each time." in _kept(said).sentence
    assert isinstance(said[-1], RunEnded)
    monkeypatch.setattr(budget, "MEMORY", 0)
    nothing = _train(_recipe(photos, training__epochs=1), tmp_path / "b")
    assert _kept(nothing).sentence == "Nothing is kept of the frozen part: the disk is full."
    assert isinstance(nothing[-1], RunEnded)


def test_a_network_that_is_cut_between_whole_layers_says_why() -> None:
    coarse = keeping.Choice("modules", where="memory", why="which of its layers run depends on the images")
    said = keeping.sentence(coarse, images=3, nbytes=2000, computed=3, saves=None)
    assert said.endswith("cut between whole layers: which of its layers run depends on the images.")


def test_a_run_stays_folded_or_not_as_it_began(photos: Path, tmp_path: Path, every_step: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that an older version began had nothing folded: its resume computes what it would have computed."""
    recipe = _recipe(photos)
    folded = _train(recipe, tmp_path / "folded")
    assert isinstance(folded[-1], RunEnded)
    assert folded[-1].summary["folded"]
    assert api.evaluate(str(tmp_path / "folded"))["metrics"]["loss"] == _metrics(folded)["val_loss"]
    with monkeypatch.context() as older:
        older.setattr(keeping, "folded_network", lambda *_: None)
        whole = _train(recipe, tmp_path / "whole")
        run = Run.create(recipe, tmp_path / "cut")
        training = fit(recipe, run)
        next(event for event in training if isinstance(event, EpochEnded))
        training.close()
    resumed = list(fit(recipe, run))
    assert isinstance(resumed[-1], RunEnded)
    assert not resumed[-1].summary["folded"]
    assert resumed[-1].summary["metrics"] == _metrics(whole)
    assert _losses(whole) != _losses(folded)
    assert _losses(whole) == pytest.approx(_losses(folded), rel=1e-3, abs=1e-5)


def test_what_made_the_features_is_gone_when_deeper_layers_learn(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second set of weights: a large network takes gigabytes."""
    made: list[weakref.ref[torch.nn.Module]] = []
    make = keeping.folded_network

    def remembered(network: Network, shape: tuple[int, int]) -> Network | None:
        twin = make(network, shape)
        assert twin is not None
        made.append(weakref.ref(twin.module))
        return twin

    monkeypatch.setattr(keeping, "folded_network", remembered)
    recipe = _recipe(photos, "full", stages__head_epochs=1, training__epochs=1)
    there: dict[str, bool] = {}
    for event in fit(recipe, Run.create(recipe, tmp_path / "run")):
        if isinstance(event, PrefixCached):
            there[event.stage] = made[0]() is not None
    assert list(there.values()) == [True, False]


def test_exact_keeps_nothing_and_says_so(photos: Path, tmp_path: Path) -> None:
    kept = _kept(_train(_recipe(photos, training__cache="exact"), tmp_path / "run"))
    assert (kept.how, kept.bytes) == ("none", 0)
    assert "exact" in kept.sentence
    everything = _kept(_train(_recipe(photos, "full", training__epochs=1), tmp_path / "full"))
    assert "everything learns" in everything.sentence


def test_epochs_take_turns_with_the_views_that_are_kept(photos: Path, tmp_path: Path) -> None:
    augmented = {"augment.enabled": True, "training.epochs": 4}
    exact = _losses(_train(_recipe(photos, training__cache="exact").set(augmented), tmp_path / "exact"))
    said = _train(_recipe(photos).set(augmented), tmp_path / "all")
    assert _kept(said).views == 4, "more views than epochs are not needed"
    assert _losses(said) == pytest.approx(exact, rel=1e-3, abs=1e-5), "a view is that of the epoch with its number"
    two = _train(_recipe(photos).set(augmented | {"augment.views": 2}), tmp_path / "two")
    kept = _kept(two)
    assert kept.views == 2
    assert "2 views" in kept.sentence
    per_epoch = len(exact) // 4
    assert _losses(two)[: 2 * per_epoch] == pytest.approx(exact[: 2 * per_epoch], rel=1e-3, abs=1e-5)
    assert _losses(two)[2 * per_epoch :] != pytest.approx(exact[2 * per_epoch :], rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("strategy", ["last-block"])
def test_training_from_the_cut_is_training(photos: Path, tmp_path: Path, strategy: str, at_once: None) -> None:
    whole = _train(_recipe(photos, strategy, training__cache="exact"), tmp_path / "whole")
    cut = _train(_recipe(photos, strategy), tmp_path / "cut")
    kept = _kept(cut)
    assert kept.how == "graph"
    assert _losses(cut) == pytest.approx(_losses(whole), rel=1e-3, abs=1e-5)
    assert _metrics(cut)["val_loss"] == pytest.approx(_metrics(whole)["val_loss"], rel=1e-3)
    found = api.evaluate(str(tmp_path / "cut"))
    assert found["metrics"]["loss"] == _metrics(cut)["val_loss"]
    again = _kept(_train(_recipe(photos, strategy, optimizer__backbone_lr=0.001), tmp_path / "again"))
    assert (again.computed, again.reused) == (0, 24)


def test_where_memory_is_small_halves_are_kept_or_the_disk_takes_them(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    recipe = _recipe(photos, "last-block")
    first = _train(recipe, tmp_path / "float32")
    full = _kept(first)
    monkeypatch.setattr(budget, "MEMORY", full.bytes * 3 // 4)
    halves = _train(recipe, tmp_path / "float16")
    assert (_kept(halves).dtype, _kept(halves).where) == ("float16", "memory")
    assert _kept(halves).bytes == full.bytes // 2
    assert _losses(halves) == pytest.approx(_losses(first), rel=0.02, abs=1e-3)
    monkeypatch.setattr(budget, "MEMORY", 0)
    disk = _train(recipe, tmp_path / "disk")
    assert (_kept(disk).where, _kept(disk).computed) == ("disk", 0), "what the second run kept is enough"
    assert _losses(disk) == _losses(halves)
    assert api.evaluate(str(tmp_path / "disk"))["metrics"]["loss"] == _metrics(disk)["val_loss"]


def test_a_disk_that_takes_only_a_part_leaves_the_whole_network(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    monkeypatch.setattr(budget, "MEMORY", 0)
    monkeypatch.setattr(Writer, "add", lambda self, key, tensors: False)
    said = _train(_recipe(photos, "last-block", training__epochs=2), tmp_path / "run")
    assert _kept(said).how == "none"
    assert "the disk" in _kept(said).sentence
    assert isinstance(said[-1], RunEnded)


def test_what_a_card_copies_is_pinned_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned, plain = list[tuple[int, ...]](), torch.empty

    def empty(*size: Any, pin_memory: bool = False, **said: Any) -> torch.Tensor:
        if pin_memory:
            pinned.append(tuple(size[0]))
        return plain(*size, **said)

    monkeypatch.setattr(torch, "empty", empty)
    laid = torch.arange(12.0).view(4, 3)
    rows, usual = InMemory(4, torch.device("cpu"), pinned=True), InMemory(4, torch.device("cpu"))
    for one in (rows, usual):
        one.put(0, [laid, laid.to(torch.float16)])
    places = torch.tensor([3, 0])
    assert pinned == []
    for ours, theirs in zip(rows.take(places), usual.take(places), strict=True):
        assert torch.equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert pinned == [(2, 3), (2, 3)]


def test_what_torch_has_of_a_card_unused_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("mem_get_info", (1 << 30, 8 << 30)), ("memory_reserved", 6 << 30), ("memory_allocated", 3 << 30)):
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert budget.room(torch.device("cuda")) == 1 << 30  # a quarter of 1 + 6 - 3


def test_rows_keep_their_layout_and_their_range() -> None:
    laid = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    assert channels_last(laid)
    assert not channels_last(torch.randn(2, 3, 4, 5))
    kept = as_kept(laid, torch.float16, True)
    assert kept.shape == (2, 4, 5, 3)
    rows = InMemory(4, torch.device("cpu"))
    rows.put(0, [kept])
    rows.put(2, [kept.flip(0)])
    used = as_used(rows.take(torch.tensor([3, 0]))[0], torch.device("cpu"), True)
    assert used.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(used, laid[[0, 0]], atol=1e-2)
    with pytest.raises(OutOfRange):
        as_kept(torch.tensor([[1e5]]), torch.float16, False)
    assert torch.isfinite(as_kept(torch.tensor([[1e5]]), torch.bfloat16, False)).all()

"""What is tried on a machine before a long run, and what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.pictures import class_folders
from tests.training.test_learner import batch, learner_of
from tlstudio.control import Control, silent
from tlstudio.errors import Cancelled
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.training import machine_probe, precision
from tlstudio.training.machine_probe import Chosen, probe
from tlstudio.training.prepare import Images, images_of
from tlstudio.training.receipt import receipt

CPU = torch.device("cpu")
LONG = 1e6  # images


def samples(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return batch(n)


def made_of(folder: Path) -> tuple[Images, Network]:
    """Images and a network of a recipe."""
    recipe = Recipe().set({"data.path": str(class_folders(folder / "photos"))})
    return images_of(recipe, silent, Control()), build("mobilenet_v3_small", classes=2, weights="random")


def refuse(n: int) -> Any:
    raise AssertionError


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Seconds an image, by what is chosen, instead of true ones; what is not said takes 1 ms."""
    said: dict[str, float] = {}

    def seconds(self: Any, chosen: Chosen, n: int, times: int = 2) -> float:
        key = f"{chosen.threads} threads" if chosen.threads != torch.get_num_threads() else ""
        key = key or ("" if chosen.channels_last else "channels first") or chosen.precision
        return n * said.get(key, said.get(f"{n} images", 0.001))

    monkeypatch.setattr(machine_probe._Trial, "_seconds", seconds)
    monkeypatch.setattr(machine_probe, "_threads", lambda: [2, 1])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return said


def test_a_short_run_begins_at_once() -> None:
    learner = learner_of(frozen__strategy="full")
    chosen = probe(learner, 500, refuse, Control())
    assert chosen == Chosen("cpu", torch.get_num_threads())
    assert chosen.seconds == 0


def test_a_long_run_is_tried_in_true_passes_that_leave_no_trace() -> None:
    learner = learner_of(frozen__strategy="full", training__batch_size=4)
    before = {name: tensor.clone() for name, tensor in learner.module.state_dict().items()}
    chosen = probe(learner, LONG, samples, Control())
    assert 0 < chosen.seconds < 20
    for name, tensor in learner.module.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert learner.chosen == Chosen("cpu", torch.get_num_threads())


def test_what_is_clearly_faster_is_taken_and_remembered(times: dict[str, float]) -> None:
    times["2 threads"] = 0.0005
    first = probe(learner_of(frozen__strategy="full"), LONG, samples, Control())
    assert (first.threads, first.channels_last) == (2, True)
    times["2 threads"] = 0.01  # a busy moment later: the same run is made the same way
    again = probe(learner_of(frozen__strategy="full"), LONG, samples, Control())
    assert replace(again, seconds=0) == replace(first, seconds=0)
    assert again.seconds == 0


def test_what_is_faster_only_once_is_not_taken(times: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    steady, tried = machine_probe._Trial._seconds, []

    def seconds(self: Any, chosen: Chosen, n: int, times: int = 2) -> float:
        if chosen.threads != 2:
            return steady(self, chosen, n, times)
        tried.append(n)
        return n * (0.0005 if len(tried) == 1 else 0.001)  # the machine had a good moment

    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    monkeypatch.setattr(machine_probe._Trial, "_seconds", seconds)
    assert probe(learner_of(frozen__strategy="full"), LONG, samples, Control()).threads == 1
    assert len(tried) == 2


def test_what_is_hardly_faster_is_not_taken(times: dict[str, float]) -> None:
    times.update({"2 threads": 0.00095, "channels first": 0.00099})
    chosen = probe(learner_of(frozen__strategy="full"), LONG, samples, Control())
    assert (chosen.threads, chosen.channels_last) == (1, True)
    times["channels first"] = 0.0005
    assert not probe(learner_of(frozen__strategy="full", training__batch_size=16), LONG, samples, Control()).channels_last


def test_16_bits_are_taken_where_they_are_there_and_found_to_be_faster(times: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    times["bfloat16"] = 0.0001
    monkeypatch.setattr(machine_probe, "half_type", lambda device: None)
    assert probe(learner_of(frozen__strategy="full"), LONG, samples, Control()).precision == "float32"  # the CPU lacks them
    monkeypatch.setattr(machine_probe, "half_type", lambda device: "bfloat16")
    more = {"frozen__strategy": "full", "training__batch_size": 4}
    assert probe(learner_of(**more), LONG, samples, Control()).precision == "bfloat16"
    assert probe(learner_of(**more, training__precision="float32"), LONG, samples, Control()).precision == "float32"


def test_threads_that_the_recipe_names_are_not_tried(times: dict[str, float]) -> None:
    times["2 threads"] = 0.0001
    assert probe(learner_of(frozen__strategy="full", training__threads=1), LONG, samples, Control()).threads == 1


def test_a_better_batch_size_is_offered_not_taken(times: dict[str, float]) -> None:
    times["32 images"] = 0.002
    learner = learner_of(frozen__strategy="full")
    chosen = probe(learner, LONG, samples, Control())
    assert chosen.offer.startswith("Batches of 8 images would go 2.0 times as fast here as batches of 32")
    assert chosen.micro_batch == 0  # BatchNorm learns from a batch together
    assert learner.recipe.training.batch_size == 32


def test_a_batch_that_does_not_fit_is_tried_with_fewer_images(times: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, most, asked = machine_probe._Trial._seconds, 4, list[int]()

    def tight(self: Any, chosen: Chosen, n: int, times: int = 2) -> float:
        asked.append(n)
        if n > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return seconds(self, chosen, n, times)

    monkeypatch.setattr(machine_probe._Trial, "_seconds", tight)
    times["2 threads"] = 0.0005
    assert probe(learner_of(frozen__strategy="full"), LONG, samples, Control()).threads == 2
    assert {8, 4, 32} <= set(asked)
    most = 0  # the run's own steps say what is the matter
    chosen = probe(learner_of(frozen__strategy="full", training__batch_size=16), LONG, samples, Control())
    assert replace(chosen, seconds=0) == Chosen("cpu", torch.get_num_threads())


def test_a_busy_machine_is_not_remembered(times: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    times["2 threads"] = 0.0001
    with monkeypatch.context() as busy:
        busy.setattr(machine_probe, "SECONDS", -1.0)
        assert probe(learner_of(frozen__strategy="full"), LONG, samples, Control()).threads == 1
    assert machine_probe.store._read() == {}


def test_it_can_be_cancelled() -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        probe(learner_of(frozen__strategy="full"), LONG, samples, control)


def test_a_run_goes_on_with_what_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: True)
    chosen = Chosen("cpu", 3, 4, False, "bfloat16", 1.5, "Batches of 4 ...", "")
    said = {"chosen": chosen.to_json() | {"of a later version": 1}}
    assert Chosen.from_receipt(said, CPU) == Chosen("cpu", 3, 4, False, "bfloat16")
    assert Chosen.from_receipt(said, torch.device("cuda")) is None
    assert Chosen.from_receipt(None, CPU) is None
    assert Chosen.from_receipt({"device": "cpu", "threads": 2}, CPU) == Chosen("cpu", 2)  # of a run before there were choices
    with Chosen.from_receipt({"device": "cpu", "threads": 2}, CPU).in_force():  # type: ignore[union-attr]
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 1


def test_a_run_does_not_go_on_in_16_bits_where_they_take_hundreds_of_times_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"chosen": Chosen("cpu", 3, precision="bfloat16").to_json()}
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: False)
    found = Chosen.from_receipt(said, CPU)
    assert found is not None
    assert (found.threads, found.precision) == (3, "float32")
    assert "began in bfloat16" in found.note
    monkeypatch.setattr(precision, "half_type", lambda device: "bfloat16")
    assert precision.cannot("float16", CPU) == ""  # what has the newer one has the older one, too


def test_the_receipt_says_what_was_chosen(tmp_path: Path) -> None:
    chosen = Chosen("cpu", 3, channels_last=False)
    said = receipt(Recipe(), *made_of(tmp_path), CPU, chosen)
    assert said["threads"] == 3
    assert 1 <= said["cores"]["usable"] <= said["cores"]["all"]
    assert said["instructions"] == torch.backends.cpu.get_cpu_capability()
    assert Chosen.from_receipt(json.loads(json.dumps(said)), CPU) == chosen

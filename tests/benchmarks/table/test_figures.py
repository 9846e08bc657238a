"""The bench's own arithmetic."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from tests.benchmarks.table import figures
from tests.benchmarks.table.photos import NoPhotos, prepare
from tests.benchmarks.table.watch import watched

SAID = Path(__file__).parents[1]


def sample(accuracies: list[float], stages: list[str] | None = None) -> dict[str, object]:
    """Imports until 3 s, then an epoch every 10 s, the end half a second after the last."""
    epochs = [
        {"epoch": i, "at": 3.0 + 10 * i, "val_accuracy": a, "n": 100, "seconds": 10.0, "images_per_second": 20.0 + i, "stage": stage}
        for i, (a, stage) in enumerate(zip(accuracies, stages or [""] * len(accuracies), strict=True), 1)
    ]
    return {"marks": {"imported": 3.0, "done": 3.5 + 10 * len(epochs)}, "epochs": epochs, "again": []}


def test_times_count_from_the_end_of_the_imports_or_from_the_process() -> None:
    of = sample([0.5, 0.95, 0.9])
    assert figures.time_to(of, 0.93) == 20
    assert figures.time_to(of, 0.93, from_process=True) == 23
    assert figures.time_to(of, 0.96) == math.inf
    assert figures.total(of) == 30.5
    assert figures.total(of, all_epochs=25) == 30.5 + 22 * 10


def test_epochs_of_a_head_that_learned_first_do_not_count_as_full_fine_tuning() -> None:
    of = sample([0.95, 0.9, 0.94], ["head", "full", "full"])
    assert figures.time_to(of, 0.94) == 10
    assert figures.time_to(of, 0.94, last_stage_only=True) == 30
    assert figures.best_accuracy(of) == (0.95, 100)
    assert figures.best_accuracy(of, last_stage_only=True) == (0.94, 100)


def test_a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_pairs() -> None:
    of = figures.ratios({1: 10.0, 2: 20.0, 3: 30.0}, {1: 5.0, 2: 5.0, 3: 5.0})
    assert of is not None
    assert (of.median, of.low, of.high) == (4.0, 2.0, 6.0)
    never = figures.ratios({1: 10.0, 2: 20.0}, {1: math.inf, 2: math.inf})
    assert never is not None
    assert never.median == 0


def test_the_interval_is_wilsons() -> None:
    low, high = figures.interval(0.95, 153)
    assert low == pytest.approx(0.903, abs=1e-3)
    assert high == pytest.approx(0.975, abs=1e-3)


def test_copies_of_photos_have_other_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for i in range(10):
            (tmp_path / "in" / name / f"{i}.png").write_bytes(f"{name}{i}".encode())
    photos = prepare(tmp_path / "in", tmp_path / "out", times=4)
    assert (photos.train, photos.val, photos.classes) == (64, 16, ("a", "b"))
    assert len({path.read_bytes() for path in (tmp_path / "out").rglob("*.png")}) == 80
    with pytest.raises(NoPhotos):
        prepare(tmp_path / "in" / "a", tmp_path / "none")


def test_a_process_over_its_limit_is_cut_off_and_keeps_what_it_said() -> None:
    program = f"import sys, time; sys.path.insert(0, {str(SAID)!r}); from table import said; said.epoch(1, 0.5, 10, seconds=1.0,"
    program += "images_per_second=2.0); time.sleep(60)"
    found = watched([sys.executable, "-c", program], {}, 1.5)
    assert found["trouble"].startswith("cut off")
    assert [epoch["val_accuracy"] for epoch in found["epochs"]] == [0.5]
    assert found["memory"] > 1e6


def test_a_process_that_fails_says_why() -> None:
    found = watched([sys.executable, "-c", "raise ValueError('no such photos')"], {}, 20)
    assert found["trouble"] == "ValueError: no such photos"

"""A few validation images are watched: always the same ones, of every class, with what validation found of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from tlstudio.events import EpochEnded, Watched, from_json
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.measure import Measured
from tlstudio.training.watched import PICTURES, Watching, chosen


def test_every_class_has_its_turn_and_the_seed_decides_which() -> None:
    labels = [0] * 50 + [1] * 50 + [2] * 3
    places = chosen(labels, 7)
    assert places == chosen(labels, 7) != chosen(labels, 8)
    assert [labels[place] for place in places] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert len(set(places)) == PICTURES
    many = [i // 2 for i in range(200)]
    assert len({many[place] for place in chosen(many, 7)}) == PICTURES
    assert sorted(chosen([0, 1, 1], 7)) == [0, 1, 2]


def test_what_validation_found_is_told_as_it_is() -> None:
    report = SimpleNamespace(root=Path("/photos"), items=[SimpleNamespace(path=f"{i}.png", label=i % 6) for i in range(12)])
    images: Any = SimpleNamespace(report=report, splits=SimpleNamespace(val=[11, 5, 3]))
    logits = torch.tensor([[0.0, 0, 0, 0, 0, 9], [0, 0, 0, 0, 3, 2], [1, 2, 3, 4, 5, 6]])
    said = Watching(images, 0).after(2, Measured(logits, torch.tensor([5, 5, 3])))
    assert said is not None
    at = said.paths.index(str(report.root / "5.png"))
    assert said.truth[at] == 5
    assert said.labels[at][:2] == [4, 5]
    assert said.probabilities[at][0] == round(float(logits[1].softmax(0)[4]), 4)
    assert all(len(row) == 5 for row in said.labels)
    assert from_json(said.to_json()) == said


def test_a_run_watches_the_same_images_after_every_epoch(photos: Path, tmp_path: Path) -> None:
    recipe = Recipe().set(
        {"data.path": str(photos), "data.image_size": 32, "training.epochs": 2, "training.batch_size": 6, "data.test_share": 0.0}
    )
    run = Run.create(recipe, tmp_path / "run")
    said = [event for event in fit(recipe, run) if isinstance(event, Watched | EpochEnded)]
    assert [type(event) for event in said] == [Watched, EpochEnded] * 2
    first, last = said[0], said[2]
    assert isinstance(first, Watched)
    assert isinstance(last, Watched)
    assert first.paths == last.paths
    assert all(Path(path).is_file() for path in first.paths)
    names = sorted({Path(path).parent.name for path in first.paths})
    assert [names[label] for label in first.truth] == [Path(path).parent.name for path in first.paths]
    assert first.probabilities != last.probabilities
    epoch = said[3]
    assert isinstance(epoch, EpochEnded)
    if epoch.n <= PICTURES:  # all of them are watched
        assert sum(row[0] == truth for row, truth in zip(last.labels, last.truth, strict=True)) == epoch.correct

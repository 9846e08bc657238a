"""The file of predictions is read piece by piece and answers what the results page asks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tlstudio.errors import StudioError
from tlstudio.gui import predictions

CLASSES = ["ants", 'the "images": [']
IMAGES = [
    {"path": "/p/0.jpg", "truth": 0, "probabilities": [0.9, 0.1], "loss": 0.105},
    {"path": "/p/1.jpg", "truth": 0, "probabilities": [0.2, 0.8], "loss": 1.609},
    {"path": "/p/2.jpg", "truth": 1, "probabilities": [0.6, 0.4], "loss": 0.916},
    {"path": "/p/3, ] }.jpg", "truth": 1, "probabilities": [0.01, 0.99], "loss": None},
]


def write(folder: Path, said: dict[str, object]) -> Path:
    file = folder / "val.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    return file


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_it_reads_what_was_written_whatever_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(predictions, "CHUNK", chunk)
    said = predictions.read(write(tmp_path, {"classes": CLASSES, "images": IMAGES}), CLASSES)
    assert said.paths == [image["path"] for image in IMAGES]
    assert said.truth.tolist() == [0, 0, 1, 1]
    assert said.probabilities.dtype == np.float32
    assert said.probabilities[1].tolist() == pytest.approx([0.2, 0.8])
    assert np.isnan(said.loss[3])


def test_it_answers_what_is_wrong_and_in_which_order(tmp_path: Path) -> None:
    said = predictions.read(write(tmp_path, {"classes": CLASSES, "images": IMAGES}), CLASSES)
    assert said.said.tolist() == [0, 1, 0, 1]
    assert said.most_wrong.tolist() == [1, 2]
    assert said.least_sure.tolist() == [1, 2, 0, 3]
    assert said.by_truth.tolist() == [0, 1, 3, 2]
    assert said.cell(1, 0).tolist() == [2]
    assert said.ranked(1, 1) == [("ants", pytest.approx(0.2))]  # the truth is named even where it is not on top


def test_no_images_are_no_trouble(tmp_path: Path) -> None:
    said = predictions.read(write(tmp_path, {"images": []}), CLASSES)
    assert len(said) == 0
    assert said.most_wrong.tolist() == said.by_truth.tolist() == []


@pytest.mark.parametrize("text", ["", "{}", '{"images": [{"path": "a", "truth": 0, "probab', '{"images": [{"path": "a"}]}'])
def test_a_torn_file_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "val.json"
    file.write_text(text)
    with pytest.raises(StudioError, match="could not be read"):
        predictions.read(file, CLASSES)


def test_other_classes_and_a_missing_file_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Measure again"):
        predictions.read(write(tmp_path, {"images": IMAGES}), ["ants"])
    with pytest.raises(StudioError, match="Measure again"):
        predictions.read(tmp_path / "nowhere.json", CLASSES)

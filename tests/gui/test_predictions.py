"""The file of predictions is read and answers what the results page asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlstudio.errors import StudioError
from tlstudio.gui import predictions

CLASSES = ["ants", "bees"]
PATHS = ["/p/0.jpg", "/p/1.jpg", "/p/2.jpg", "/p/caf\udce9.jpg"]  # the last name is no text
P = np.float32([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.01, 0.99]])


def write(folder: Path, classes: list[str] = CLASSES, **changes: object) -> Path:
    """The file of four images; changes: other arrays, None for one that is not there."""
    arrays: dict[str, Any] = {"truth": np.int64([0, 0, 1, 1]), "probabilities": P, "loss": np.float32([0.105, 1.609, 0.916, np.nan])}
    names = json.dumps({"classes": classes, "paths": PATHS}).encode()
    arrays |= {"names": np.frombuffer(names, np.uint8)} | changes
    file = folder / "val.npz"
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file


def test_it_reads_what_was_written(tmp_path: Path) -> None:
    said = predictions.read(write(tmp_path), CLASSES)
    assert said.paths == PATHS
    assert said.truth.tolist() == [0, 0, 1, 1]
    assert said.probabilities.dtype == np.float32
    assert said.probabilities[1].tolist() == pytest.approx([0.2, 0.8])
    assert np.isnan(said.loss[3])


def test_it_answers_what_is_wrong_and_in_which_order(tmp_path: Path) -> None:
    said = predictions.read(write(tmp_path), CLASSES)
    assert said.said.tolist() == [0, 1, 0, 1]
    assert said.most_wrong.tolist() == [1, 2]
    assert said.least_sure.tolist() == [1, 2, 0, 3]
    assert said.by_truth.tolist() == [0, 1, 3, 2]
    assert said.cell(1, 0).tolist() == [2]
    assert said.ranked(1, 1) == [("ants", pytest.approx(0.2))]  # the truth is named even where it is not on top


def test_no_images_are_no_trouble() -> None:
    none = np.empty(0, np.int64)
    said = predictions.Predictions(CLASSES, [], none, np.empty((0, 2), np.float32), np.empty(0, np.float32))
    assert len(said) == 0
    assert said.most_wrong.tolist() == said.by_truth.tolist() == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_torn_file_is_told_in_a_sentence(tmp_path: Path, share: float) -> None:
    file = write(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StudioError, match="could not be read"):
        predictions.read(file, CLASSES)


@pytest.mark.parametrize("changes", [{"loss": None}, {"truth": np.int64([0, 0, 1, 2])}, {"probabilities": P[:3]}, {"classes": ["a", "b"]}])
def test_other_contents_and_a_missing_file_are_told_too(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(StudioError, match="Measure again"):
        predictions.read(write(tmp_path, **changes), CLASSES)
    with pytest.raises(StudioError, match="Measure again"):
        predictions.read(tmp_path / "nowhere.npz", CLASSES)

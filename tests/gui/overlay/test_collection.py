"""What is open: sorting, filtering, and what a run kept of its epochs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.masked import COLOURS, NAMES, evaluated, plain, prediction, truth
from tlstudio.gui.overlay.collection import BEST, NAME, WORST, Collection, kept_epochs, kept_masks, natural
from tlstudio.gui.overlay.past import _files


def test_the_worst_first_the_best_first_or_by_name(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    assert collection.has_scores
    assert collection.order(WORST) == [3, 2, 1, 0]
    assert collection.order(BEST) == [0, 1, 2, 3]
    assert collection.order(NAME, [3, 1]) == [1, 3]


def test_pictures_without_a_score_come_last_both_ways() -> None:
    entries = [{"path": "a", "iou": None}, {"path": "b", "iou": 0.5}, {"path": "c", "iou": 0.0}]
    collection = Collection("", "", (), (), None, entries)
    assert collection.order(WORST) == [2, 1, 0]
    assert collection.order(BEST) == [1, 2, 0]


def test_names_are_sorted_as_people_count() -> None:
    assert sorted(["Photo 10", "photo 9", "photo"], key=natural) == ["photo", "photo 9", "Photo 10"]


def test_which_classes_a_picture_shows(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    car = NAMES.index("car")
    assert [collection.shows(i, car) for i in range(4)] == [False, True, True, True]  # it is in the truth alone
    bare = Collection.of(plain(tmp_path / "bare"), "bare")
    assert not bare.has_scores
    assert bare.names == ()


def test_a_document_tells_names_colours_and_both_codings(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    assert (collection.names, collection.colours) == (NAMES, COLOURS)
    assert collection.coding is not None
    assert collection.own_coding.names == list(NAMES)
    assert (prediction(1) != truth(1)).any()


def test_masks_of_earlier_epochs_are_found(tmp_path: Path) -> None:
    collection = Collection.of(evaluated(tmp_path), "run")
    assert [epoch for epoch, _ in kept_epochs(collection.run)] == [1, 2]
    assert {place: sorted(epochs) for place, epochs in _files(collection).items()} == {0: [1, 2]}
    broken = tmp_path / "run" / "masks" / "epoch_0001"
    (broken / "index.json").write_text("{")
    assert kept_masks(broken) == {}


def test_no_folder_no_epochs(tmp_path: Path) -> None:
    assert kept_epochs(str(tmp_path / "nothing")) == []
    assert np.array_equal(truth(0)[:, -1], np.full(32, 255))

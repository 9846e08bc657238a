"""What is read of a folder of judged masks: which pictures are worst, over all classes and in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tlstudio.errors import InputError
from tlstudio.gui.mask_results import read


def test_the_worst_come_first_and_a_class_where_it_is(judged_masks: dict[str, Any], qapp: object) -> None:
    said = read(Path(judged_masks["masks"]))
    assert said.classes == ["background", "leaf", "stem"]
    assert said.worst()[0] == 0
    assert len(said.worst()) == 6
    assert said.worst(2) == [0, 1]  # the others neither show a stem nor are called so
    assert (said.score(0, 1), said.score(3, 2)) == (0.375, None)
    first = said.images[0]
    assert first.prediction is not None
    assert first.truth is not None
    assert Path(first.prediction.path).is_file()
    assert first.truth.coding.names == said.classes


def test_a_folder_without_an_index_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.json"):
        read(tmp_path)

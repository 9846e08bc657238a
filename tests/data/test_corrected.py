"""Where a corrected mask lies, and which ones there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio import places
from tlstudio.data import corrected


@pytest.mark.parametrize(
    ("mask", "place"),
    [("m/a.png", "m/a.corrected.png"), ("m/a.b_mask.tif", "m/a.b_mask.corrected.png"), ("m/a.corrected.png", "m/a.corrected.png")],
)
def test_beside_the_mask_and_a_corrected_one_is_its_own(tmp_path: Path, mask: str, place: str) -> None:
    assert corrected.place(tmp_path / mask, tmp_path / "p.jpg") == tmp_path / place


def test_beside_the_picture_where_the_mask_is_drawn(tmp_path: Path) -> None:
    assert corrected.place(places.cache() / "masks" / "x" / "p-1.png", tmp_path / "p.jpg") == tmp_path / "p.corrected.png"


def test_those_that_are_there(tmp_path: Path) -> None:
    for name in ("a.png", "a.corrected.png", "b.corrected.png"):
        (tmp_path / name).touch()
    assert corrected.existing([tmp_path, tmp_path, tmp_path / "absent"]) == {tmp_path / "a.corrected.png", tmp_path / "b.corrected.png"}

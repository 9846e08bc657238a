"""What the window reads of the `data` document beyond the contract: groups of copies, and which splits are carved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.data.scan import scan
from tlstudio.recipe import Data


def _photos(folder: Path, n: int, seed: int) -> None:
    folder.mkdir(parents=True)
    for i in range(n):
        pixels = np.random.default_rng([seed, i]).integers(0, 256, (80, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def test_copies_share_a_group(tmp_path: Path) -> None:
    for seed, name in enumerate(("ants", "bees")):
        _photos(tmp_path / name, 6, seed)
    for name in ("x", "y"):
        (tmp_path / "ants" / f"{name}.png").write_bytes((tmp_path / "ants/0.png").read_bytes())
    (tmp_path / "bees/z.png").write_bytes((tmp_path / "bees/1.png").read_bytes())
    document = scan(tmp_path).to_json(Data())
    groups = [problem["group"] for problem in document["problems"] if problem["kind"] == "duplicate"]
    assert sorted(groups.count(group) for group in set(groups)) == [2, 3]
    assert all("group" not in problem for problem in document["problems"] if problem["kind"] != "duplicate")


@pytest.mark.parametrize(
    ("splits", "carved"),
    [([""], ["val", "test"]), (["train", "val"], []), (["train", "test"], ["val"]), (["train", "val", "test"], [])],
)
def test_what_follows_from_the_shares_is_said(tmp_path: Path, splits: list[str], carved: list[str]) -> None:
    for seed, split in enumerate(splits):
        for name in ("ants", "bees"):
            _photos(tmp_path / split / name, 6, 10 * seed + len(name) + (name == "bees"))
    assert scan(tmp_path).to_json(Data())["carved"] == carved
    assert scan(tmp_path).to_json(Data(val_share=0.0, test_share=0.0))["carved"] == carved

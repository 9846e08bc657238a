"""Rows that several processes compute, each a share, are those that one computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.pictures import picture
from tlstudio.control import Control, silent
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.training import keeping
from tlstudio.training.keeping import Kept, choose
from tlstudio.training.prepare import images_of
from tlstudio.training.row_maker import RowMaker
from tlstudio.training.setup import Setup

SPLITS = ["train", "val"]


def _makers(photos: Path, many: int) -> list[RowMaker]:
    recipe = Recipe().set({"data.path": str(photos), "data.image_size": 32, "data.task": "classification", "training.device": "cpu"})
    images = images_of(recipe, silent, Control())
    setup = Setup(recipe, images, build("mobilenet_v3_small", classes=2, weights="random", seed=0), torch.device("cpu"))
    kept = choose(setup, images, disk=1 << 30)
    assert isinstance(kept, Kept)
    setup.eval_mode()
    out = [RowMaker(setup, images, kept, Control()) for _ in range(many)]
    for maker in out:
        maker.batch = 4
        maker.open(SPLITS)
    return out


def _rows(maker: RowMaker) -> dict[str, list[Tensor]]:
    maker.open(SPLITS)
    return {key: maker.stores[split].stacked([key]) for split in SPLITS for keys in maker.keys[split] for key in keys}


def test_shares_come_to_what_one_makes_alone_and_damage_is_mended(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone,) = _makers(photos, 1)
    wanted = alone.rows(SPLITS)
    assert sum(alone.share(SPLITS, 0, 1)) == wanted == alone.there(SPLITS)
    rows = _rows(alone)

    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "other"))
    makers = _makers(photos, 3)
    shares = [sum(maker.share(SPLITS, rank, 3)) for rank, maker in enumerate(makers)]
    assert sum(shares) == wanted  # nothing twice
    assert max(shares) - min(shares) <= 2 * 4
    for maker in makers:
        found = _rows(maker)
        assert found.keys() == rows.keys()
        assert all(torch.equal(one, other) for key in rows for one, other in zip(found[key], rows[key], strict=True))
        maker.close()

    for file in (tmp_path / "other").rglob("*.rows"):
        said = bytearray(file.read_bytes())
        said[100] ^= 0x40  # in its first row
        file.write_bytes(said)
    again = _makers(photos, 2)
    for rank, maker in enumerate(again):
        assert sum(maker.share(SPLITS, rank, 2))
    found = _rows(_makers(photos, 1)[0])
    assert all(torch.equal(one, other) for key in rows for one, other in zip(found[key], rows[key], strict=True))


def test_a_file_changed_since_the_scan_is_not_kept_as_what_it_was(photos: Path) -> None:
    (maker,) = _makers(photos, 1)
    images = maker._images
    first = images.report.items[images.splits.train[0]]
    picture(1, 99).save(photos / first.path)
    assert sum(maker.share(SPLITS, 0, 1)) == maker.there(SPLITS) == maker.rows(SPLITS)
    assert not maker.stores["train"].have([first.digest]), "another picture's row under the name of this one"


def test_with_another_version_of_a_library_nothing_is_found(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (now,) = _makers(photos, 1)
    monkeypatch.setattr(keeping, "_libraries", lambda: {"timm": "0.0.1"})
    (then,) = _makers(photos, 1)
    assert now.stores["val"].folder != then.stores["val"].folder

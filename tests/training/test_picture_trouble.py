"""Pictures that are kept on the disk: what is the matter with them is said in one line, and training goes on."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tlstudio import places
from tlstudio.data.row_store import Writer
from tlstudio.events import Event, Note, RunEnded
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit


def _trained(photos: Path, folder: Path) -> list[Event]:
    base = {"data.path": str(photos), "data.image_size": 32, "model.name": "mobilenet_v3_small", "model.weights": "random"}
    how = {"training.epochs": 2, "training.batch_size": 12, "training.device": "cpu", "augment.enabled": False}
    recipe = Recipe().with_strategy("scratch").set(base | how)
    said = list(fit(recipe, Run.create(recipe, folder)))
    assert isinstance(said[-1], RunEnded)
    return said


def _notes(said: list[Event]) -> list[str]:
    return [event.message for event in said if isinstance(event, Note) and "kept" in event.message]


def test_damage_is_told_and_mended(photos: Path, tmp_path: Path) -> None:
    assert _notes(_trained(photos, tmp_path / "a")) == []
    first = sorted((places.cache() / "pictures").rglob("*.rows"))[0]
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 0x40
    first.write_bytes(content)
    assert _notes(_trained(photos, tmp_path / "b")) == ["1 kept picture was damaged and will be made again."]
    assert _notes(_trained(photos, tmp_path / "c")) == []


def test_a_full_disk_is_told_once(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Writer, value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Writer, "_write", full)
    (said,) = _notes(_trained(photos, tmp_path / "run"))
    assert said.endswith("The disk is full. What is not kept is made anew each time.")

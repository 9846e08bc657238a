"""The index of a folder of masks: what is written is read, the folder can be moved, damage is told in a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tlstudio.data import overlay_index
from tlstudio.data.masks import Coding, MaskClass
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.errors import InputError, StudioError

CODING = Coding("index", (MaskClass("sky", 0, (1, 2, 3)), MaskClass("road", 7, (4, 5, 6))), (255,))


def _index(folder: Path) -> OverlayIndex:
    one = OverlayImage(
        Path("/photos/a.jpg"), folder / "a.png", Path("/masks/a.png"), Path("a.confidence.png"), None,
        "val", 0.5, 0.75, [0.25, None], [1.0, 0.0],
    )  # fmt: skip
    return OverlayIndex(
        [("sky", (1, 2, 3)), ("road", (4, 5, 6))], [one, OverlayImage(Path("/photos/b.jpg"))], CODING, Path("/runs/r"), "val"
    )


def test_what_is_written_is_read_with_absolute_paths(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "masks"
    overlay_index.write(folder, _index(folder))
    said = overlay_index.read(folder)
    assert said == _index(folder).document(folder)
    first, second = said["images"]
    assert first["path"] == str(Path("/photos/a.jpg").absolute())
    assert first["prediction"] == str(folder / "a.png")
    assert first["confidence"] == str(folder / "a.confidence.png")
    assert (first["entropy"], first["iou"], first["per_class"], first["shares"], first["split"]) == (None, 0.5, [0.25, None], [1, 0], "val")
    assert (second["prediction"], second["iou"], second["per_class"]) == (None, None, [])
    assert Coding.from_json(said["coding"]) == CODING
    assert (said["run"], said["split"], said["classes"][1]) == ("/runs/r", "val", {"name": "road", "colour": [4, 5, 6]})


def test_a_moved_folder_still_finds_its_masks(tmp_path: Path) -> None:
    overlay_index.write(tmp_path / "here", _index(tmp_path / "here"))
    (tmp_path / "here").rename(tmp_path / "there")
    image = overlay_index.read(tmp_path / "there")["images"][0]
    assert image["prediction"] == str(tmp_path / "there" / "a.png")
    assert image["truth"] == str(Path("/masks/a.png").absolute())


def test_a_nan_is_written_as_null(tmp_path: Path) -> None:
    overlay_index.write(tmp_path, OverlayIndex([], [OverlayImage(Path("a.png"), iou=float("nan"))]))
    assert overlay_index.read(tmp_path)["images"][0]["iou"] is None


def test_a_nan_that_another_program_wrote_is_no_figure(tmp_path: Path) -> None:
    """By it no picture could be sorted."""
    folder = overlay_index.write(tmp_path, _index(tmp_path)).parent
    said = json.loads((folder / overlay_index.NAME).read_text())
    said["images"][0] |= {"iou": float("nan"), "per_class": [float("inf"), 0.5], "shares": [float("nan"), 1.0]}
    (folder / overlay_index.NAME).write_text(json.dumps(said))
    image = overlay_index.read(folder)["images"][0]
    assert (image["iou"], image["per_class"], image["shares"]) == (None, [None, 0.5], [0.0, 1.0])


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.png")
    overlay_index.write(tmp_path, OverlayIndex([], [OverlayImage(odd)]))
    assert overlay_index.read(tmp_path)["images"][0]["path"] == str(odd)


@pytest.mark.parametrize(
    "said",
    [
        "{", "[]", "{}", '{"version": 1, "classes": [], "images": [{}]}', '{"version": 1, "classes": [{"name": "a"}], "images": []}',
        '{"version": 1, "classes": [], "images": [{"path": "a", "shares": [1]}]}', '{"version": 1, "classes": 3, "images": []}',
        '{"version": 1, "classes": [], "images": [{"path": "a", "iou": "x"}]}', '{"version": 1, "classes": [], "images": [], "coding": {}}',
        "\xff\xfe", '{"version": 1, "classes": [{"name": "a", "colour": [1, 2]}], "images": []}',
    ],
)  # fmt: skip
def test_damage_is_told_in_a_sentence(tmp_path: Path, said: str) -> None:
    (tmp_path / "index.json").write_bytes(said.encode("latin-1"))
    with pytest.raises(InputError, match=r"is damaged\. It does not say"):
        overlay_index.read(tmp_path)


def test_a_folder_without_an_index_and_one_of_a_newer_version(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no index\.json"):
        overlay_index.read(tmp_path)
    (tmp_path / "index.json").write_text(json.dumps({"version": 2, "images": "other"}))
    with pytest.raises(InputError, match="newer version"):
        overlay_index.read(tmp_path)


def test_only_an_index_of_masks_is_taken_for_one(tmp_path: Path) -> None:
    assert not overlay_index.is_index(tmp_path)
    for other in ('[{"id": 1}]', '{"version": 1, "files": []}', ""):
        (tmp_path / "index.json").write_text(other)
        assert not overlay_index.is_index(tmp_path)
    overlay_index.write(tmp_path, OverlayIndex([], []))
    assert overlay_index.is_index(tmp_path)


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StudioError, match="read-only"):
        overlay_index.write(tmp_path / "masks", OverlayIndex([], []))


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "masks").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        overlay_index.write(tmp_path / "masks", OverlayIndex([], []))


def test_an_index_that_a_failed_write_leaves_is_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay_index.write(tmp_path, OverlayIndex([("a", (0, 0, 0))], []))

    def full(self: Any, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StudioError, match="disk is full"):
        overlay_index.write(tmp_path, OverlayIndex([], []))
    assert overlay_index.read(tmp_path)["classes"] == [{"name": "a", "colour": [0, 0, 0]}]
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]

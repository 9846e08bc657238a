"""An image of the data without reading its whole list."""

from __future__ import annotations

import json
from pathlib import Path

from tlstudio.gui.any_image import any_image


def test_every_line_can_come_and_nothing_else(tmp_path: Path) -> None:
    index = tmp_path / "index.jsonl"
    index.write_text("".join(json.dumps({"path": f"a/{i}.jpg"}) + "\n" for i in range(4)))
    found = {any_image({"index": str(index), "root": "/photos"}) for _ in range(200)}
    assert found == {str(Path("/photos") / f"a/{i}.jpg") for i in range(4)}


def test_without_data_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    assert any_image({}) == ""
    assert any_image({"index": str(tmp_path / "gone"), "root": "/photos"}) == ""
    assert any_image({"index": str(tmp_path / "empty"), "root": "/photos"}) == ""

"""`tlstudio predict RUN camera:0`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text("")
    return folder


def test_a_camera_is_named_as_it_is_and_looked_at_alone(
    tlstudio: Command, run: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(images)
    (entry,) = tlstudio("predict", run, "camera:0", "--seconds", "3", "--out", "seen", "--json").document
    assert (entry["path"], entry["frames"], entry["folder"]) == ("camera:0", 3, str(images / "seen"))
    plain = tlstudio("predict", run, "camera:USB Camera", "--seconds", "2", "--flips")
    assert "camera:USB Camera" in plain.out
    assert "sky 50.0 %, road 25.0 %" in plain.out
    for words in (("camera:0", "a.png"), ("camera:0", "--every", "2")):
        wrong = tlstudio("predict", run, *words)
        assert wrong.code == 2
        assert "amera" in wrong.err

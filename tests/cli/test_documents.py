"""Every command: one JSON document on stdout with --json, a table for people without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.recipe import Recipe
from tlstudio.runs import Run

Command = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Run.create(Recipe(), tmp_path / "a-run").path


def test_data(tlstudio: Command, images: Path) -> None:
    said = tlstudio("data", images, "--json")
    assert said.code == 0
    assert said.document["splits"] == {"train": 7, "val": 2, "test": 0}
    assert "something to know" in said.err
    assert "stray" not in said.out
    plain = tlstudio("data", images)
    assert plain.code == 0
    assert "2 classes, train 7, val 2" in plain.out
    assert "[red]ants" in plain.out  # a class's name is not markup
    assert "25 unreadable" in plain.out
    assert "and 5 more" in plain.out


def test_models(tlstudio: Command) -> None:
    assert [row["name"] for row in tlstudio("models", "--json").document] == ["efficientnet_lite0"]
    assert tlstudio("models", "--search", "nothing", "--json").document == []
    plain = tlstudio("models").out
    assert "4.65 M" in plain
    assert "75.0 %" in plain
    assert "stray" not in plain
    assert "No model" in tlstudio("models", "--search", "nothing").out


def test_layers(tlstudio: Command) -> None:
    document = tlstudio("layers", "resnet18", "--batch", "4", "--json").document
    assert document["model"] == "resnet18"
    assert document["rows"][0]["input"] == [4, 3, 8, 8]
    assert "1 × 3 × 8 × 8" in tlstudio("layers", "resnet18").out
    assert tlstudio("layers", "resnet18", "--format", "json").document["model"] == "resnet18"
    assert "\nconv.0,Conv2d,module,1x3x8x8,,9," in tlstudio("layers", "resnet18", "--format", "csv").out
    assert tlstudio("layers", "resnet18", "--format", "xml").code == 2


def test_evaluate(tlstudio: Command, run: Path) -> None:
    document = tlstudio("evaluate", run, "--split", "test", "--json").document
    assert document["split"] == "test"
    assert document["run"] == str(run)
    plain = tlstudio("evaluate", run).out
    assert "accuracy 90.0 % (95 % interval 77.0 % to 96.0 %)" in plain
    assert "0.947" in plain


def test_predict(tlstudio: Command, run: Path, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(images)
    document = tlstudio("predict", run, "one.jpg", images / "two.jpg", "--json").document
    assert [row["path"] for row in document] == [str(images / "one.jpg"), str(images / "two.jpg")]
    plain = tlstudio("predict", run, "one.jpg", "two.jpg").out
    assert "75.0 %" in plain
    assert "It cannot be read" in plain


def test_predict_videos(tlstudio: Command, run: Path, images: Path) -> None:
    plain = " ".join(tlstudio("predict", run, images / "film.mp4", "--every", "2s", "--out", images / "out").out.split())
    assert "1200 ants 900, bees 300" in plain  # the columns before are wrapped where paths are long
    assert "sky 50.0 %" in plain


def test_export(tlstudio: Command, run: Path, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(images)
    document = tlstudio("export", run, "--format", "coco", "--out", "made", "--json").document
    assert document["folder"] == str(images / "made")
    assert document["left_out"] == [{"path": f"{run}/a.png", "error": "coco of all any"}]
    plain = tlstudio("export", images, "--format", "index", "--out", "made", "--split", "test", "--truth").out
    assert f"3 files in {images / 'made'}" in plain
    assert "index of test truth" in plain
    better = tlstudio("export", run, "--format", "index", "--out", "made", "--corrected", "--json").document
    assert better["left_out"][0]["error"] == "index of all corrected"
    assert tlstudio("export", run, "--format", "index", "--out", "made", "--corrected", "--truth").code == 2
    wrong = tlstudio("export", run, "--format", "onnx", "--out", "made")
    assert (wrong.code, wrong.out) == (2, "")
    assert "Take one of index, classes, composite, coco, labelme, areas" in wrong.err
    assert tlstudio("export", "no-such-run", "--format", "index", "--out", "made").code == 2
    assert "index|classes|composite|coco|labelme|areas" in tlstudio("export", "--help").out


def test_predict_masks(tlstudio: Command, run: Path, images: Path) -> None:
    asked = ("predict", run, images / "one.jpg", images / "two.jpg", "--out", images / "out", "--flips", "--tile", "512")
    assert tlstudio(*asked, "--json").document[0]["mask"] == str(images / "out" / "512.png")
    plain = " ".join(tlstudio(*asked).out.split())
    assert "512.png" in plain
    assert "sky 50.0 %, road 25.0 %, car 15.0 %" in plain
    assert "tree" not in plain
    assert "Bad" in plain
    assert tlstudio("predict", run, images / "one.jpg", "--tile", "-1").code == 2


def test_runs_and_compare(tlstudio: Command, run: Path) -> None:
    assert tlstudio("runs", "--json").document[0]["name"] == "one"
    assert "0.95" in tlstudio("runs").out
    assert [row["path"] for row in tlstudio("compare", run, run, "--json").document] == [str(run), str(run)]
    plain = tlstudio("compare", run, run)
    assert plain.out.count("a-run") == 2


def test_doctor_exits_1_when_something_is_bad(tlstudio: Command) -> None:
    said = tlstudio("doctor", "--json")
    assert said.code == 1
    assert said.document["checks"][0]["name"] == "fonts"
    plain = tlstudio("doctor")
    assert plain.code == 1
    assert "sudo apt-get install fonts-dejavu-core" in plain.out

"""What runs say of videos: by networks that tell classes by colour."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from tests.evaluation.films import film, sound
from tests.evaluation.small_networks import COLOURS, GREYS, blocks, made
from tlstudio.control import Control
from tlstudio.data import masks
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import Cancelled, InputError
from tlstudio.evaluation import predict as predict_module
from tlstudio.evaluation.picture_files import picture_files
from tlstudio.evaluation.trained import Trained
from tlstudio.evaluation.video import frames
from tlstudio.evaluation.video_predict import predict_video
from tlstudio.events import Event, Progress
from tlstudio.exporting.composite import painter
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

pytest.importorskip("av", reason="PyAV, an extra, is not installed")


def scenes(path: Path, n: int = 6) -> tuple[Path, list[Any]]:
    """A video of plain blocks of 64 x 64, and its masks."""
    both = [blocks(64, 64, seed) for seed in range(n)]
    return film(path, [np.asarray(image) for image, _ in both]), [labels for _, labels in both]


def rows(entry: dict[str, Any]) -> list[dict[str, str]]:
    with Path(entry["table"]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_masks_of_all_frames_and_the_video_with_them(tmp_path: Path) -> None:
    model = made(tmp_path)
    path, truth = scenes(tmp_path / "film.mkv")
    told: list[Event] = []
    entry = predict_video(model, str(path), out=str(tmp_path / "out"), painter=painter, tell=told.append)
    folder = tmp_path / "out" / "film"
    assert (entry["path"], entry["folder"], entry["frames"]) == (str(path), str(folder), 6)
    for n, labels in enumerate(truth):
        assert np.array_equal(masks.read(folder / "masks" / f"{n:06}.png", model.coding), labels)
    table = rows(entry)
    assert [(row["frame"], row["seconds"], row["mask"]) for row in table][:2] == [
        ("0", "0.0", "masks/000000.png"),
        ("1", "0.1", "masks/000001.png"),
    ]
    for row, labels in zip(table, truth, strict=True):
        assert float(row["red"]) == pytest.approx((labels == 1).mean(), abs=1e-6)
    assert entry["classes"]["red"] == pytest.approx(np.mean([(labels == 1).mean() for labels in truth]), abs=1e-6)
    overlay = list(frames(entry["overlay"]))
    assert [round(frame.seconds, 3) for frame in overlay] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert overlay[0].pixels.shape == (64, 64, 3)
    expected = painter(model.coding)(np.array(COLOURS, np.uint8)[truth[3]], truth[3])
    assert np.abs(overlay[3].pixels.astype(int) - expected).mean() < 12  # H.264 is lossy
    last = [event for event in told if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.unit, last.overall) == (6, 6, "frames", 1.0)


def test_some_frames_only_but_the_whole_video_with_the_last_mask(tmp_path: Path) -> None:
    model = made(tmp_path)
    path, truth = scenes(tmp_path / "film.mkv")
    entry = predict_video(model, str(path), out=str(tmp_path / "out"), every="3", painter=painter)
    assert entry["frames"] == 2
    assert sorted(p.name for p in (tmp_path / "out/film/masks").iterdir()) == ["000000.png", "000003.png"]
    overlay = list(frames(entry["overlay"]))
    assert len(overlay) == 6
    expected = painter(model.coding)(np.array(COLOURS, np.uint8)[truth[2]], truth[0])
    assert np.abs(overlay[2].pixels.astype(int) - expected).mean() < 12
    without = predict_video(model, str(path), out=str(tmp_path / "out"), every="0.5s")  # the same folder: cleared
    assert without["overlay"] is None
    assert [row["frame"] for row in rows(without)] == ["0", "5"]
    assert sorted(p.name for p in (tmp_path / "out/film/masks").iterdir()) == ["000000.png", "000005.png"]
    assert not (tmp_path / "out/film/overlay.mp4").exists()


def test_nothing_of_anybody_elses_is_written_over(tmp_path: Path) -> None:
    path, _ = scenes(tmp_path / "film.mkv", 2)
    (tmp_path / "out" / "film").mkdir(parents=True)
    (tmp_path / "out" / "film" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is there already and is kept"):
        predict_video(made(tmp_path), str(path), out=str(tmp_path / "out"))
    assert [p.name for p in (tmp_path / "out" / "film").iterdir()] == ["notes.txt"]


def test_cancelled_halfway_keeps_what_is_done(tmp_path: Path) -> None:
    control = Control()

    def tell(event: Event) -> None:
        if isinstance(event, Progress):
            control.cancel()

    path, _ = scenes(tmp_path / "film.mkv")
    with pytest.raises(Cancelled):
        predict_video(made(tmp_path), str(path), out=str(tmp_path / "out"), painter=painter, tell=tell, control=control)
    left = sorted(p.relative_to(tmp_path / "out/film").as_posix() for p in (tmp_path / "out/film").rglob("*") if p.is_file())
    assert left == ["frames.csv", "masks/000000.png", "predicted.json"]


def test_a_video_that_cannot_be_used_is_an_entry_with_a_sentence(tmp_path: Path) -> None:
    model = made(tmp_path)
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 100)
    for path, said in ((tmp_path / "bad.mp4", "cannot be read as a video"), (sound(tmp_path / "a.mkv"), "only sound")):
        entry = predict_video(model, str(path), out=str(tmp_path / "out"))
        assert said in entry["error"]
    assert not (tmp_path / "out").exists()


class Brightest(torch.nn.Module):
    """The class is the channel that is brightest on average."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 20 * x.mean((2, 3))


def tells_colours(folder: Path) -> Trained:
    recipe = Recipe()
    pipeline = Pipeline(recipe.data, recipe.augment, size=32, **GREYS)
    run = Run(folder / "run")
    run.path.mkdir()
    network = cast(Network, SimpleNamespace(module=Brightest().eval()))
    return Trained(run, recipe, network, ["red", "green", "blue"], pipeline, torch.device("cpu"))


def test_labels_of_frames_beside_those_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tells_colours(tmp_path)
    monkeypatch.setattr(predict_module, "trained", lambda run: model)
    plain = [np.full((32, 48, 3), colour, np.uint8) for colour in COLOURS[1:]]
    path = film(tmp_path / "film.mkv", [plain[0], plain[1], plain[1], plain[2], plain[1]])
    blocks(40, 40)[0].save(tmp_path / "one.png")
    said = predict_module.predict(model.run, [str(path), str(tmp_path / "one.png")], out=str(tmp_path / "out"))
    assert [Path(one["path"]).name for one in said] == ["one.png", "film.mkv"]
    assert said[1]["labels"] == {"green": 3, "red": 1, "blue": 1}
    assert [row["label"] for row in rows(said[1])] == ["red", "green", "green", "blue", "green"]
    assert float(rows(said[1])[0]["red"]) > 0.99
    assert json.loads(json.dumps(said)) == said
    own = predict_module.predict(model.run, [str(path)], every="2")
    assert own[0]["frames"] == 3
    assert Path(own[0]["folder"]).parent == model.run.path / "predictions"
    for paths, words, match in (
        ([str(tmp_path / "one.png")], {"every": "2"}, "no video is among the files"),
        ([str(path), str(tmp_path / "b" / "film.mp4")], {}, "have the same name"),
        ([str(path)], {"every": "none"}, "does not tell which frames"),
    ):
        with pytest.raises(InputError, match=f"(?i){match}"):
            predict_module.predict(model.run, paths, **words)


def test_masks_of_a_video_are_no_pictures_of_the_next_job(tmp_path: Path) -> None:
    path, _ = scenes(tmp_path / "photos" / "film.mkv", 2)
    blocks(40, 40)[0].save(tmp_path / "photos" / "one.png")
    predict_video(made(tmp_path), str(path), out=str(tmp_path / "photos" / "said"))
    assert [one.path.name for one in picture_files([str(tmp_path / "photos")])] == ["one.png"]

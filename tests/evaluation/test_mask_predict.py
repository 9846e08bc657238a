"""Predicted masks: with networks so small that what they say can be worked out by hand."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from tests.evaluation.small_networks import CLASSES, COLOURS, ByColour, blocks, made
from tlstudio.control import Control
from tlstudio.data import masks, overlay_index
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.evaluation import mask_folder, mask_predict
from tlstudio.evaluation.mask_predict import judged_image, predict_masks
from tlstudio.evaluation.trained import Trained
from tlstudio.events import Event, Note, Progress
from tlstudio.models.network import Network
from tlstudio.training import mask_tiles


@pytest.fixture(autouse=True)
def one_thread_that_tells_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(mask_predict, "TELL_EVERY", 0.0)


class LeftIsRed(nn.Module):
    """Sees the place alone: red in the left half of what it is given, green in the right."""

    def forward(self, x: Tensor) -> Tensor:
        place = torch.linspace(1, -1, x.shape[-1]).expand(len(x), *x.shape[-2:])
        return torch.stack([torch.zeros_like(place), 5 * place, -5 * place, torch.zeros_like(place)], 1)


def saved(path: Path, seed: int = 0, size: tuple[int, int] = (64, 64)) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    image, labels = blocks(*size, seed)
    image.save(path)
    return labels


def test_a_mask_has_the_size_of_its_picture_and_says_how_sure_it_is(tmp_path: Path) -> None:
    image, truth = blocks(64, 64)
    labels, confidence, entropy = judged_image(made(tmp_path), image)
    assert (labels == truth).all()
    # Logits: 6 for the channel at 255 (2 deviations up, times 3), -6 for the two others, 0 for dark.
    p = np.exp(6) / (np.exp(6) + 1 + 2 * np.exp(-6))
    assert set(confidence[truth > 0].tolist()) == {round(255 * p)}
    dark = 1 / (1 + 3 * np.exp(-6))
    assert set(confidence[truth == 0].tolist()) == {round(255 * dark)}
    h = -sum(q * np.log(q) for q in (dark, *[(1 - dark) / 3] * 3)) / np.log(4)
    assert set(entropy[truth == 0].tolist()) == {round(255 * h)}
    odd = judged_image(made(tmp_path), image.resize((131, 67)))
    assert [part.shape for part in odd] == [(67, 131)] * 3


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
def test_through_windows_a_network_of_single_pixels_says_the_same(tmp_path: Path, flips: bool, resize: str) -> None:
    image, _ = blocks(300, 200)
    model = made(tmp_path, size=160, resize=resize)
    whole = judged_image(model, image, flips=flips)
    through = judged_image(model, image, flips=flips, tile=64)
    assert len(set(cast(ByColour, model.network.module).calls)) > 1
    assert (whole[0] == through[0]).all()
    for a, b in zip(whole[1:], through[1:], strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1


def test_a_large_view_is_looked_at_through_windows_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_tiles, "WHOLE", 96 * 96)
    monkeypatch.setattr(mask_tiles, "SIDE", 64)
    model = made(tmp_path, size=128)
    judged_image(model, blocks(128, 128)[0])
    assert {shape[-2:] for shape in cast(ByColour, model.network.module).calls} == {(64, 64)}
    small = made(tmp_path, size=96)
    judged_image(small, blocks(128, 128)[0])
    assert cast(ByColour, small.network.module).calls == [(1, 3, 96, 96)]


def test_flips_are_the_mean_of_picture_and_mirror(tmp_path: Path) -> None:
    image = blocks(64, 64)[0]
    assert (judged_image(made(tmp_path, LeftIsRed()), image)[0][:, :30] == 1).all()
    _, confidence, entropy = judged_image(made(tmp_path, LeftIsRed()), image, flips=True)
    assert set(confidence.ravel().tolist()) == {round(255 / 4)}  # what is said of the mirror image cancels it
    assert set(entropy.ravel().tolist()) == {255}


def test_one_logit_of_two_classes_is_two(tmp_path: Path) -> None:
    model = made(tmp_path, nn.Conv2d(3, 1, 1))
    network = SimpleNamespace(module=model.network.module, outputs=lambda z: (torch.cat([torch.zeros_like(z), z], 1), []))
    pair = Trained(model.run, model.recipe, cast(Network, network), CLASSES[:2], model.pipeline, model.device, model.coding)
    labels, confidence, _ = judged_image(pair, blocks(64, 64)[0])
    assert labels.max() <= 1
    assert confidence.min() >= 127


def test_files_and_folders_give_masks_an_index_and_bad_pictures_a_sentence(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    truths = {name: saved(photos / name, seed) for seed, name in enumerate(["a.png", "sub/a.png", "sub/b.bmp"])}
    (photos / "broken.png").write_bytes(b"no picture")
    single = saved(tmp_path / "single.png", 9)
    events: list[Event] = []
    entries = predict_masks(made(tmp_path), [str(photos), str(tmp_path / "single.png")], out=str(tmp_path / "out"), tell=events.append)
    names = ["a.png", "broken.png", "sub/a.png", "sub/b.bmp"]
    assert [entry["path"] for entry in entries] == [*(str(photos / name) for name in names), str(tmp_path / "single.png")]
    assert "no known image format" in entries[1]["error"]
    assert entries[1].keys() == {"path", "error"}
    out = tmp_path / "out"
    assert [Path(entries[i]["mask"]).relative_to(out).as_posix() for i in (2, 3, 4)] == ["sub/a.png", "sub/b.png", "single.png"]
    assert Path(entries[0]["mask"]).stem.startswith("a")
    coding = masks.own(CLASSES, COLOURS)
    for entry, truth in zip([entries[0], *entries[2:]], [*truths.values(), single], strict=True):
        assert (masks.read(Path(entry["mask"]), coding) == truth).all()
        assert entry["classes"] == {name: float((truth == i).mean()) for i, name in enumerate(CLASSES)}
        assert entry["seconds"] >= 0
        for beside in ("confidence", "entropy"):
            with Image.open(entry[beside]) as image:
                assert (image.mode, image.size) == ("L", (64, 64))
    with Image.open(entries[0]["mask"]) as image:
        assert image.mode == "P"
        assert image.getpalette()[3:6] == [255, 0, 0]  # type: ignore[index]
    index = overlay_index.read(out)
    assert [image["path"] for image in index["images"]] == [entry["path"] for entry in entries if "error" not in entry]
    assert [image["prediction"] for image in index["images"]] == [entry["mask"] for entry in entries if "error" not in entry]
    assert index["classes"][2] == {"name": "green", "colour": [0, 255, 0]}
    assert index["coding"] is None
    assert index["run"] == str(tmp_path / "run")
    told = [event for event in events if isinstance(event, Progress)]
    assert [(event.phase, event.done, event.total) for event in told] == [("predict", i + 1, 5) for i in range(5)]
    assert told[-1].overall == 1.0


def test_pictures_of_one_name_get_masks_of_their_own(tmp_path: Path) -> None:
    truths = [saved(tmp_path / name, seed) for seed, name in enumerate(["one/a.png", "one/A.bmp", "two/a.png", "two/confidence/a.png"])]
    files = ["one/a.png", "one/A.bmp", "two/a.png"]
    entries = predict_masks(made(tmp_path), [*(str(tmp_path / name) for name in files), str(tmp_path / "two")], out=str(tmp_path / "out"))
    assert [Path(entry["path"]).relative_to(tmp_path).as_posix() for entry in entries] == [*files, "two/confidence/a.png"]
    written = [entry[key] for entry in entries for key in ("mask", "confidence", "entropy")]
    assert len({path.casefold() for path in written}) == 12
    for entry, truth in zip(entries, truths, strict=True):
        assert (masks.read(Path(entry["mask"]), masks.own(CLASSES, COLOURS)) == truth).all()


def test_what_is_done_is_kept_and_what_changed_is_done_again(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for seed, name in enumerate(("a.png", "b.png", "c.png")):
        saved(photos / name, seed)
    out = str(tmp_path / "out")
    first = predict_masks(made(tmp_path), [str(photos)], out=out)
    newer = saved(photos / "b.png", 7)
    later = Path(first[1]["mask"]).stat().st_mtime + 5
    os.utime(photos / "b.png", (later, later))
    Path(first[2]["mask"]).unlink()
    model, events = made(tmp_path), list[Event]()
    again = predict_masks(model, [str(photos)], out=out, tell=events.append)
    assert len(cast(ByColour, model.network.module).calls) == 2
    assert [note.message for note in events if isinstance(note, Note)] == ["1 of 3 pictures have their masks from before; they are kept."]
    assert again[0] == {key: value for key, value in first[0].items() if key != "seconds"}
    assert (masks.read(Path(again[1]["mask"]), masks.own(CLASSES, COLOURS)) == newer).all()
    assert len(overlay_index.read(Path(out))["images"]) == 3
    for changed in ({"flips": True}, {"tile": 64}):
        model = made(tmp_path)
        predict_masks(model, [str(photos)], out=out, **cast(dict[str, Any], changed))
        assert len(cast(ByColour, model.network.module).calls) >= 3
    model = made(tmp_path)
    os.utime(model.run.best, (1, 1))
    predict_masks(model, [str(photos)], out=out)
    assert len(cast(ByColour, model.network.module).calls) == 3


def test_masks_of_other_pictures_of_the_same_names_are_not_taken_for_these(tmp_path: Path) -> None:
    saved(tmp_path / "one" / "a.png", 1)
    truth = saved(tmp_path / "two" / "a.png", 2)
    os.utime(tmp_path / "two" / "a.png", (1, 1))
    predict_masks(made(tmp_path), [str(tmp_path / "one")], out=str(tmp_path / "out"))
    entries = predict_masks(made(tmp_path), [str(tmp_path / "two")], out=str(tmp_path / "out"))
    assert (masks.read(Path(entries[0]["mask"]), masks.own(CLASSES, COLOURS)) == truth).all()


def test_cancelled_and_gone_on_with(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for seed in range(5):
        saved(photos / f"{seed}.png", seed)
    control, out = Control(), tmp_path / "out"

    def tell(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 2:
            control.cancel()

    with pytest.raises(Cancelled):
        predict_masks(made(tmp_path), [str(photos)], out=str(out), tell=tell, control=control)
    assert [Path(image["path"]).name for image in overlay_index.read(out)["images"]] == ["0.png", "1.png"]
    model = made(tmp_path)
    entries = predict_masks(model, [str(photos)], out=str(out))
    assert len(cast(ByColour, model.network.module).calls) == 3
    assert len(entries) == len(overlay_index.read(out)["images"]) == 5
    assert not list(out.rglob(".*"))


def test_the_index_is_written_as_the_job_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_folder, "_EVERY", 0.0)
    for seed in range(4):
        saved(tmp_path / "photos" / f"{seed}.png", seed)
    grown: list[int] = []

    def tell(event: Event) -> None:
        grown.append(len(overlay_index.read(tmp_path / "out")["images"]))

    predict_masks(made(tmp_path), [str(tmp_path / "photos")], out=str(tmp_path / "out"), tell=tell)
    assert grown == sorted(grown)
    assert grown[-1] >= 2


def test_by_default_masks_go_to_the_run_and_the_same_question_to_the_same_place(tmp_path: Path) -> None:
    saved(tmp_path / "photos" / "a.png")
    first = predict_masks(made(tmp_path), [str(tmp_path / "photos")])
    folder = Path(first[0]["mask"]).parent
    assert folder.parent == tmp_path / "run" / "predictions"
    assert folder.name.startswith("photos-")
    assert Path(predict_masks(made(tmp_path), [str(tmp_path / "photos")])[0]["mask"]).parent == folder
    assert Path(predict_masks(made(tmp_path), [str(tmp_path / "photos")], flips=True)[0]["mask"]).parent != folder


def test_masks_never_take_the_place_of_pictures_and_are_not_taken_for_pictures(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    saved(photos / "a.png")
    before = (photos / "a.png").read_bytes()
    with pytest.raises(InputError, match="would take the place of"):
        predict_masks(made(tmp_path), [str(photos)], out=str(photos))
    saved(tmp_path / "others" / "a.png")
    with pytest.raises(InputError, match="would take the place of"):
        predict_masks(made(tmp_path), [str(photos)], out=str(tmp_path / "others"))
    assert (photos / "a.png").read_bytes() == before
    for _ in range(2):
        assert len(predict_masks(made(tmp_path), [str(photos)], out=str(photos / "masks"))) == 1
    assert len(predict_masks(made(tmp_path), [str(photos)], out=str(tmp_path / "elsewhere"))) == 1


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    saved(tmp_path / "a.png")
    with pytest.raises(InputError, match="There is no file"):
        predict_masks(made(tmp_path), [str(tmp_path / "nowhere.png")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no picture to look at"):
        predict_masks(made(tmp_path), [str(tmp_path / "empty")])
    with pytest.raises(InputError, match="cannot be below 0"):
        predict_masks(made(tmp_path), [str(tmp_path / "a.png")], tile=-5)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="It is a file"):
        predict_masks(made(tmp_path), [str(tmp_path / "a.png")], out=str(tmp_path / "file"))
    with pytest.raises(StudioError, match="cannot be written"):
        predict_masks(made(tmp_path), [str(tmp_path / "a.png")], out=str(tmp_path / "file" / "out"))


def test_too_little_memory_for_one_picture_is_its_sentence_and_other_failures_are_not_hidden(tmp_path: Path) -> None:
    class Fails(nn.Module):
        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

        def forward(self, x: Tensor) -> Tensor:
            raise self.error

    saved(tmp_path / "a.png")
    no_room = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    entries = predict_masks(made(tmp_path, Fails(no_room)), [str(tmp_path / "a.png")], out=str(tmp_path / "out"))
    assert "not enough memory" in entries[0]["error"]
    with pytest.raises(RuntimeError, match="a mistake"):
        predict_masks(made(tmp_path, Fails(RuntimeError("a mistake"))), [str(tmp_path / "a.png")], out=str(tmp_path / "out"))


def test_pictures_that_do_not_fit_into_memory_are_looked_at_through_windows_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tight(ByColour):
        def forward(self, x: Tensor) -> Tensor:
            if x.shape[-1] * x.shape[-2] > 100 * 100:
                self.calls.append(tuple(x.shape))
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(x)

    monkeypatch.setattr(mask_tiles, "LEAST", 64)
    photos = tmp_path / "photos"
    truths = [saved(photos / f"{i}.png", i, (128, 128)) for i in range(3)]
    model, said = made(tmp_path, Tight(), size=128), list[Event]()
    entries = predict_masks(model, [str(photos)], out=str(tmp_path / "out"), tell=said.append)
    for entry, truth in zip(entries, truths, strict=True):
        assert (masks.read(Path(entry["mask"]), masks.own(CLASSES, COLOURS)) == truth).all()
    notes = [event.message for event in said if isinstance(event, Note)]
    assert len(notes) == 1
    assert "overlapping windows of 64 x 64 from now on; their masks may differ slightly" in notes[0]
    calls = cast(Tight, model.network.module).calls
    assert [shape[-2:] for shape in calls].count((128, 128)) == 1
    assert "smaller tile" in predict_masks(model, [str(photos / "0.png")], out=str(tmp_path / "tiles"), tile=128)[0]["error"]


def test_photographs_stay_upright_and_large_jpegs_keep_their_size(tmp_path: Path) -> None:
    image, truth = blocks(640, 480, side=160)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    image.save(tmp_path / "a.jpg", quality=95, exif=exif)
    entry = predict_masks(made(tmp_path), [str(tmp_path / "a.jpg")], out=str(tmp_path / "out"))[0]
    labels = masks.read(Path(entry["mask"]), masks.own(CLASSES, COLOURS))
    assert labels.shape == (640, 480)
    assert (labels == np.rot90(truth, -1)).mean() > 0.9


def test_the_mask_of_a_view_is_enlarged_as_evaluation_enlarges_it(tmp_path: Path) -> None:
    image, _ = blocks(200, 130)
    model = made(tmp_path, nn.Sequential(nn.AvgPool2d(8), ByColour(), nn.Upsample(scale_factor=8, mode="bilinear")))
    pixels, geometry = cast(MaskPipeline, model.pipeline).whole(image)
    logits = model.network.module(model.pipeline.normalise(pixels[None]))
    large = functional.interpolate(logits, geometry.view, mode="bilinear", align_corners=False)[0]
    for said, expected in zip(judged_image(model, image), geometry.judged(large), strict=True):
        assert (said == expected).all()

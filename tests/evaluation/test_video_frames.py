"""Frames of a video by their number, in whatever order; and what one looks at of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.films import film, grey, sound
from tests.evaluation.small_networks import made
from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.evaluation import trained as trained_module
from tlstudio.evaluation import video_frames, watch
from tlstudio.evaluation.video import frames
from tlstudio.evaluation.video_frames import VideoFrames

av = pytest.importorskip("av", reason="PyAV, an extra, is not installed")


def moving(n: int = 30) -> list[Any]:
    """Pictures whose brightness and stripe tell them apart, also where they are coded with loss."""
    out = []
    for i in range(n):
        pixels = np.full((32, 48, 3), 8 * i % 250, np.uint8)
        pixels[:, i : i + 4] = 250
        out.append(pixels)
    return out


def coded(path: Path, codec: str, times: list[int] | None = None, gop: int = 10, **options: int) -> Path:
    """times: of the frames, in ms."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.time_base = Fraction(1, 25 if times is None else 1000)
        for name, value in options.items():
            setattr(stream.codec_context, name, value)
        for n, pixels in enumerate(moving()):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = (n, Fraction(1, 25)) if times is None else (times[n], Fraction(1, 1000))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def kinds(root: Path) -> Iterator[Path]:
    yield film(root / "a.mkv", moving())
    yield coded(root / "b.avi", "mpeg4", max_b_frames=2)
    yield coded(root / "c.mp4", "mpeg4")
    yield coded(root / "d.ts", "mpeg2video", max_b_frames=2)
    rng = np.random.default_rng(0)
    yield coded(root / "e.mkv", "mpeg4", [int(ms) for ms in np.cumsum(rng.integers(20, 200, 30))])
    pictures = [Image.fromarray(pixels) for pixels in moving()]
    pictures[0].save(root / "f.gif", save_all=True, append_images=pictures[1:], duration=[40, 120] * 15)
    yield root / "f.gif"


def test_any_frame_in_any_order_is_that_of_reading_it_through(tmp_path: Path) -> None:
    for path in kinds(tmp_path):
        every = list(frames(path))
        there = VideoFrames(path)
        assert len(there) == len(every) == 30, path
        assert np.allclose(there.times, [frame.seconds for frame in every], atol=1e-6), path
        order = [0, 1, 2, 17, 16, 15, 14, 29, 3, 4, 28, 0, 29]
        for i in order:
            frame = there.frame(i)
            assert frame.index == i
            assert np.array_equal(frame.pixels, every[i].pixels), (path, i)
        assert [there.at(every[i].seconds + 0.001) for i in (0, 7, 29)] == [0, 7, 29]
        assert there.at(-1) == 0
        assert there.at(1e9) == 29
        there.close()
    assert not VideoFrames(tmp_path / "e.mkv").steady
    assert VideoFrames(tmp_path / "c.mp4").steady


def test_little_is_decoded_and_little_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = VideoFrames(coded(tmp_path / "a.mp4", "mpeg4", gop=10))
    asked: list[int] = []
    decoded = there._number
    monkeypatch.setattr(there, "_number", lambda one: asked.append(1) or decoded(one))
    there.frame(25)
    assert len(asked) <= 10  # from its key frame on
    asked.clear()
    there.frame(26)
    assert len(asked) == 1
    there.frame(19)
    asked.clear()
    for i in (18, 17, 16):
        there.frame(i)  # one step back after the other
    assert not asked
    monkeypatch.setattr(video_frames, "CACHE_BYTES", 3 * 32 * 48 * 3)
    for i in range(10):
        there.frame(i)
    assert len(there._kept) == 3
    assert np.array_equal(there.glance(27), there.frame(20).pixels)


def test_turned_as_it_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = VideoFrames(film(tmp_path / "a.mkv", grey(3)))
    assert (there.width, there.height) == (48, 32)
    monkeypatch.setattr(video_frames, "upright", lambda decoded: np.rot90(decoded.to_ndarray(format="rgb24")))
    turned = VideoFrames(tmp_path / "a.mkv")
    assert (turned.width, turned.height) == (32, 48)


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    empty, garbage = tmp_path / "empty.mp4", tmp_path / "garbage.mp4"
    empty.touch()
    garbage.write_bytes(bytes(range(256)) * 40)
    for path, said in (
        (empty, "is empty. It has 0 bytes"),
        (garbage, "cannot be read as a video"),
        (sound(tmp_path / "s.mkv"), "There is only sound in it"),
        (tmp_path / "gone.mp4", "There is no file"),
    ):
        with pytest.raises(InputError, match=said):
            api.open_video(str(path))
    with pytest.raises(InputError, match=r"have 48 x 32 pixels. More than data.max_pixels, 1,000"):
        VideoFrames(film(tmp_path / "a.mkv", grey(2)), max_pixels=1000)
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        VideoFrames(tmp_path / "a.mkv", control=control)


def test_of_a_cut_file_what_is_there_and_of_a_damaged_frame_a_sentence(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = film(tmp_path / "a.mkv", list(rng.integers(0, 256, (20, 32, 48, 3), dtype=np.uint8)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    there = VideoFrames(path)
    assert 10 <= len(there) < 20
    there.frame(len(there) - 3)
    path.write_bytes(whole)
    there = VideoFrames(path)
    there._open = lambda: setattr(there, "_coming", iter(())) or setattr(there, "_next", 0)  # type: ignore[method-assign, func-returns-value]
    there._video = SimpleNamespace(seek=lambda stamp: False)
    there._open()
    with pytest.raises(InputError, match=r"Frame 13 of a.mkv is damaged"):
        there.frame(12)


def test_a_frame_travels_by_files_with_what_the_run_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(tmp_path)
    monkeypatch.setattr(trained_module, "trained", lambda run: model)
    monkeypatch.setattr(watch.Run, "open", lambda run: model.run)
    folder = tmp_path / "frames"
    red = np.zeros((32, 48, 3), np.uint8)
    red[:, :24, 0] = 255
    path = str(film(tmp_path / "a.mkv", [red] * 12))
    said = api.video_frame(path, str(folder), "1", at=3, run="run")
    assert (said["at"], said["seconds"]) == (3, 0.3)
    assert np.array_equal(np.load(said["image"]), red)
    labels = np.load(said["labels"])
    assert labels.shape == np.load(said["confidence"]).shape == np.load(said["entropy"]).shape == (32, 48)
    assert (labels[:, 4:20] == 1).all()
    assert (labels[:, 28:44] == 0).all()
    alone = api.video_frame(path, str(folder), "2", at=99)  # the last
    assert (alone["at"], alone["labels"]) == (11, None)
    for n in range(10):
        api.video_frame(path, str(folder), f"n{n}", at=n)
    assert len({file.name.split(".")[0] for file in folder.iterdir()}) == watch.KEPT
    strip = api.video_strip(path, 5, 16, str(folder))
    assert np.load(strip["file"]).shape == (5, 16, 24, 3)
    assert strip["places"] == [1, 3, 6, 8, 10]
    video_frames._kept.let_go()


def test_without_pyav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    for source in ("/a.mp4", "camera:0"):
        with pytest.raises(StudioError, match=r"need the Python package 'av'.*-m pip install av"):
            api.open_video(source)

"""Frames of video files and cameras, and videos written again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.films import film, grey, sound
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.evaluation import video
from tlstudio.evaluation.video import Every, frames, opened
from tlstudio.evaluation.video_writer import written
from tlstudio.events import Event

av = pytest.importorskip("av", reason="PyAV, an extra, is not installed")


def numbers(path: Path, every: str = "") -> list[int]:
    """Which frames come, told by their brightness and by what they say of themselves."""
    found = [(frame.index, round(frame.seconds * 10), int(frame.pixels[0, 0, 0]) // 10 - 1) for frame in frames(path, Every.parse(every))]
    assert all(index == tenths == shown for index, tenths, shown in found)
    return [index for index, _, _ in found]


def test_frames_come_in_order_with_their_times(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey(12))
    assert numbers(path) == list(range(12))
    assert numbers(path, "5") == [0, 5, 10]
    assert numbers(path, "0.4s") == [0, 4, 8]
    assert numbers(path, "0.01s") == list(range(12))
    (first, *_) = frames(path)
    assert first.pixels.shape == (32, 48, 3)
    assert first.pixels.dtype == np.uint8


@pytest.mark.parametrize("word", ["0", "-1", "s", "0s", "infs", "two", "1.5"])
def test_what_does_not_tell_frames(word: str) -> None:
    with pytest.raises(InputError, match="does not tell which frames"):
        Every.parse(word)


def test_frames_are_decoded_as_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "long.mkv", grey(24) * 10)
    asked: list[int] = []
    upright = video.upright
    monkeypatch.setattr(video, "upright", lambda decoded: asked.append(1) or upright(decoded))
    coming = frames(path)
    for _ in range(3):
        next(coming)
    assert len(asked) == 3
    coming.close()
    asked.clear()
    assert len(list(frames(path, Every(n=60)))) == len(asked) == 4


def test_cancel(tmp_path: Path) -> None:
    control = Control()
    coming = frames(film(tmp_path / "a.mkv", grey(5)), control=control)
    next(coming)
    control.cancel()
    with pytest.raises(Cancelled):
        next(coming)


def test_what_is_no_video(tmp_path: Path) -> None:
    empty, garbage, folder = tmp_path / "empty.mp4", tmp_path / "garbage.mp4", tmp_path / "folder.mp4"
    empty.touch()
    garbage.write_bytes(bytes(range(256)) * 40)
    folder.mkdir()
    cut = film(tmp_path / "cut.mp4", grey(12), codec="mpeg4")
    cut.write_bytes(cut.read_bytes()[:800])  # its index stands at the end
    for path, said in (
        (empty, "is empty. It has 0 bytes"),
        (garbage, "cannot be read as a video. It is damaged"),
        (cut, "cannot be read as a video. It is damaged, cut short"),
        (folder, "is not a file"),
        (tmp_path / "gone.mp4", "There is no file"),
        (sound(tmp_path / "sound.mkv"), "is no video. There is only sound in it"),
    ):
        with pytest.raises(InputError) as refused:
            list(frames(path))
        assert said in str(refused.value)


def test_a_video_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "bgr0"
        container.start_encoding()
    with pytest.raises(InputError, match="There is no frame in"):
        list(frames(path))


def test_the_rest_of_a_damaged_video_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = film(tmp_path / "a.mkv", list(rng.integers(0, 256, (20, 32, 48, 3), dtype=np.uint8)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert 10 <= len(list(frames(path))) < 20
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes(200) + whole[at + 200 :])
    told: list[Event] = []
    assert 15 <= len(list(frames(path, tell=told.append))) <= 20


def test_frames_above_the_limit_of_pixels(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey(2))
    with pytest.raises(InputError, match=r"have 48 x 32 pixels. More than data.max_pixels, 1,000"):
        list(frames(path, max_pixels=1000))


def test_how_many_frames_are_to_be_expected(tmp_path: Path) -> None:
    with opened(film(tmp_path / "a.mkv", grey(20))) as one, opened(film(tmp_path / "b.avi", grey(20))) as other:
        assert (one.rate, other.rate) == (10, 10)
        assert (one.expected, other.expected) == (20, 20)


def test_without_pyav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "a.mkv", grey(2))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(StudioError, match=r"need the Python package 'av'.*-m pip install av"):
        list(frames(path))


class Camera:
    """What PyAV gives of a camera, with frames without end, as far as it is used."""

    def __init__(self, fails_after: int = 10**9) -> None:
        stream = SimpleNamespace(
            codec_context=(), width=48, height=32, average_rate=Fraction(30), guessed_rate=None, frames=0, duration=None, disposition=0
        )
        self.streams = SimpleNamespace(video=[stream], audio=[])
        self.duration = None
        self._fails_after = fails_after

    def demux(self, stream: Any) -> Iterator[Any]:
        n = 0
        while True:
            frame = SimpleNamespace(time=100 + n / 30, rotation=90, to_ndarray=lambda format, n=n: np.full((32, 48, 3), n, np.uint8))
            n += 1
            yield SimpleNamespace(decode=lambda frame=frame, n=n: self._decoded(frame, n))

    def _decoded(self, frame: Any, n: int) -> list[Any]:
        if n == 2:
            raise av.BlockingIOError(11, "no frame yet")
        if n > self._fails_after:
            raise av.OSError(19, "No such device")
        return [frame]


@pytest.mark.parametrize(
    ("platform", "name", "asked"),
    [
        ("linux", "camera:0", {"file": "/dev/video0", "format": "v4l2"}),
        ("linux", "camera:/dev/video9", {"file": "/dev/video9", "format": "v4l2"}),
        ("darwin", "camera:1", {"file": "1", "format": "avfoundation", "options": {"framerate": "30"}}),
        ("win32", "camera:USB Camera", {"file": "video=USB Camera", "format": "dshow"}),
    ],
)
def test_a_camera(monkeypatch: pytest.MonkeyPatch, platform: str, name: str, asked: dict[str, Any]) -> None:
    given: list[dict[str, Any]] = []
    camera = nullcontext(Camera())
    camera.streams = camera.enter_result.streams  # type: ignore[attr-defined]
    camera.demux, camera.duration = camera.enter_result.demux, None  # type: ignore[attr-defined]
    monkeypatch.setattr(av, "open", lambda **how: given.append(how) or camera)
    monkeypatch.setattr(sys, "platform", platform)
    coming = frames(name)
    first, second, third = (next(coming) for _ in range(3))
    coming.close()
    assert given == [asked]
    assert [int(one.pixels[0, 0, 0]) for one in (first, second, third)] == [0, 2, 3]  # one had not come yet
    assert (first.seconds, round(second.seconds, 3)) == (0, 0.067)
    assert first.pixels.shape == (48, 32, 3)  # upright


def test_a_camera_that_is_not_there() -> None:
    with pytest.raises(InputError, match="The camera camera:99 cannot be opened"):
        next(frames("camera:99"))


def test_a_video_written_has_its_size_rate_and_length(tmp_path: Path) -> None:
    for size in ((48, 32), (49, 33)):
        path = tmp_path / f"{size[0]}.mp4"
        with written(path, Fraction(10)) as into:
            for n, pixels in enumerate(grey(7, *size)):
                into.add(pixels, n / 10)
            into.add(np.zeros((8, 8, 3), np.uint8), 0.7)  # another size is fitted in
        again = list(frames(path))
        assert [round(frame.seconds, 3) for frame in again] == [n / 10 for n in range(8)]
        assert again[3].pixels.shape == (size[1], size[0], 3)
        assert abs(int(again[3].pixels.mean()) - 40) <= 4
        with opened(path) as video:
            assert video.rate == 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["48.mp4", "49.mp4"]


def test_a_video_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")

    def fail() -> None:
        with written(path, Fraction(10)) as into:
            into.add(grey(1)[0], 0)
            raise Cancelled("Cancelled")

    with pytest.raises(Cancelled):
        fail()
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(StudioError, match="cannot be written"), written(tmp_path / "gone" / "a.mp4", Fraction(10)):
        pass

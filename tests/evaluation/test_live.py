"""The newest picture of a camera, which cameras there are, and what a run says of one."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.evaluation.small_networks import made
from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.evaluation import live as live_module
from tlstudio.evaluation.camera_predict import watch as watch_camera
from tlstudio.evaluation.live import Live, cameras, let_go, live, live_of
from tlstudio.evaluation.video import Frame
from tlstudio.events import Event

av = pytest.importorskip("av", reason="PyAV, an extra, is not installed")


class Tap:
    """A camera's frames at the pace that the test gives; tells whether it is open."""

    def __init__(self) -> None:
        self.open, self.n, self.fails = 0, 0, False
        self.go = threading.Event()
        self.go.set()

    def __call__(self, source: str) -> Iterator[Frame]:
        self.open += 1
        try:
            while True:
                self.go.wait(1)
                if self.fails:
                    raise StudioError(f"There are no more frames from {source}", "unplugged")
                pixels = np.zeros((32, 48, 3), np.uint8)
                pixels[..., 0] = 255
                yield Frame(self.n, self.n / 30, pixels)
                self.n += 1
                time.sleep(0.002)
        finally:
            self.open -= 1


@pytest.fixture
def tap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tap]:
    made_ = Tap()
    monkeypatch.setattr(live_module, "frames", made_)
    yield made_
    let_go()
    assert made_.open == 0


def test_the_newest_picture_and_none_twice(tap: Tap) -> None:
    with live("camera:0") as camera:
        first = camera.newest().index
        until = time.monotonic() + 20
        while tap.n < first + 6 and time.monotonic() < until:
            time.sleep(0.005)
        second = camera.newest()
        assert second.index > first + 3  # those in between nobody waits for
        tap.go.clear()
        camera.newest()
        control = Control()
        threading.Timer(0.1, control.cancel).start()
        with pytest.raises(Cancelled):
            _until_it_fails(camera, control)
        tap.fails = True
        tap.go.set()
        with pytest.raises(StudioError, match="Unplugged"):
            _until_it_fails(camera, Control())
    assert tap.open == 0


def _until_it_fails(camera: Live, control: Control) -> None:
    while True:
        camera.newest(control)


def test_between_two_questions_it_stays_open_until_it_is_let_go_or_forgotten(tap: Tap, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tap.open == 0  # nobody asked yet
    camera = live_of("camera:0")
    camera.newest()
    assert live_of("camera:0") is camera
    assert tap.open == 1
    api.close_camera()
    assert tap.open == 0
    monkeypatch.setattr(live_module, "IDLE", 0.05)
    live_of("camera:0").newest()
    end = time.monotonic() + 20
    while tap.open and time.monotonic() < end:
        time.sleep(0.01)
    assert tap.open == 0
    live_of("camera:0").newest()  # and opened again when it is asked for
    assert tap.open == 1


def test_a_run_looks_at_a_camera_until_it_is_stopped(tap: Tap, tmp_path: Path) -> None:
    model = made(tmp_path)
    control, told = Control(), list[Event]()

    def tell(event: Event) -> None:
        told.append(event)
        if len(told) == 5:
            control.stop()

    entry = watch_camera(model, "camera:0", out=str(tmp_path / "out"), tell=tell, control=control)
    assert entry["frames"] == 5
    assert entry["classes"]["red"] > 0.8
    assert sorted(path.name for path in (tmp_path / "out" / "camera-0").iterdir()) == ["frames.csv", "masks", "predicted.json"]
    assert len(list((tmp_path / "out" / "camera-0" / "masks").iterdir())) == 5
    before = set(tmp_path.rglob("*"))
    entry = watch_camera(model, "camera:0", seconds=0.05)
    assert entry["frames"] >= 1
    assert entry["folder"] is None
    assert set(tmp_path.rglob("*")) == before  # nothing is written
    with pytest.raises(InputError, match="is no camera"):
        watch_camera(model, "film.mp4")


def test_which_cameras_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices, about = tmp_path / "dev", tmp_path / "about"
    for n, index, name in ((0, 0, "Webcam"), (1, 1, "Webcam"), (10, 0, "Microscope"), (2, 0, "")):
        (devices / f"video{n}").mkdir(parents=True)
        (about / f"video{n}").mkdir(parents=True)
        (about / f"video{n}" / "index").write_text(f"{index}\n")
        (about / f"video{n}" / "name").write_text(f"{name}\n")
    monkeypatch.setattr(live_module, "_SYSTEM", about)
    monkeypatch.setattr(live_module, "_DEVICES", devices)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cameras() == [("camera:0", "Webcam"), ("camera:2", "camera:2"), ("camera:10", "Microscope")]
    assert api.cameras()[0] == {"source": "camera:0", "name": "Webcam"}
    found = [SimpleNamespace(name="0", description="FaceTime", media_types=["video"]),
             SimpleNamespace(name="1", description="Capture screen 0", media_types=["video"]),
             SimpleNamespace(name="0", description="Microphone", media_types=["audio"])]  # fmt: skip
    monkeypatch.setattr(av, "enumerate_input_devices", lambda kind: found)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cameras() == [("camera:0", "FaceTime")]
    monkeypatch.setattr(sys, "platform", "win32")
    assert cameras() == [("camera:FaceTime", "FaceTime")]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cameras() == []

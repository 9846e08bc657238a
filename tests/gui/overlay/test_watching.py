"""A video and a camera on the page: frames come when they are asked for, in time when it plays, and the camera is let go."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from tests.gui.overlay.reels import RATE, Engine, N, child, document, engine, opened, page, until, viewer_of
from tlstudio.errors import StudioError
from tlstudio.gui.overlay import player as playing
from tlstudio.gui.overlay import videos
from tlstudio.gui.overlay.keys import guide
from tlstudio.gui.overlay.player import Player
from tlstudio.gui.overlay.predict_sheet import PredictSheet
from tlstudio.gui.overlay.scrubber import Scrubber
from tlstudio.gui.pages.overlay import OverlayPage

__all__ = ["engine", "opened", "page"]  # fixtures


def test_the_first_frame_comes_alone_and_then_what_the_model_says(page: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    page.show_video("/films/street.mp4")
    jobs.last("open_video").done.emit(document())
    until(qtbot, engine, lambda: viewer_of(page).picture is not None)
    viewer = viewer_of(page)
    assert viewer.picture is not None
    assert viewer.picture.pending
    assert "prediction" not in viewer.looking.missing  # it is on its way: nothing switches to and fro
    assert "truth" in viewer.looking.missing
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.picture.prediction is not None)
    assert [job.args["run"] for job in jobs if job.job == "video_frame"][:2] == ["", "/runs/a"]
    assert page.mark() == ("ready", "40 frames")
    assert "predicted by Streets" in viewer.status.text()
    assert "10 frames/s" in viewer.status.text()
    assert jobs.last("video_strip").args["n"] > 4
    assert not page._source.edit.isEnabled()
    assert not page._source.export.isEnabled()


def test_frames_by_arrows_and_by_the_mouse_on_the_strip(opened: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    QTest.keyClick(viewer.panels.canvas, Qt.Key.Key_Right)
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.picture.image.pixelColor(0, 0).red() == 1)
    assert viewer.place == 1
    assert viewer.picture is not None
    assert viewer.picture.prediction is not None
    assert viewer.panels.bar._place.text() == "2 of 40"
    scrubber: Scrubber = child(opened, "videoScrubber")
    middle = scrubber.rect().center()
    QTest.mousePress(scrubber, Qt.MouseButton.LeftButton, pos=middle)
    assert jobs.last("video_frame").args["run"] == ""  # the hand may go on: the picture alone
    assert 18 <= scrubber.value() <= 22
    until(qtbot, engine, lambda: viewer.place == scrubber.value() and viewer.picture is not None and viewer.picture.pending)
    QTest.mouseRelease(scrubber, Qt.MouseButton.LeftButton, pos=middle)
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.picture.prediction is not None)
    assert viewer.picture is not None
    assert viewer.picture.image.pixelColor(0, 0).red() == scrubber.value()
    assert jobs.last("video_frame").args["run"] == "/runs/a"


class Clock:
    """The player's, which the test moves on: what a busy machine holds up is not late by it."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now

    def pass_by(self, seconds: float, player: Player) -> None:
        self.now += seconds
        QThreadPool.globalInstance().waitForDone()  # files are read there
        QApplication.processEvents()
        player._show_due()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(playing, "time", made)
    return made


def test_it_plays_in_time_and_leaves_out_what_would_be_late(opened: OverlayPage, engine: Engine, qtbot: QtBot, clock: Clock) -> None:
    viewer, player = viewer_of(opened), opened._watching.player
    shown: list[tuple[int, float]] = []
    player.shown.connect(lambda place, _: shown.append((place, clock.now)))
    QTest.keyClick(viewer.panels.canvas, Qt.Key.Key_K)
    assert player.playing
    assert len(engine.open) == 2  # not one by one, and not the whole film

    def slowly() -> bool:
        for _ in range(3):  # more than a frame and a half
            clock.pass_by(0.05, player)
        engine.answer()
        return len(shown) >= 5

    qtbot.waitUntil(slowly)
    places = [place for place, _ in shown]
    assert places == sorted(set(places))
    assert player.dropped > 0
    (first, began), (last, ended) = shown[0], shown[-1]
    assert abs((last - first) / RATE - (ended - began)) < 0.4  # its time is right
    child(opened, "playVideo", QToolButton).click()
    assert not player.playing
    assert not engine.open
    assert viewer.place == last
    qtbot.waitUntil(lambda: viewer.counts.prediction is not None)
    assert opened.isVisible()
    opened.hide()  # leaving the page stops it
    assert not player.playing


def test_at_the_end_it_stops_and_plays_again_from_the_beginning(opened: OverlayPage, engine: Engine, qtbot: QtBot, clock: Clock) -> None:
    player = opened._watching.player
    shown: list[int] = []
    player.shown.connect(lambda place, _: shown.append(place))
    player.play(N - 3)

    def over() -> bool:
        clock.pass_by(0.02, player)
        return not player.playing

    until(qtbot, engine, over)
    assert shown[-1] == N - 1
    player.play(N - 1)
    assert engine.open[0].args["at"] == 0
    player.pause()


def test_the_picture_alone_needs_no_model(opened: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    QTest.keyClick(viewer.panels.canvas, Qt.Key.Key_I)
    viewer.open_picture(9)
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.picture.pending)
    assert jobs.last("video_frame").args["run"] == ""
    QTest.keyClick(viewer.panels.canvas, Qt.Key.Key_C)
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.picture.prediction is not None)
    assert viewer.looking.look.mode == "contour"


def test_a_damaged_frame_says_so_and_the_next_one_can_be_seen(opened: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    viewer.open_picture(20)
    jobs.last("video_frame").failed.emit(StudioError("Frame 2 of street.mp4 is damaged"))
    assert "Frame 2 of street.mp4 is damaged" in "\n".join(label.text() for label in opened.findChildren(QLabel) if label.isVisible())
    viewer.step(1)
    until(qtbot, engine, lambda: viewer.picture is not None and viewer.place == 21)


def test_another_run_looks_at_the_same_place(opened: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    opened._watching.seek(7, False)
    until(qtbot, engine, lambda: viewer.place == 7 and not viewer.loader.busy)
    opened._source.watcher_chosen.emit("")
    jobs.last("open_video").done.emit(document(run=""))
    until(qtbot, engine, lambda: viewer.picture is not None and not viewer.loader.busy)
    assert viewer.place == 7
    assert {"prediction", "contour", "swipe", "confidence"} <= set(viewer.looking.missing)


def test_the_whole_video_is_predicted_with_progress(opened: OverlayPage, jobs: Any) -> None:
    child(opened, "predictVideo", QToolButton).click()
    sheet = opened.findChild(PredictSheet)
    assert sheet is not None
    sheet._choose_every("1s")
    sheet._begin()
    asked = jobs.last("predict")
    assert asked.args == {"run": "/runs/a", "paths": ["/films/street.mp4"], "flips": False, "every": "1s"}
    asked.done.emit([{"path": "/films/street.mp4", "folder": "/out/street", "frames": 4, "overlay": "/out/street/overlay.mp4"}])
    notice = child(opened, "overlayTask")
    assert notice.isVisible()
    assert "4 frames predicted. /out/street" in notice.accessibleName()
    child(opened, "closeTask", QToolButton).click()
    assert not notice.isVisible()


def test_no_camera_no_word_of_it(opened: OverlayPage, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words_of(opened, monkeypatch, [])
    assert "Open a video…" in said
    assert not any("amera" in word for word in said)
    assert "Camera" in words_of(opened, monkeypatch, [("camera:0", "Webcam")])
    assert {"Camera: Webcam", "Camera: Other"} <= set(words_of(opened, monkeypatch, [("camera:0", "Webcam"), ("camera:2", "Other")]))
    assert "\nK\t" in guide()


def words_of(page: OverlayPage, monkeypatch: pytest.MonkeyPatch, there: list[tuple[str, str]]) -> list[str]:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(videos, "cameras", lambda: there)
    menu = page._source._source.menu()
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def test_a_camera_is_on_only_while_one_looks(opened: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> None:
    opened._source.camera_asked.emit("camera:0")
    assert [job.job for job in jobs].count("close_camera") == 0
    jobs.last("open_video").done.emit(document("camera:0"))
    viewer, player = viewer_of(opened), opened._watching.player
    shown: list[int] = []
    player.shown.connect(lambda place, _: shown.append(place))
    assert player.playing  # it was asked for
    until(qtbot, engine, lambda: len(shown) >= 3)
    assert shown == sorted(set(shown))
    note = child(opened, "cameraNote", QLabel)
    assert "Nothing is recorded" in note.text()
    folder = opened._watching.reel.folder
    opened.hide()
    assert not player.playing
    assert jobs.last("close_camera")
    jobs.last("close_camera").done.emit({})
    assert not folder.exists()
    opened.show()
    assert not player.playing  # not by itself
    assert "off" in note.text()
    child(opened, "playVideo", QToolButton).click()
    engine.open[0].failed.emit(StudioError("Nothing comes from camera:0"))
    assert not player.playing
    assert viewer.panels.trouble.isVisible()
    assert [job.job for job in jobs].count("close_camera") == 2

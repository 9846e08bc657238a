"""What the canvas paints is what one would compute by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.overlay.scenes import CLASSES, at_border, brightest, composite, photo, rgb, scene, shot
from tlstudio.gui import theme
from tlstudio.gui.overlay import colour_tables
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import Look, Picture


@pytest.mark.parametrize("opacity", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("mode", ["prediction", "truth"])
def test_the_composite_is_right_to_the_pixel(canvas: OverlayCanvas, mode: Any, opacity: float) -> None:
    picture = scene(classes=5)  # two labels more than there are classes
    assert picture.prediction is not None
    picture.prediction[50:90, 60:120] = 255
    look = replace(Look(CLASSES, mode=mode, opacity=opacity).with_class(1, opacity=0.4), solo=None)
    canvas.set_picture(picture)
    canvas.set_look(look)
    canvas.one_to_one()
    labels = picture.prediction if mode == "prediction" else picture.truth
    assert labels is not None
    assert np.abs(shot(canvas) - composite(picture, labels, look)).max() <= 2.5


def test_hidden_and_solo_classes(canvas: OverlayCanvas) -> None:
    picture = scene()
    assert picture.prediction is not None
    canvas.set_picture(picture)
    canvas.one_to_one()
    for look in (Look(CLASSES).with_class(2, visible=False), Look(CLASSES, solo=1), Look(CLASSES, solo=1).with_class(1, visible=False)):
        canvas.set_look(look)
        assert np.abs(shot(canvas) - composite(picture, picture.prediction, look)).max() <= 2.5


def test_without_masks_the_photo_is_as_it_is(canvas: OverlayCanvas) -> None:
    picture = scene()
    canvas.set_picture(picture)
    canvas.one_to_one()
    for look in (Look(CLASSES, mode="image"), Look(CLASSES, masks=False), Look(CLASSES, mode="entropy"), Look(CLASSES, mode="confidence")):
        canvas.set_look(look)
        assert np.array_equal(shot(canvas), photo(picture))


def test_at_400_percent_every_pixel_is_a_square(canvas: OverlayCanvas) -> None:
    picture = scene(60, 40)
    assert picture.prediction is not None
    canvas.set_picture(picture)
    canvas.zoom_to(4.0)
    got = shot(canvas)[20:180, 30:270]  # the picture in the middle
    plain = photo(picture).repeat(4, 0).repeat(4, 1)
    colours = np.array([rgb(one.colour) for one in CLASSES])[picture.prediction].repeat(4, 0).repeat(4, 1)
    labels = picture.prediction.repeat(4, 0).repeat(4, 1)
    inside = ~at_border(labels)
    assert np.abs(got - (plain + 0.5 * (colours - plain)))[inside].max() <= 2


def test_stripes_tell_two_classes_of_one_colour_apart(canvas: OverlayCanvas) -> None:
    canvas.set_picture(scene(prediction=np.zeros((200, 300), np.uint8)))
    canvas.one_to_one()
    plain = shot(canvas)
    canvas.set_look(Look(CLASSES).with_class(0, hatched=True))
    striped = shot(canvas)
    changed = np.abs(striped - plain).max(-1) > 8
    assert 0.2 < changed.mean() < 0.6
    assert np.array_equal(changed[100, :250], np.roll(changed, 1, 0)[100, 1:251])  # rising stripes


def test_difference_of_one_class_has_its_three_colours(canvas: OverlayCanvas) -> None:
    said, true = np.zeros((200, 300), np.uint8), np.zeros((200, 300), np.uint8)
    said[:, :200], true[:, 100:] = 1, 1  # false alarm, found, missed; each a third
    canvas.set_picture(scene(prediction=said, truth=true))
    canvas.one_to_one()
    canvas.set_look(Look(CLASSES, mode="difference", solo=1, opacity=1.0))
    got = shot(canvas)
    bright = [brightest(got[10:190, x : x + 80]) for x in (10, 110, 210)]
    for seen, colour in zip(bright, (colour_tables.FALSE_COLOUR, colour_tables.FOUND_COLOUR, colour_tables.MISSED_COLOUR), strict=True):
        assert np.abs(seen - rgb(colour)).max() <= 2
    spread = [got[10:190, x : x + 80].std() for x in (10, 110, 210)]
    plain = rgb(colour_tables.FOUND_COLOUR).std()
    assert spread[1] == pytest.approx(plain, abs=1)  # what was found has no stripes


def test_difference_over_all_classes_shows_what_is_wrong_on_grey(canvas: OverlayCanvas) -> None:
    said, true = np.zeros((200, 300), np.uint8), np.zeros((200, 300), np.uint8)
    said[:, 150:], true[:50] = 2, 255
    canvas.set_picture(scene(prediction=said, truth=true))
    canvas.one_to_one()
    canvas.set_look(Look(CLASSES, mode="difference", opacity=1.0))
    got = shot(canvas)
    unknown = got[5:45, 5:295]
    assert np.ptp(unknown, axis=-1).max() == 0  # grey, nothing over it
    assert np.abs(brightest(got[60:190, 160:290]) - rgb(colour_tables.FALSE_COLOUR)).max() <= 2


def test_a_contour_is_as_wide_as_asked(canvas: OverlayCanvas) -> None:
    labels = np.zeros((200, 300), np.uint8)
    labels[:, 150:] = 1
    picture = scene(prediction=labels)
    canvas.set_picture(picture)
    canvas.one_to_one()
    for width in (1, 3, 6):
        canvas.set_look(Look(CLASSES, mode="contour", contour=width, opacity=0.5))
        changed = np.abs(shot(canvas) - photo(picture)).max(-1) > 1
        assert changed[:, 150 - width : 150 + width].mean() > 0.97
        assert not changed[:, : 150 - width].any()
        assert not changed[:, 150 + width :].any()


def test_swipe_has_the_prediction_left_and_the_truth_right(canvas: OverlayCanvas) -> None:
    picture = scene()
    assert picture.prediction is not None
    assert picture.truth is not None
    canvas.set_picture(picture)
    canvas.one_to_one()
    look = Look(CLASSES, mode="swipe", swipe=0.4)
    canvas.set_look(look)
    got = shot(canvas)
    left, right = composite(picture, picture.prediction, look), composite(picture, picture.truth, look)
    assert np.abs(got - left)[110:, :95].max() <= 2.5  # below the words, beside the handle
    assert np.abs(got - right)[110:, 145:].max() <= 2.5


def test_the_heat_map_is_viridis(canvas: OverlayCanvas) -> None:
    confidence = np.zeros((200, 300), np.uint8)
    confidence[:, 150:] = 255
    canvas.set_picture(scene(confidence=confidence))
    canvas.one_to_one()
    canvas.set_look(Look(CLASSES, mode="confidence", opacity=1.0))
    got = shot(canvas)
    assert got[50, 50].tolist() == [0x44, 0x01, 0x54]
    assert got[50, 250].tolist() == [0xFD, 0xE7, 0x25]


def test_edits_are_seen_at_once_and_only_where_they_are(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    picture = scene()
    assert picture.prediction is not None
    canvas.set_picture(picture)
    for zoom in (1.0, 2.5, 6.0, 0.5):
        canvas.zoom_to(zoom)
        shot(canvas)
        x, y = (round(at) for at in (canvas.view.x, canvas.view.y))
        picture.prediction[y - 4 : y + 4, x - 6 : x + 6] = (picture.prediction[y, x] + 1) % 3
        canvas.labels_changed(QRect(x - 6, y - 4, 12, 8))
        edited = shot(canvas)
        canvas.set_picture(replace(picture), keep_view=True)  # all made anew
        assert np.array_equal(edited, shot(canvas))


def test_a_picture_at_twice_the_density(canvas: OverlayCanvas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OverlayCanvas, "devicePixelRatioF", lambda self: 2.0)
    canvas.resize(160, 120)
    picture = scene(320, 240)
    assert picture.prediction is not None
    canvas.set_picture(picture)
    canvas.one_to_one()
    assert canvas.view.screen == (320, 240)
    image = QImage(320, 240, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    canvas.render(image, QPoint())
    data = np.frombuffer(image.constBits(), np.uint8).reshape(240, 320, 4)[..., 2::-1].astype(float)
    labels = picture.prediction
    inside = ~at_border(labels)
    for _ in range(2):  # rims are two screen pixels here
        inside &= np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1) & np.roll(inside, -1, 1)
    assert np.abs(data - composite(picture, labels, canvas.look))[inside].max() <= 2.5


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (20000, 3), (3, 5000)])
def test_odd_sizes(canvas: OverlayCanvas, width: int, height: int) -> None:
    labels = np.zeros((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(90)
    values = np.full((height, width), 7, np.uint8)
    canvas.set_picture(Picture("", image, labels, labels.copy(), values, values))
    for mode in ("image", "prediction", "truth", "difference", "contour", "swipe", "side", "confidence", "entropy"):
        for zoom in (0.005, 0.3, 1, 2.2, 64):
            canvas.set_look(Look(CLASSES, mode=mode))  # type: ignore[arg-type]
            canvas.zoom_to(zoom)
            shot(canvas)


def test_no_picture_is_a_quiet_ground_in_the_theme_of_the_day(canvas: OverlayCanvas, qapp: QApplication) -> None:
    for chosen in (theme.DARK, theme.LIGHT):
        theme.apply(qapp, chosen)
        canvas.set_picture(None)
        assert (shot(canvas) == rgb(QColor(chosen.window))).all()
        assert canvas.pixel_at(QPointF(5, 5)) is None


def test_modes_without_their_data_show_the_photo(canvas: OverlayCanvas) -> None:
    picture = scene(prediction=None, truth=None)
    canvas.set_picture(picture)
    canvas.one_to_one()
    for mode in ("prediction", "truth", "difference", "contour", "side"):
        canvas.set_look(Look(CLASSES, mode=mode))  # type: ignore[arg-type]
        assert np.array_equal(shot(canvas), photo(picture))


def test_a_large_picture_gets_fine_once_its_levels_are_made(canvas: OverlayCanvas, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[tuple[Any, Any]] = []
    monkeypatch.setattr("tlstudio.gui.overlay.canvas.AT_ONCE", 1000)
    monkeypatch.setattr("tlstudio.gui.overlay.canvas.Background", lambda call, done: threads.append((call, done)))
    canvas.set_look(Look(CLASSES, mode="image"))
    canvas.set_picture(scene(900, 600))
    rough = shot(canvas)
    for call, done in threads:
        done(call())
    fine = shot(canvas)
    assert fine.std() < 0.7 * rough.std()  # noise averages out


def test_what_is_made_ahead_is_what_would_be_painted(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    picture = scene()
    canvas.set_picture(picture)
    canvas.zoom_to(2.3)
    shot(canvas)
    qtbot.wait(300)
    ahead = {}
    for mode in ("truth", "difference", "contour"):
        canvas.set_look(Look(CLASSES, mode=mode))  # type: ignore[arg-type]
        ahead[mode] = shot(canvas)
    for mode, seen in ahead.items():
        canvas.set_picture(replace(picture), keep_view=True)
        canvas.set_look(Look(CLASSES, mode=mode))  # type: ignore[arg-type]
        assert np.array_equal(seen, shot(canvas))

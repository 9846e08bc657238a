"""What the plots are told to draw, and that millions of steps do not hold the window up."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF
from pytestqt.qtbot import QtBot

from tlstudio.events import Event, RateChanged
from tlstudio.gui import theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.curves import RunCurves
from tlstudio.gui.widgets.curves_card import CurvesCard
from tlstudio.gui.widgets.line_ends import End, Frame, place_note
from tlstudio.gui.widgets.parts import colour
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]


@pytest.fixture
def curves(qtbot: QtBot, session: Session) -> RunCurves:
    out = RunCurves("metricPlot", "accuracy", "Accuracy", lambda text: None)
    qtbot.addWidget(out)
    out.resize(400, 250)
    out.show()
    qtbot.waitExposed(out)
    qtbot.wait(20)
    return out


def test_points_are_those_of_the_run_in_percent(curves: RunCurves, run_events: Stream) -> None:
    history = RunHistory(run_events(3.5))
    curves.draw(history, 10)
    x, y = curves._raw.getData()
    assert x.tolist() == pytest.approx(list(history.x))
    assert y.tolist() == pytest.approx([100 * value for value in history.accuracy])
    assert curves._val.getData()[1].tolist() == pytest.approx([100 * epoch.val_accuracy for epoch in history.epochs])


def test_the_best_epoch_has_a_star_and_a_word(curves: RunCurves, run_events: Stream) -> None:
    history = RunHistory(run_events(4))
    curves.draw(history, 10)
    assert history.best is not None
    assert curves._note is not None
    assert curves._note.x == history.best.epoch
    assert curves._note.text == f"best 75.0%, epoch {history.best.epoch}"
    curves.draw(history, 10, star=False)
    assert curves._note is None


def test_the_star_of_the_last_epoch_is_whole(curves: RunCurves, run_events: Stream) -> None:
    history = RunHistory(run_events(4))
    assert history.best is not None
    curves.draw(history, history.best.epoch)
    frame, picture = curves.frame, curves.grab().toImage()
    assert curves._note is not None
    at = frame.at(curves._note.x, curves._note.y).toPoint()
    assert at.x() + 3 > frame.box.right()
    assert picture.pixelColor(at.x() + 3, at.y()) == colour("good")  # beyond the end of the axis


def test_words_at_the_line_ends_stay_inside_and_apart(curves: RunCurves, run_events: Stream, qtbot: QtBot) -> None:
    for done in (0.25, 1, 5, 10):
        curves.draw(RunHistory(run_events(done)), 10)
        qtbot.wait(10)

        def inside_and_apart(done: float = done) -> None:
            boxes = [box for _, box in curves.words()]
            assert len(boxes) == (1 if done < 1 else 2)
            for box in boxes:
                assert 0 <= box.left() <= box.right() <= curves.width()
                assert 0 <= box.top() <= box.bottom() <= curves.height()
            if done >= 1:
                assert boxes[1].top() >= boxes[0].bottom() - 0.01

        qtbot.waitUntil(inside_and_apart)


def test_hairlines_stand_at_the_ticks_also_after_they_changed(curves: RunCurves, run_events: Stream, qtbot: QtBot) -> None:
    for done in (1, 5):
        curves.draw(RunHistory(run_events(done)), 10)
        qtbot.wait(20)

        def at_the_ticks() -> None:
            picture = curves.grab().toImage()
            line, x = QColor(theme.current().line).rgb(), picture.width() - 20
            rows = [y for y in range(picture.height()) if picture.pixel(x, y) == line]
            wanted = [round(curves.frame.at(0, tick).y()) for tick in curves._ticks]
            assert sorted(wanted)[:-1] == rows[: len(wanted) - 1]  # the lowest lies on the axis

        qtbot.waitUntil(at_the_ticks)


def test_what_stands_under_the_mouse(curves: RunCurves, run_events: Stream) -> None:
    curves.draw(RunHistory(run_events(3.5)), 10)
    assert curves.said_at(2.5).startswith("epoch 2.5: train ")
    assert "validation 75.0%" in curves.said_at(2.5)  # that of epoch 2, the last whole one
    assert "validation" not in curves.said_at(0.5)
    assert curves.said_at(9) == curves.said_at(-1) == ""


def test_a_million_steps_are_drawn_fast(curves: RunCurves) -> None:
    history = RunHistory()
    n = 1_000_000
    history.x.extend(np.linspace(0, 10, n))
    history.loss.extend(np.ones(n))
    history.accuracy.extend(np.random.default_rng(1).random(n))
    curves.draw(history, 10)
    history.x.append(10.0)
    history.accuracy.append(0.5)
    began = time.thread_time()
    curves.draw(history, 10)
    assert time.thread_time() - began < 0.25
    assert 0 < curves._dense_mean.path().elementCount() < 4 * curves.width()
    assert 0 < curves._dense_raw.path().elementCount() < 4 * curves.width()


def test_a_long_sentence_over_narrow_plots_has_few_lines(qtbot: QtBot, session: Session) -> None:
    card = CurvesCard()
    qtbot.addWidget(card)
    card.resize(438, 250)  # in a window of 1024 x 700
    card.show()
    card.draw_half("loss", RunHistory(), Recipe())
    card.draw_half("accuracy", RunHistory(), Recipe())
    card.say("The frozen part looks at each image once: 1,064 of 1,700")
    said = card._message
    assert said.height() <= 3 * said.fontMetrics().lineSpacing() + 20
    assert card.rect().contains(said.geometry())


def test_both_halves_follow_the_theme_and_show_the_plan(qtbot: QtBot, session: Session, qapp: object, run_events: Stream) -> None:
    card = CurvesCard()
    qtbot.addWidget(card)
    card.show()
    recipe = Recipe()
    for half in ("loss", "accuracy"):
        card.draw_half(half, RunHistory(), recipe)
    card.draw_rates(RunHistory(), recipe)
    card.say("Press Start")
    assert card._message.text() == "Press Start"
    assert card._message.isVisible()
    assert card._bands[0].accessibleName() == "Epochs 1 to 20, learning: head, head's rate 0.01 (planned)"
    assert "frozen" in card._lanes["backbone_lr"].toolTip()
    history = RunHistory(run_events(3.5))
    for half in ("loss", "accuracy"):
        card.draw_half(half, history, recipe.with_strategy("last-block"))
    card.draw_rates(history, recipe.with_strategy("last-block"))
    card.say("")
    assert not card._message.isVisible()
    assert card._bands[0].accessibleName() == "Epochs 1 to 10, learning: last block"
    before = card.loss._mean.opts["pen"].color()
    theme.apply(qapp, theme.DARK)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: card.loss._mean.opts["pen"].color() != before)


def test_the_word_of_the_best_epoch_stands_on_no_other(curves: RunCurves) -> None:
    frame = Frame(QRectF(0, 0, 270, 60), (0, 2), (0, 100))
    metrics = QFontMetricsF(theme.font(9, bold=True))
    high = place_note(End("best 25.8%, epoch 2", 2, 25.8, "good"), frame, metrics)[0]
    assert high.top() == 0
    taken = [QRectF(0, 0, 270, 20)]
    assert place_note(End("best 25.8%, epoch 2", 2, 25.8, "good"), frame, metrics, taken)[0].top() > 20
    both = [*taken, QRectF(0, 40, 270, 20)]
    assert 20 <= place_note(End("best 25.8%, epoch 2", 2, 25.8, "good"), frame, metrics, both)[0].top() < 24  # between them
    middle = QRectF(170, 8, 100, 44)
    beside = place_note(End("best 25.8%, epoch 2", 2, 25.8, "good"), frame, metrics, [middle])[0]
    assert beside.right() <= middle.left()
    full = [QRectF(0, 0, 270, 60)]
    assert frame.box.contains(place_note(End("best 25.8%, epoch 2", 2, 25.8, "good"), frame, metrics, full)[0])  # at least inside


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize("size", [(400, 110), (240, 120), (180, 110)])
def test_with_few_epochs_no_word_stands_on_another(
    qtbot: QtBot, session: Session, masks_run: Stream, epochs: int, size: tuple[int, int]
) -> None:
    curves = RunCurves("metricPlot", "accuracy", "Accuracy", lambda text: None)
    qtbot.addWidget(curves)
    curves.resize(*size)
    curves.show()
    history = RunHistory(masks_run(epochs))
    for factor, step in ((0.5, 1), (0.1, 2)):
        history.add(RateChanged(epoch=epochs, step=step, factor=factor, lr=0.01, backbone_lr=0.0))
    curves.draw(history, epochs, masks=True)
    curves.set_marks([(x, f"× {x:g}") for x, _ in curves._marks])
    qtbot.wait(10)
    words = curves.words()
    noted = curves._note_place(words)
    assert noted is not None
    boxes = [*(box for _, box in words), noted[0], *(box for _, box in curves.mark_words())]
    assert len(boxes) >= 3
    for at, box in enumerate(boxes):
        assert curves.rect().toRectF().contains(box)
        assert not any(box.adjusted(0, 0.1, 0, -0.1).intersects(other) for other in boxes[at + 1 :]), (at, boxes)

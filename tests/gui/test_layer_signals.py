"""What is kept of a run's signals, and what scripts and the window get of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from tlstudio import api, event_log
from tlstudio.events import Event, FrozenProof, RunStarted, Signals, StageStarted
from tlstudio.gui.history import RunHistory
from tlstudio.gui.layer_signals import KINDS, MOST, LayerSignals
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


def look(epoch: int, step: int, **layers: float | None) -> Signals:
    values = list(layers.values())
    known = [None if value is None else value / 10 for value in values]
    return Signals(epoch=epoch, step=step, layers=list(layers), gradient=values, update=known, drift=known, dead=[None] * len(values))


def test_a_long_run_stays_small_its_newest_looks_whole() -> None:
    told = LayerSignals()
    for i in range(5000):
        told.add(look(1, i, a=float(i), b=None), i / 100)
        assert len(told) <= MOST
    assert (told.x[-1], told.rows["gradient"][-1][0]) == (49.99, 4999.0)
    assert len({len(told.rows[kind]) for kind in KINDS} | {len(told.x)}) == 1
    assert all(told.rows["gradient"][i][0] == round(x * 100) for i, x in enumerate(told.x)), "values stay with their places"
    assert told.looks == [(1, round(x * 100)) for x in told.x]
    assert told.x[0] < 25
    assert math.isnan(told.rows["gradient"][-1][1])


def test_layers_that_join_later_have_a_past_without_values() -> None:
    told = LayerSignals()
    told.add(look(1, 1, head=1.0), 0.5)
    told.add(look(2, 1, block=3.0, head=2.0), 1.5)
    assert told.layers == ["head", "block"]
    assert told.now == ["block", "head"]
    assert [list(row) for row in told.rows["gradient"]] == [[1.0], [2.0, 3.0]]


def test_what_a_resume_does_again_stands_once(run_events: Callable[..., list[Event]]) -> None:
    said: list[Event] = run_events(3)  # 4 steps an epoch
    history = RunHistory([*said, look(1, 4, head=1.0), look(3, 2, head=2.0)])
    assert list(history.signals.x) == [1.0, 2.5]
    started = next(event for event in said if isinstance(event, RunStarted))
    history.add(started.replace(resumed_from=(2, 1)))
    assert (list(history.signals.x), history.signals.looks) == ([1.0], [(1, 4)])
    history.add(look(3, 2, head=5.0))
    assert history.signals.rows["gradient"][-1][0] == 5.0


def test_a_script_gets_all_of_them_and_the_window_the_same_from_there(tmp_path: Path, run_events: Callable[..., list[Event]]) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    proof = FrozenProof(ok=False, tensors=5, before="a", after="b", moved=["bn.running_mean"], epoch=2)
    stage = StageStarted(name="b", learns="b", first_epoch=2, last_epoch=3)
    log = event_log.EventLog(run)
    for event in [*run_events(0), look(1, 2, head=1.0), stage, look(2, 4, block=3.0, head=None), proof]:
        log.write(event)
    log.close()
    said = api.JOBS["signals"](run=str(run.path))
    assert (said["model"], said["layers"], said["now"]) == ("efficientnet_lite0", ["head", "block"], ["block", "head"])
    assert (said["epochs"], said["steps"], said["x"]) == ([1, 2], [2, 4], [0.5, 2.0])
    assert said["gradient"] == [[1.0, None], [None, 3.0]]
    assert said["proof"]["moved"] == ["bn.running_mean"]
    told = LayerSignals.of(said)
    assert (told.layers, told.now, list(told.x)) == (said["layers"], said["now"], said["x"])
    assert told.rows["gradient"][1][1] == 3.0

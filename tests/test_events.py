"""Events as lines: every kind comes back as it went; what cannot be JSON does not break the line."""

from __future__ import annotations

import json
import math

import pytest

from tlstudio import errors, events
from tlstudio.control import Control
from tlstudio.errors import Cancelled, EngineDied, InputError, StudioError


def test_a_line_comes_back_as_the_same_event() -> None:
    said = events.Progress(phase="scan", done=3, total=9, overall=0.3, remaining=(1.0, 2.0), per_second=4.5)
    assert events.from_json(json.loads(said.to_line())) == said


def test_nan_and_infinity_become_null() -> None:
    said = events.Steps(epoch=1, first=1, loss=[math.nan, 1.0, math.inf], accuracy=[0, 0, 0], lr=[0, 0, 0], backbone_lr=[0, 0, 0])
    assert json.loads(said.to_line())["loss"] == [None, 1.0, None]


def test_kinds_and_keys_of_other_versions_are_passed_over() -> None:
    assert events.from_json({"kind": "from the future"}) is None
    assert events.from_json({"kind": "note"}) is None
    assert events.from_json({"kind": ["note"], "message": "x"}) is None
    said = events.from_json({"kind": "note", "message": "x", "colour": "red"})
    assert isinstance(said, events.Note)


@pytest.mark.parametrize("kind", [StudioError, InputError, Cancelled, EngineDied])
def test_errors_cross_from_an_engine(kind: type[StudioError]) -> None:
    error = kind("What.", "why", "do this", details="trace")
    back = errors.from_json(json.loads(json.dumps(error.to_json())))
    assert type(back) is kind
    assert str(back) == "What. Why. Do this."
    assert back.details == "trace"
    assert back.exit_code == (2 if kind is InputError else 1)


def test_control_cancels_also_what_is_paused() -> None:
    control = Control()
    control.check()
    control.pause()
    assert control.paused
    control.cancel()
    with pytest.raises(Cancelled):
        control.check()

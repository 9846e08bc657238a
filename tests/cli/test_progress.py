"""What a job tells, as lines for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.cli.progress import shown
from tlstudio.events import Note, PrefixCached, RunStarted, StageStarted

_STARTED = RunStarted(
    run="/runs/one",
    name="",
    task="classification",
    model="m",
    strategy="gradual",
    epochs=6,
    steps_per_epoch=1,
    n_train=3,
    n_val=2,
    n_test=0,
    classes=["a", "b"],
    device="cpu",
    params=10,
    params_learning=4,
    cached=True,
)


def test_stages_and_what_is_kept_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as tell:
        tell(_STARTED)
        tell(StageStarted(name="head", learns="head", first_epoch=1, last_epoch=4))
        tell(PrefixCached(stage="head", sentence="What enters the head is computed once."))
        tell(StageStarted(name="deeper-1", learns="last block", first_epoch=5, last_epoch=6))
        tell(Note(message="Mind this"))
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"{Path('/runs/one').name}: m, gradual, on cpu; 3 images to learn from, 2 to validate; 4 of 10 parameters learn",
        "epochs 1 to 4: head",
        "What enters the head is computed once.",
        "epochs 5 to 6: last block",
        "Mind this",
    ]


def test_the_only_stage_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as tell:
        tell(_STARTED)
        tell(StageStarted(name="head", learns="head", first_epoch=1, last_epoch=6))
    assert "epochs 1" not in capsys.readouterr().err

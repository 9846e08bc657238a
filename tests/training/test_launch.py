"""The recipe asks for several graphics cards: how many processes that makes, and what passes between them and this one."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest
import torch

from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.event_log import EventLog
from tlstudio.events import Event, Note, Progress, RunFailed
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import launch
from tlstudio.training.launch import launched, processes

RANK_0 = """
import sys, time
from tlstudio.control import Control, silent
from tlstudio.errors import InputError
from tlstudio.events import Note, Progress
from tlstudio.training.relay import relayed

def work(tell, control):
    tell(Note(message=" ".join(sys.argv[1:])))
    factors = []
    for i in range(2000):
        control.check()
        tell(Progress(phase="train", done=i))
        if (factor := control.taken_factor()) is not None:
            factors.append(factor)
        if control.stopping:
            return {"stopped": True, "factors": factors}
        if "refuse" in sys.argv[-1]:
            raise InputError("There is only one class", "", "Add another")
        if "die" in sys.argv[-1]:
            sys.exit(1)
        time.sleep(0.01)

relayed(work, silent, Control())
"""


@pytest.fixture
def torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of torchrun a process that is rank 0, without torch."""
    monkeypatch.setattr(launch, "_TORCHRUN", (sys.executable, "-c", textwrap.dedent(RANK_0)))
    monkeypatch.setenv("PYTHONPATH", str(Path(launch.__file__).parents[2]))


def _run(tmp_path: Path, name: str) -> Run:
    return Run.create(Recipe(), tmp_path / name)


@pytest.mark.usefixtures("torchrun")
def test_events_come_from_rank_0_and_what_it_is_told_gets_there(tmp_path: Path) -> None:
    run, control, told = _run(tmp_path, "run"), Control(), list[Event]()

    def tell(event: Event) -> None:
        told.append(event)
        if len(told) == 3:
            control.scale_rates(0.5)
        if len(told) == 20:
            control.stop()

    assert launched(run, 2, tell, control) == {"stopped": True, "factors": [0.5]}
    first, second, *_ = told
    assert isinstance(first, Note)
    assert first.message == f"--nproc-per-node=2 -m tlstudio resume {run.path}"
    assert isinstance(second, Progress)


@pytest.mark.usefixtures("torchrun")
def test_how_it_ends_is_how_this_ends(tmp_path: Path) -> None:
    control = Control()
    with pytest.raises(Cancelled):
        launched(_run(tmp_path, "run"), 2, lambda event: control.cancel(), control)
    with pytest.raises(InputError, match="only one class"):
        launched(_run(tmp_path, "refuse"), 2, lambda event: None, Control())
    gone = _run(tmp_path, "die")
    with pytest.raises(StudioError, match="The processes that train together ended"):
        launched(gone, 2, lambda event: None, Control())
    log = EventLog(gone)
    log.write(RunFailed(what="One of the 2 processes that train together ended", why="it was killed", do="Resume the run"))
    log.close()
    with pytest.raises(StudioError, match=r"One of the 2 processes that train together ended\. It was killed"):
        launched(gone, 2, lambda event: None, Control())
    with gone.locked(), pytest.raises(InputError, match="being trained right now"):
        launched(gone, 2, lambda event: None, Control())


def test_as_many_processes_as_there_are_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []

    def of(gpus: int, device: str = "auto") -> int:
        told.clear()
        return processes(Recipe().set({"training.gpus": gpus, "training.device": device}), told.append)

    for cards, wanted, found, said in (
        (0, 2, 1, "none"),
        (1, 2, 1, "is one"),
        (4, 0, 4, ""),
        (4, 2, 2, ""),
        (4, 8, 4, "is 4"),
        (4, 1, 1, ""),
    ):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cards=cards: cards > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda cards=cards: cards)
        assert of(wanted) == found
        assert bool(told) == bool(said)
        assert said in "".join(event.message for event in told if isinstance(event, Note))
    assert of(3, "cpu") == 3  # processes that share the processor
    assert of(0, "cpu") == 1

"""What training keeps account of: losses, rates, time."""

from __future__ import annotations

import time

import pytest
import torch

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.events import Event, Note, Steps
from tlstudio.training.pace import Pace
from tlstudio.training.prepare import streamed
from tlstudio.training.steps import StepLog, likeliest


def test_steps_are_read_without_float64_which_apples_devices_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(self: torch.Tensor) -> torch.Tensor:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")

    log = StepLog(epoch=1, done=0, sums=StepLog.zero())
    log.add(torch.tensor(0.1), torch.eye(4), torch.arange(4), (0.1, 0.2))
    monkeypatch.setattr(torch.Tensor, "double", lacking)
    (said,) = log.read()
    assert isinstance(said, Steps)
    assert said.loss == [pytest.approx(0.1)]
    assert said.accuracy == [1.0]


def test_work_of_another_kind_is_timed_by_itself() -> None:
    now = 0.0
    pace = Pace(1000, lambda: now)
    for _ in range(20):
        now += 1
        pace.add(1)
    assert pace.per_second == 1
    pace.afresh()
    assert pace.per_second is None
    now += 1
    pace.add(100)
    assert pace.per_second == 100
    assert pace.remaining is not None
    assert pace.remaining[0] == (1000 - 120) / 100


@pytest.mark.timeout(20)
def test_stop_before_there_is_anything_to_keep_ends_the_preparations() -> None:
    control = Control()

    def work(tell: object) -> None:
        while True:
            tell(Note(message="scanning"))  # type: ignore[operator]
            control.check()
            time.sleep(0.01)

    going = streamed(work, control)
    said: list[Event] = [next(going)]
    control.stop()
    with pytest.raises(Cancelled):
        said.extend(going)


@pytest.mark.parametrize("shape", [(5, 3), (2, 4, 6, 5), (2, 254, 3, 3), (1, 1, 2, 2)])
def test_the_likeliest_class_is_that_of_argmax_equals_included(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    logits = torch.randint(-2, 3, shape).float()
    assert torch.equal(likeliest(logits).long(), logits.argmax(1))
    if len(shape) == 4:
        assert torch.equal(likeliest(logits.to(memory_format=torch.channels_last)).long(), logits.argmax(1))

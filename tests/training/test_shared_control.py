"""What ranks agree on is what rank 0 was told, and they hear it at the same moment."""

from __future__ import annotations

import pytest

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.training import shared_control
from tlstudio.training.shared_control import Shared


def _reading(*controls: Shared) -> bool:
    words = [sum(values) for values in zip(*(one.words() for one in controls), strict=True)]
    rest = [one.hear(words) for one in controls]
    assert len(set(rest)) == 1
    return rest[0]


def test_stop_pause_and_rates_are_heard_at_a_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_control, "_REST", 0.0)
    told = Control()
    first, second = Shared(told, main=True), Shared(Control(), main=False)
    assert not _reading(first, second)
    told.pause()
    first.check()  # nobody waits on the way: the others would not know
    assert _reading(first, second)
    told.scale_rates(0.5)
    assert _reading(first, second)
    told.go_on()
    assert not _reading(first, second)
    assert first.taken_factor() == second.taken_factor() == 0.5
    assert first.taken_factor() is None
    told.stop()
    assert not first.stopping
    assert not _reading(first, second)
    assert first.stopping
    assert second.stopping


def test_rank_0_hears_itself_at_once_where_no_other_waits_for_it() -> None:
    told = Control()
    first = Shared(told, main=True)
    told.stop()
    first.alone = True
    assert first.stopping
    first.alone = False
    assert not first.stopping


@pytest.mark.parametrize("whose", [0, 1])
def test_a_cancel_of_any_rank_ends_all_at_the_same_reading_or_itself_while_it_judges(whose: int) -> None:
    own = [Control(), Control()]
    ranks = [Shared(one, main=i == 0) for i, one in enumerate(own)]
    own[whose].cancel()
    ranks[whose].check()  # within steps the others would wait for its tensors
    words = [sum(values) for values in zip(*(one.words() for one in ranks), strict=True)]
    for one in ranks:
        with pytest.raises(Cancelled):
            one.hear(words)
    ranks[whose].judging = True
    with pytest.raises(Cancelled):
        ranks[whose].check()

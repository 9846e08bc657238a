"""Times and sizes in words."""

from __future__ import annotations

import pytest

from tlstudio.quantities import duration, size


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (3599, "60 min"), (5400, "1.5 h")])
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("nbytes", "said"), [(812, "812 bytes"), (2e6, "2.0 MB"), (1.44e9, "1.4 GB"), (5e12, "5000.0 GB")])
def test_sizes(nbytes: float, said: str) -> None:
    assert size(nbytes) == said

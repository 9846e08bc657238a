"""What a schedule is, once it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Factor = Callable[[int, Sequence[float]], float]
"""factor(step, losses): what the rates are multiplied with in training step 0, 1, ... of the run. losses: the validation loss of each
epoch before it. The same arguments always give the same number, so that a resumed run goes on as if nothing had happened."""

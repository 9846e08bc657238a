"""What counts as a run that is under way: weights to go back to, weights to take for the best."""

from __future__ import annotations

import math

_GUESSES = 10.0  # an epoch whose loss is so many times that of guessing has run away already, even if it is the best so far


def is_good(loss: float, classes: int) -> bool:
    """Whether weights that were judged so are a place to go back to. loss: of the validation images, nats."""
    return loss < _GUESSES * math.log(max(2, classes))

"""What a run has on the disk while it is trained."""

from __future__ import annotations

from tlstudio.runs import Run
from tlstudio.training import checkpoint


def has_learned(run: Run) -> bool:
    """Whether its last checkpoint is of a place behind the first step: the first one is written before."""
    saved = checkpoint.load(run)
    return saved is not None and (saved["epoch"], saved["step"]) > (0, 0)

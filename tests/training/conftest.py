from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.pictures import class_folders
from tlstudio.errors import StudioError
from tlstudio.training import steps
from tlstudio.training.checkpoint import Checkpointer


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small pictures: threads would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """24 pictures of two classes."""
    return class_folders(tmp_path / "photos")


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every step and have every checkpoint on the disk before training goes on: which places are saved, and when, does not hang on
    how fast the one before is written. `test_checkpoint_writing` is about those that are written beside the training."""
    offer = Checkpointer.offer

    def written(self: Checkpointer, *what: Any, **more: Any) -> None:
        offer(self, *what, **more)
        with suppress(StudioError):
            self.flush()

    monkeypatch.setattr(steps, "EVERY", 0.0)
    monkeypatch.setattr(Checkpointer, "due", True)
    monkeypatch.setattr(Checkpointer, "offer", written)

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.pictures import class_folders
from tlstudio.training import checkpoint, steps


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
    """Read the steps and write checkpoints as often as there is something, not a few times a second."""
    monkeypatch.setattr(steps, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "RATIO", 0.0)
    monkeypatch.setattr(checkpoint.Checkpointer, "due", True)  # also while the one before is still being written

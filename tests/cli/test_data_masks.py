"""`tlstudio data` of pictures with masks: the classes with their values and shares of pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.cli import output


def test_classes_of_masks_are_shown_with_their_share(tlstudio: Callable[..., Any], images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {
        "task": "segmentation",
        "layout": "voc",
        "classes": [
            {"name": "background", "count": 12, "pixels": 900, "share": 0.9, "colour": [0, 0, 0], "value": 0},
            {"name": "[bold]leaf", "count": 7, "pixels": 100, "share": 0.1, "colour": [9, 9, 9], "value": [9, 9, 9]},
        ],
        "splits": {"train": 8, "val": 4, "test": 0},
        "ignored_share": 0.052,
        "problems": [{"kind": "mask_size", "path": "/x/a.png", "message": "too large", "level": "bad"}],
    }
    monkeypatch.setattr(output, "in_engine", lambda job, args: document)
    said = tlstudio("data", images)
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert ["segmentation,", "2", "classes,", "train", "8,", "val", "4"] in lines
    assert ["0", "background", "12", "90.0", "%"] in lines
    assert ["9", "9", "9", "[bold]leaf", "7", "10.0", "%"] in lines
    assert "Layout: voc; 5.2 % of all pixels are left out" in said.out
    assert "1 mask_size" in said.out

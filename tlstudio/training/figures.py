"""What was measured of a recipe's cost, kept in a file of the cache, so that the same is not measured twice."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlstudio import places
from tlstudio.errors import StudioError
from tlstudio.runs import write_atomic

KEPT = 500  # configurations whose figures are kept


@dataclass
class Figures:
    """What does not depend on the number of images. Seconds of one training step, and of one image forward in eval mode; bytes.

    judge: seconds of judging one image of a validation, whatever it begins from. feature_bytes: what one image's features take.
    frozen_share: share of the forward pass in front of the first layer that learns; crossing_bytes: what one image's outputs take there.
    at_once: images that went through at a time, because the whole batch did not fit into memory; 0: it did.
    """

    step: float
    forward: float
    peak: int
    params: int
    learning: int
    features_kept: bool
    feature_bytes: int
    judge: float
    frozen_share: float
    crossing_bytes: int
    at_once: int = 0


def known(key: str) -> Figures | None:
    """What was kept under that key."""
    try:
        return Figures(**_read()[key])
    except (KeyError, TypeError):  # not there, or of another version
        return None


def keep(key: str, figures: Figures) -> None:
    """Keep them as the latest. Where that cannot be written, they are measured again next time."""
    note(key, asdict(figures))


def noted(key: str) -> Any:
    """What was noted under that key, as JSON; None where nothing was."""
    return _read().get(key)


def note(key: str, what: dict[str, Any]) -> None:
    """Note something else that was measured, as `keep` does."""
    said = _read()
    said.pop(key, None)
    said = {**dict(list(said.items())[-(KEPT - 1) :]), key: what}
    with contextlib.suppress(OSError, StudioError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_atomic(_file(), lambda file: file.write(json.dumps(said).encode()))


def _file() -> Path:
    return places.cache() / "estimates.json"


def _read() -> dict[str, Any]:
    try:
        said = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}

"""What a contestant says on stdout, one JSON object a line; anything else that it prints is passed over.

{"mark": NAME, "at": T}             a moment: imported (all modules are there), done (trained), series (another run begins)
{"epoch": N, "at": T, ...}          an epoch ended: val_accuracy (share), n (validation images), seconds (training and validation),
                                    images_per_second (training alone), stage
{"figure": NAME, "value": V}        a single measured number
{"versions": {NAME: VERSION}}
T is the wall clock in seconds since 1970, so that the parent can count from the start of the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any


def _say(said: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def mark(name: str, at: float | None = None) -> None:
    _say({"mark": name, "at": time.time() if at is None else at})


def epoch(
    number: int, val_accuracy: float, n: int, *, seconds: float, images_per_second: float | None, stage: str = "", at: float | None = None
) -> None:
    when = time.time() if at is None else at
    numbers = {"val_accuracy": val_accuracy, "n": n, "seconds": seconds, "images_per_second": images_per_second}
    _say({"epoch": number, "at": when, "stage": stage, **numbers})


def figure(name: str, value: Any) -> None:
    _say({"figure": name, "value": value})


def versions(**of: str) -> None:
    _say({"versions": of})

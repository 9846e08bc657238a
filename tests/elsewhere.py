"""Another computer that shares the disk, but not its locks."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held_elsewhere(lock: Path, computer: str = "lab-2") -> Iterator[None]:
    """A process there holds the lock, and gives signs of life; afterwards it gives none any more, as one that was killed."""
    owner = lock.with_name(f".owner{lock.name.removeprefix('.lock')}")
    lock.touch()
    owner.write_text(json.dumps({"computer": computer, "kernel": "another", "process": 1, "token": "x"}), encoding="utf-8")
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(0.01):
            os.utime(owner)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()

"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """state: ok; warn, something will be missed; bad, the program cannot do its work.
    mend: the command or the step that mends it, "" where there is nothing to mend."""

    name: str
    state: Literal["ok", "warn", "bad"]
    message: str
    mend: str = ""

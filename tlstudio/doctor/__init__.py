"""Is everything there that the program needs, and if not, which command mends it?

`examine()` answers with {ok, checks: [{name, state: ok|warn|bad, message, mend}], versions, devices, places}. ok: nothing is bad.
Neither torch nor Qt is imported in this process.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from tlstudio import places
from tlstudio.doctor import computing, desktop, room, software
from tlstudio.doctor.check import Check


def examine() -> dict[str, Any]:
    """Look at everything. Takes a few seconds, most of them a child process that imports torch."""
    versions = software.versions()
    devices, torch_check = computing.devices()
    checks: list[Check] = [
        *software.checks(versions),
        torch_check,
        *desktop.checks(),
        *room.checks(),
    ]
    return {
        "ok": all(check.state != "bad" for check in checks),
        "checks": [asdict(check) for check in checks],
        "versions": versions,
        "devices": devices,
        "places": {
            **{
                name: str(getattr(places, name)().absolute())
                for name in ("runs", "samples", "cache", "logs", "trash", "settings", "torch_weights", "resources")
            },
            "python": sys.executable,
        },
    }

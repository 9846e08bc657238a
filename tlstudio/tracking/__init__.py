"""Trackers: other places for a run's figures, one file each with `KIND`, fed from the event stream. The run folder keeps everything anyway.

None imports what it needs before a run asks for it; PACKAGE names that, and what it is called. make(options, run, recipe) gives a Tracker.
"""

from __future__ import annotations

import importlib.util
import sys

from tlstudio.doctor.software import pip
from tlstudio.errors import InputError
from tlstudio.recipe import Tracking
from tlstudio.registry import Registry
from tlstudio.tracking.tracker import Tracker
from tlstudio.tracking.trackers import Trackers

__all__ = ["REGISTRY", "Tracker", "Trackers", "check"]

REGISTRY = Registry(__name__, "tracking", "csv")


def check(tracking: Tracking) -> None:
    """Raises InputError naming the nearest for an unknown tracker, and the command that installs a package that is not there."""
    for word in tracking.to:
        kind = REGISTRY.find(word)
        package, called = getattr(sys.modules[kind.make.__module__], "PACKAGE", ("", ""))
        if package and importlib.util.find_spec(package) is None:
            do = f"Take it out, or run: {pip('tlstudio[all]')}"
            raise InputError(f"{called} is not installed", "the recipe asks for it in tracking.to", do)

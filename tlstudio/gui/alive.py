"""Answers come late: whether what asked for one is still there. Qt deletes widgets whoever holds them in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


def gone(call: Callable[..., Any] | None) -> bool:
    """Whether the object whose method that is was deleted meanwhile, or a widget that a function was made around."""
    owner = getattr(call, "__self__", None)
    if isinstance(owner, QObject):
        return not isValid(owner)
    return any(isinstance(held, QWidget) and not isValid(held) for held in map(_inside, getattr(call, "__closure__", None) or ()))


def _inside(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing was put into it yet
        return None

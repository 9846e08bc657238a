"""What goes wrong, said so that somebody can act on it: what happened, why, and what to do."""

from __future__ import annotations

from typing import Any


class StudioError(Exception):
    """A failure with a sentence for the user. The command line exits 1 on it.

    what: what happened, one sentence without a full stop needed.
    why:  the likely cause, or "".
    do:   what mends it, or "".
    details: text for "Copy details" (a traceback, the end of a log); never shown unasked.
    """

    exit_code = 1

    def __init__(self, what: str, why: str = "", do: str = "", *, details: str = "") -> None:
        self.what, self.why, self.do, self.details = what, why, do, details
        super().__init__(str(self))

    def __str__(self) -> str:
        return sentences(self.what, self.why, self.do)

    def to_json(self) -> dict[str, Any]:
        """The form in which an error crosses from an engine; `from_json` takes it back."""
        return {"type": type(self).__name__, "what": self.what, "why": self.why, "do": self.do, "details": self.details}


def sentences(*parts: str) -> str:
    """The parts that are not empty as sentences: a capital first, a full stop last."""
    return " ".join(part[0].upper() + part[1:].rstrip(".") + "." for part in parts if part)


class InputError(StudioError):
    """The user gave something that cannot be used: a path, a key, a recipe. The command line exits 2 on it."""

    exit_code = 2


class Busy(InputError):
    """What was named is in another process's hands."""


class Cancelled(StudioError):
    """A job ended because it was asked to."""


class EngineDied(StudioError):
    """The child process that did the work is gone (exception, abort, segmentation fault, kill)."""


def from_json(said: dict[str, Any]) -> StudioError:
    """The error that `StudioError.to_json` described; an unknown type becomes a plain StudioError."""
    kinds = {kind.__name__: kind for kind in (StudioError, InputError, Busy, Cancelled, EngineDied)}
    kind = kinds.get(str(said.get("type")), StudioError)
    return kind(said.get("what", ""), said.get("why", ""), said.get("do", ""), details=said.get("details", ""))

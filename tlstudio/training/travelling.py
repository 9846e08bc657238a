"""Errors on their way from one rank to the others, which raise them too."""

from __future__ import annotations

import pickle

from tlstudio.errors import InputError, StudioError


def packed(error: BaseException) -> str:
    """In the form in which it travels; of one that cannot be made anew from what pickle keeps, its words."""
    try:
        said = pickle.dumps(error)
        pickle.loads(said)
    except Exception:
        said = pickle.dumps(_in_words(error))
    return said.hex()


def unpacked(said: str) -> BaseException:
    error: BaseException = pickle.loads(bytes.fromhex(said))
    return error


def _in_words(error: BaseException) -> StudioError:
    if not isinstance(error, StudioError):
        return StudioError(f"{type(error).__name__}: {error}")
    kind = InputError if isinstance(error, InputError) else StudioError
    return kind(error.what, error.why, error.do, details=error.details)


def first_line(error: BaseException) -> str:
    """Of what it says; its kind, where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

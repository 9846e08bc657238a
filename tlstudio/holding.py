"""Who works on a folder: one process at a time, of this computer or of another one that shares the disk.

On one computer a file lock settles it, which goes with its process however that ends. Many shared disks pass such locks on from computer to
computer, others keep them to each. So whoever holds a folder also writes down which computer that is, in a file beside the lock that it
touches every few seconds. Another computer takes the folder up once that sign of life is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BEAT = 5.0  # seconds between two signs of life
SILENCE = 30.0  # without one for so long: its process is gone
_OLD = 600.0  # so old a sign needs no waiting for the next; more than clocks are wrong by
_LOOK = 0.5  # seconds between two looks for a sign


class Held(Exception):
    """Another process holds the folder. computer: the name of the one that it runs on, where that is another one; else ""."""

    def __init__(self, computer: str = "") -> None:
        super().__init__(computer)
        self.computer = computer


@contextmanager
def held(lock: Path, *, everywhere: bool = True) -> Iterator[None]:
    """Hold what the lock, a file beside which there can be another one, stands for.

    everywhere: False takes no notice of other computers, for what cannot wait until it is sure that one is gone (up to `SILENCE`).
    Raises Held, and OSError where there can be no lock.
    """
    from filelock import FileLock, Timeout  # 20 ms, which the window's first paint need not wait for

    own = FileLock(lock)
    try:
        own.acquire(timeout=0.3, poll_interval=0.02)  # `is_held`, asked elsewhere, holds it for a moment
    except Timeout:
        raise Held from None
    except NotImplementedError as error:  # a disk without locks, and a filelock that does not know what else to do
        raise OSError(str(error) or "This disk knows no locks") from None
    try:
        with _signed(_owner(lock)) if everywhere else contextlib.nullcontext():
            yield
    finally:
        own.release()


def is_held(lock: Path) -> bool:
    """Whether a process holds it, as far as can be told at once."""
    if not lock.exists():
        return False
    from filelock import FileLock, Timeout

    probe, owner = FileLock(lock), _owner(lock)
    try:
        probe.acquire(blocking=False)
    except Timeout:
        return lock.exists()
    except (OSError, NotImplementedError):  # a folder that can only be read: a copy, or somebody else's
        return _lives(owner)
    try:
        return not _ours(_said(owner)) and _lives(owner)
    finally:
        probe.release()


def computer() -> tuple[str, str]:
    """The name of this computer, and what tells it from others of that name: containers on one kernel share their locks."""
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        kernel = ""
    return platform.node(), kernel


def _lives(owner: Path) -> bool:
    """Whether there was a sign of life lately, as far as the clocks agree."""
    return -_OLD < time.time() - _sign(owner) / 1e9 < SILENCE


def _owner(lock: Path) -> Path:
    return lock.with_name(f".owner{lock.name.removeprefix('.lock')}")


@contextmanager
def _signed(owner: Path) -> Iterator[None]:
    """The file that says who holds the folder, kept young. Raises Held."""
    name, kernel = computer()
    text = json.dumps({"computer": name, "kernel": kernel, "process": os.getpid(), "token": uuid.uuid4().hex})
    if not _written(owner, text):
        yield  # a full disk, say: the lock has to do
        return
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(owner)

    beating = threading.Thread(target=beat, name="sign of life", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
        if _said(owner) == text:  # else it was taken up by somebody, while this computer slept
            with contextlib.suppress(OSError):
                owner.unlink()


def _written(owner: Path, text: str) -> bool:
    """Whether it could be written. Raises Held while another computer gives signs of life.

    What somebody left is never moved out of the way: for that moment the place would look free to a third. Of several that find
    it silent, the one that writes the claim to it, whose name comes from what it says, puts its claim in the place. A claim that
    was left is taken up the same way.
    """
    while True:
        try:
            with owner.open("x", encoding="utf-8") as file:
                file.write(text)
            return True
        except FileExistsError:
            pass
        except OSError:
            with contextlib.suppress(OSError):
                owner.unlink(missing_ok=True)
            return False
        gone = _silent(owner)
        if not owner.exists():
            continue  # it ended in good order
        claim = owner.with_name(f"{owner.name}-{hashlib.blake2b(gone.encode(), digest_size=4).hexdigest()}")
        if not _written(claim, text):
            return False
        try:
            if _said(owner) == gone:
                claim.replace(owner)
                return True
            claim.unlink()  # another was quicker, and this is what it wrote
        except OSError:
            return False


def _silent(owner: Path) -> str:
    """What the file says, once it is sure that nobody keeps it young. Raises Held."""
    said, sign = _said(owner), _sign(owner)
    if _ours(said) or time.time() - sign / 1e9 > _OLD:
        return said
    began = time.monotonic()
    while time.monotonic() - began < SILENCE:
        time.sleep(_LOOK)
        if (now := _said(owner)) != said:
            if now:  # somebody else was quicker
                raise Held(_named(now))
            return now  # it ended in good order
        if _sign(owner) != sign:
            raise Held(_named(said))
    return said


def _said(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _sign(owner: Path) -> int:
    """When it was touched last, in ns; 0 where it is gone."""
    try:
        return owner.stat().st_mtime_ns
    except OSError:
        return 0


def _ours(said: str) -> bool:
    """Whether a process of this computer wrote it: it is gone, then, for its lock is free."""
    name, kernel = computer()
    try:
        its = json.loads(said)
        return bool((kernel and its["kernel"] == kernel) or its["computer"] == name)
    except (ValueError, KeyError, TypeError):
        return False


def _named(said: str) -> str:
    try:
        return str(json.loads(said)["computer"])
    except (ValueError, KeyError, TypeError):
        return "another computer"

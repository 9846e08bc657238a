"""Published weights brought to this computer: progress, cancel, resume, hash check. No torch here."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from tlstudio import places
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Progress
from tlstudio.models.catalogue import Entry, entries

_CHUNK = 1 << 18
_PATIENCE = 15.0  # seconds without a byte until the network is said to be gone
_TELL_EVERY = 0.1
_HUB = "https://huggingface.co"


def fetch(entry: Entry, *, tell: Tell = silent, control: Control | None = None) -> Path:
    """The file with the entry's published weights: bundled, cached, or downloaded now into the cache (see `Entry.cache_path`).

    Tells Progress of phase "download" in bytes. What came of a broken or cancelled download is kept beside as .part, and the
    next call goes on from there. Raises Cancelled, InputError where nothing is published, and StudioError for no network, a proxy
    that refuses, an address that is gone, a file that is not the right one, a disk that is full.
    """
    path = entry.weights_path
    if path is not None:
        return path
    path = entry.cache_path
    if path is None:
        raise InputError(f"There are no pretrained weights of {entry.title}", "", "Give a weights file, or take model.weights=random")
    control = control or Control()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path, control):
            if not path.is_file():
                _Download(entry, path, tell, control).run()
    except Cancelled:
        raise Cancelled(f"The download of {entry.title} was cancelled", "", "What came is kept; the next try goes on from there") from None
    except OSError as error:
        raise _cannot_write(path, error) from None
    return path


@contextmanager
def _alone(path: Path, control: Control) -> Iterator[None]:
    """One download of a file at a time, over all processes; a second one waits for the first, and can be cancelled."""
    places.cache().mkdir(parents=True, exist_ok=True)
    lock = FileLock(places.cache() / f"{path.name}.lock")
    while not lock.is_locked:
        control.check()
        with suppress(Timeout):
            lock.acquire(timeout=0.2)
    try:
        yield
    finally:
        lock.release()


class _Download:
    """One download, from the request to the file in its place."""

    def __init__(self, entry: Entry, path: Path, tell: Tell, control: Control) -> None:
        self._entry, self._path, self._tell, self._control = entry, path, tell, control
        self._part = path.with_name(path.name + ".part")
        self._hash = hashlib.sha256()
        self._told = 0.0
        self._url = address(entry)
        self._wanted = entry.weights_sha256

    def run(self) -> None:
        self._control.check()
        done = self._resumed()
        with self._answer(done) as answer:
            if done and answer.status != http.client.PARTIAL_CONTENT:
                # The server sends the whole file again.
                done, self._hash = 0, hashlib.sha256()
            length = answer.headers.get("Content-Length")
            total = done + int(length) if length else self._entry.weights_bytes
            with self._part.open("ab" if done else "wb") as file:
                done = self._copy(answer, file, done, total)
        if length and done < total:
            raise self._broken_off(done, total)
        right = self._hash.hexdigest().startswith(self._wanted) if self._wanted else _plausible(self._part)
        if not right:
            self._part.unlink(missing_ok=True)
            raise StudioError(
                f"What came for {self._entry.title} is not its weights file, and was thrown away",
                "something between here and the server changed it, or a part of an older download was wrong",
                "Try again; behind a company's proxy or a login page, download the file with a browser and choose it here",
            )
        self._part.replace(self._path)

    def _resumed(self) -> int:
        """How many bytes are here already, taken into the hash."""
        done = 0
        if self._part.is_file():
            with self._part.open("rb") as file:
                while chunk := file.read(1 << 20):
                    self._control.check()
                    self._hash.update(chunk)
                    done += len(chunk)
        return done

    def _answer(self, done: int) -> Any:
        """The server's answer; a .part that is already whole or too long is asked for anew."""
        try:
            request = urllib.request.Request(self._url, headers={"User-Agent": "tlstudio", "Accept-Encoding": "identity"})
            if done:
                request.add_header("Range", f"bytes={done}-")
            # A fresh opener sees the proxy settings of now.
            redirects = _Redirects()
            answer = urllib.request.build_opener(redirects).open(request, timeout=_PATIENCE)
            self._wanted = self._wanted or redirects.sha256 or _linked(answer.headers)
            return answer
        except urllib.error.HTTPError as error:
            error.close()
            if done and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._part.unlink()
                self._hash = hashlib.sha256()
                return self._answer(0)
            raise self._refused(error.code) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        except ValueError as error:
            raise StudioError(
                f"{self._entry.title}'s weights are not on this computer",
                f"they would come from '{self._url}', which is no address",
                f"Set HF_ENDPOINT to an address that begins with https://, or leave it out. {self._otherwise()}",
                details=str(error),
            ) from None

    def _copy(self, answer: Any, file: IO[bytes], done: int, total: int) -> int:
        start, first = time.monotonic(), done
        while True:
            self._control.check()
            try:
                chunk = answer.read(_CHUNK)
            except (OSError, http.client.HTTPException):
                raise self._broken_off(done, total) from None
            if not chunk:
                self._say(done, total, first, start, last=True)
                return done
            file.write(chunk)
            self._hash.update(chunk)
            done += len(chunk)
            self._say(done, total, first, start)

    def _say(self, done: int, total: int, first: int, start: float, *, last: bool = False) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_EVERY and not last:
            return
        self._told = now
        speed = (done - first) / max(now - start, 1e-3)
        left = (total - done) / speed if speed and total else None
        # A network's speed wavers: the range says so.
        remaining = (0.8 * left, 1.5 * left) if left is not None and now - start > 1 else None
        self._tell(Progress(phase="download", done=done, total=total, unit="bytes", per_second=speed, remaining=remaining))

    def _otherwise(self) -> str:
        return f"Choose a weights file that you have, or {entries()[0].title}, which is built in"

    def _unreachable(self, error: Exception) -> StudioError:
        reason = str(getattr(error, "reason", error))
        what = f"{self._entry.title}'s weights are not on this computer"
        if "407" in reason or "Tunnel connection failed" in reason:
            return StudioError(
                what, f"the proxy refused to fetch them ({reason})", f"Check HTTPS_PROXY and its password. {self._otherwise()}"
            )
        if "CERTIFICATE" in reason.upper():
            why = "the connection is not trusted: its certificate could not be verified, as happens behind some company proxies"
            return StudioError(what, why, f"Set SSL_CERT_FILE to your company's certificates. {self._otherwise()}", details=reason)
        return StudioError(what, f"there is no network, or {self._host()} cannot be reached", self._otherwise(), details=reason)

    def _refused(self, code: int) -> StudioError:
        if code == http.client.PROXY_AUTHENTICATION_REQUIRED:
            return self._unreachable(OSError("407"))
        what = f"{self._entry.title}'s weights could not be downloaded"
        if code in (http.client.NOT_FOUND, http.client.GONE):
            return StudioError(what, f"the file is no longer at {self._url} ({code})", self._otherwise())
        if code in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            page = self._url.partition("/resolve/")[0]
            do = f"Open {page} in a browser, download the file there and choose it here. {self._otherwise()}"
            return StudioError(what, f"{self._host()} gives them only to those who signed in or took their licence ({code})", do)
        return StudioError(what, f"{self._host()} answered {code} {http.client.responses.get(code, '')}".strip(), self._otherwise())

    def _broken_off(self, done: int, total: int) -> StudioError:
        share = f" at {done / total:.0%}" if total else ""
        return StudioError(
            f"The download of {self._entry.title} broke off{share}", "the connection was lost", "Try again: it goes on from there"
        )

    def _host(self) -> str:
        return urllib.parse.urlsplit(self._url).netloc


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and keeps the SHA-256 that the Hugging Face hub tells of a file when it sends us on to its store."""

    sha256 = ""

    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        self.sha256 = self.sha256 or _linked(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _linked(headers: Any) -> str:
    tag = str(headers.get("X-Linked-ETag") or "").strip('"')
    return tag if re.fullmatch("[0-9a-f]{64}", tag) else ""


def _plausible(file: Path) -> bool:
    """Whether a file whose hash nobody told begins as weights do: what a login page sends does not."""
    with file.open("rb") as opened:
        start = opened.read(9)
    if file.name.endswith(".safetensors.part"):
        return start[8:] == b"{" and int.from_bytes(start[:8], "little") < file.stat().st_size
    return bool(start) and not start.lstrip().startswith(b"<")


def address(entry: Entry) -> str:
    """Where the weights are fetched: HF_ENDPOINT, if set, is a mirror of the Hugging Face hub."""
    url, mirror = str(entry.weights_url), os.environ.get("HF_ENDPOINT", "").rstrip("/")
    return mirror + url.removeprefix(_HUB) if mirror and url.startswith(f"{_HUB}/") else url


def _cannot_write(path: Path, error: OSError) -> StudioError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StudioError(
            f"The disk is full: the weights could not be written to {path.parent}",
            "",
            f"Make room there, or set {_home(path)} to another place. What came is kept; the next try goes on from there",
        )
    return StudioError(
        f"The weights could not be written to {path.parent}",
        error.strerror or str(error),
        f"Set {_home(path)} to a folder that you may write to",
    )


def _home(path: Path) -> str:
    """The variable that moves the folder of that download."""
    return "TLSTUDIO_HOME" if path.is_relative_to(places.weights()) else "TORCH_HOME"

"""From a path that somebody named to a report of the data set: every file read once, in threads."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from tlstudio.control import Control, Tell, silent
from tlstudio.data import archives, facts, judging, layouts, listing, table
from tlstudio.data.facts import Facts
from tlstudio.data.layouts import Candidate, Layout
from tlstudio.data.report import DatasetReport, Item, Problem, counted
from tlstudio.errors import InputError
from tlstudio.events import Progress
from tlstudio.recipe import MAX_PIXELS

_CHUNK = 64  # files a thread takes at once
_KEEP_EVERY = 4096  # files after which what is known is written down, so that a cancelled scan was not for nothing
_TELL_EVERY = 0.1  # seconds
_LEVELS = {"not_image": "warn"}


def scan(path: Path, *, max_pixels: int = MAX_PIXELS, tell: Tell = silent, control: Control | None = None) -> DatasetReport:
    """The report of a folder, a CSV file beside its images, or an archive (.zip, .tar, also compressed) of either.

    Bad files are problems of the report, never fatal. Tells Progress in files. A second scan of unchanged files decodes nothing.
    Raises InputError where nothing usable is there, Cancelled on control.cancel().
    """
    source = Path(path).expanduser().absolute()
    layout = _layout(source, tell, control)
    found = _look_at_all(layout, max_pixels, tell, control)
    return _report(source, layout, found)


def _layout(source: Path, tell: Tell, control: Control | None) -> Layout:
    if source.is_dir():
        return layouts.find(source, tell, control)
    if not source.exists():
        parent = next((p for p in source.parents if p.is_dir()), source.parent)
        raise InputError(f"There is no file or folder {source}", f"{parent} is there, what follows is not", "Check the spelling")
    if not source.is_file():
        raise InputError(f"{source} is neither a folder nor a file", "", "Choose a folder of images")
    if source.suffix.lower() in table.SUFFIXES:
        return layouts.find_table(source, tell, control)
    if archives.is_archive(source):
        folder, problems = archives.unpack(source, tell=tell, control=control)
        try:
            layout = layouts.find(folder, tell, control)
        except InputError as error:  # the user knows the archive, not where it was unpacked
            said = (text.replace(str(folder), str(source)) for text in (error.what, error.why, error.do))
            raise InputError(*said) from None
        layout.problems[:0] = problems
        return layout
    if listing.looks_like_image(source.name):
        raise InputError(f"{source} is a single picture", "a data set is a folder of them", "Choose the folder that holds the classes")
    raise InputError(f"{source} is no folder, table or archive", "", "Give a folder of images, a .csv file beside them, a .zip or a .tar")


def _look_at_all(layout: Layout, max_pixels: int, tell: Tell, control: Control | None) -> list[Facts]:
    """The facts of every candidate, in their order."""
    memory = facts.Memory(layout.root)
    known = memory.recall()
    candidates = layout.candidates
    out: list[Facts] = []
    fresh: list[tuple[str, Facts]] = []
    pace = _Pace(len(candidates), tell)

    def look(chunk: Sequence[Candidate]) -> list[Facts]:
        of_chunk = []
        for candidate in chunk:
            if control is not None:
                control.check()
            of_chunk.append(facts.look(layout.root / candidate.path, max_pixels, known.get(candidate.path)))
            pace.one_more()
        return of_chunk

    try:
        for chunk, looked in _in_threads(look, candidates, pace):
            fresh += [(c.path, f) for c, f in zip(chunk, looked, strict=True) if f is not known.get(c.path) and f.mtime_ns >= 0]
            out += looked
            if len(fresh) >= _KEEP_EVERY:
                memory.keep(fresh)
                fresh.clear()
    finally:
        if fresh:
            memory.keep(fresh)
    pace.tell()
    gone = known.keys() - {candidate.path for candidate in candidates}
    if gone:
        memory.forget(gone)
    return out


def _in_threads(
    look: Callable[[Sequence[Candidate]], list[Facts]], candidates: Sequence[Candidate], pace: _Pace
) -> Iterator[tuple[Sequence[Candidate], list[Facts]]]:
    """Chunk by chunk in order, a bounded number ahead, so that memory does not grow with the data set."""
    workers = min(16, (os.cpu_count() or 1) + 1)
    size = max(1, min(_CHUNK, len(candidates) // (4 * workers)))
    waiting: deque[tuple[Sequence[Candidate], Future[list[Facts]]]] = deque()
    starts = iter(range(0, len(candidates), size))
    with ThreadPoolExecutor(workers, thread_name_prefix="scan") as pool:
        try:
            while True:
                for start in itertools.islice(starts, 3 * workers - len(waiting)):
                    chunk = candidates[start : start + size]
                    waiting.append((chunk, pool.submit(look, chunk)))
                if not waiting:
                    return
                chunk, future = waiting.popleft()
                while not wait([future], timeout=_TELL_EVERY).done:
                    pace.tell_if_due()
                pace.tell_if_due()
                yield chunk, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Pace:
    """Counts files, and tells progress at most ten times a second, with files a second and a range for what remains."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._to = total, tell
        self._done = 0
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.tell()

    def one_more(self) -> None:
        """From any thread."""
        with self._lock:
            self._done += 1

    def tell_if_due(self) -> None:
        if time.monotonic() - self._told >= _TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        seconds = self._told - self._start
        per_second = self._done / seconds if self._done and seconds > 0 else None
        remaining = None
        if per_second and seconds >= 1:  # files differ in size, and the first ones say little of the rest
            left = (self._total - self._done) / per_second
            remaining = (0.8 * left, 1.5 * left)
        share = self._done / self._total if self._total else 1.0
        self._to(
            Progress(
                phase="scan", done=self._done, total=self._total, unit="files", overall=share, per_second=per_second, remaining=remaining
            )
        )


def _report(source: Path, layout: Layout, found: Sequence[Facts]) -> DatasetReport:
    problems = list(layout.problems)
    both = list(zip(layout.candidates, found, strict=True))
    classes = sorted({candidate.label for candidate, f in both if not f.problem})
    label_of = {name: label for label, name in enumerate(classes)}
    items: list[Item] = []
    turned = 0
    for candidate, f in both:
        if f.problem:
            level = _LEVELS.get(f.problem, "bad")
            problems.append(Problem(f.problem, layout.absolute(candidate.path), f"{f.sentence}; it is left out.", level))
            continue
        items.append(Item(candidate.path, label_of[candidate.label], candidate.split, f.width, f.height, f.digest))
        turned += f.turned
    if not items:
        raise _nothing_usable(source, found)
    problems += judging.of_items(layout.root, items, classes)
    problems += judging.of_splits(layout, items)
    problems += judging.of_classes(layout, items, classes)
    if turned:
        said = f"Turned by the camera, and set upright when read: {counted(turned, 'photo')}."
        problems.append(Problem("rotated", "", said, "info"))
    return DatasetReport(
        source=source,
        root=layout.root,
        task="classification",
        classes=classes,
        items=items,
        problems=problems,
        split_source=layout.split_source,
        files=len(found),
        bytes=sum(f.size for f in found if not f.problem),
    )


_COUNTED = {
    "unreadable": "damaged or unreadable",
    "truncated": "cut short",
    "empty_file": "empty",
    "not_image": "not images",
    "bomb": "above the limit of pixels",
}


def _nothing_usable(source: Path, found: Sequence[Facts]) -> InputError:
    kinds = [f.problem for f in found]
    counts = ", ".join(f"{kinds.count(kind):,} {words}" for kind, words in _COUNTED.items() if kind in kinds)
    return InputError(
        f"Nothing in {source} can be used as an image",
        f"of {counted(len(found), 'file')}: {counts}" if counts else "",
        "Choose other images",
    )

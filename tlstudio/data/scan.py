"""From a path that somebody named to a report of the data set: every file read once, in threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tlstudio.control import Control, Tell, silent
from tlstudio.data import archives, facts, judging, layouts, listing, scan_masks, table
from tlstudio.data.facts import Facts
from tlstudio.data.layouts import Candidate, Layout, MaskLayout
from tlstudio.data.looking import Pace, in_threads
from tlstudio.data.report import DatasetReport, Item, Problem, counted
from tlstudio.errors import InputError
from tlstudio.recipe import MAX_PIXELS, Data

_KEEP_EVERY = 4096  # files after which what is known is written down, so that a cancelled scan was not for nothing
_LEVELS = {"not_image": "warn"}


def scan(
    path: Path,
    *,
    max_pixels: int = MAX_PIXELS,
    task: str = "",
    data: Data | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> DatasetReport:
    """The report of a folder, a CSV file beside its images, or an archive (.zip, .tar, also compressed) of either.

    task: classification, segmentation, or "" to find out by looking. data: what a recipe says of masks (layout, masks, names, ignore).
    Bad files are problems of the report, never fatal. Tells Progress in files. A second scan of unchanged files decodes nothing.
    Raises InputError where nothing usable is there, Cancelled on control.cancel().
    """
    source = Path(path).expanduser().absolute()
    data = data or Data()
    layout = _layout(source, task, data, tell, control)
    if isinstance(layout, MaskLayout):
        return scan_masks.report(source, layout, data, max_pixels, tell, control)
    found = _look_at_all(layout, max_pixels, tell, control)
    return _report(source, layout, found)


def task_of(path: Path, data: Data | None = None, tell: Tell = silent, control: Control | None = None) -> str:
    """Which task the images at that path come laid out for; names are looked at, files are not opened. Raises InputError as `scan`."""
    layout = _layout(Path(path).expanduser().absolute(), "", data or Data(), tell, control)
    return "segmentation" if isinstance(layout, MaskLayout) else "classification"


def _layout(source: Path, task: str, data: Data, tell: Tell, control: Control | None) -> Layout | MaskLayout:
    if source.is_dir():
        return layouts.find(source, task, data, tell, control)
    if not source.exists():
        parent = next((p for p in source.parents if p.is_dir()), source.parent)
        raise InputError(f"There is no file or folder {source}", f"{parent} is there, what follows is not", "Check the spelling")
    if not source.is_file():
        raise InputError(f"{source} is neither a folder nor a file", "", "Choose a folder of images")
    if archives.is_archive(source):
        folder, problems = archives.unpack(source, tell=tell, control=control)
        try:
            layout = layouts.find(folder, task, data, tell, control)
        except InputError as error:  # the user knows the archive, not where it was unpacked
            said = (text.replace(str(folder), str(source)) for text in (error.what, error.why, error.do))
            raise InputError(*said) from None
        layout.problems[:0] = problems
        return layout
    if task == "segmentation":
        raise InputError(
            f"{source} is a single file", "for segmentation pictures and masks are needed", "Choose the folder that holds both"
        )
    if source.suffix.lower() in table.SUFFIXES:
        return layouts.find_table(source, tell, control)
    if listing.looks_like_image(source.name):
        raise InputError(f"{source} is a single picture", "a data set is a folder of them", "Choose the folder that holds the classes")
    raise InputError(f"{source} is no folder, table or archive", "", "Give a folder of images, a .csv file beside them, a .zip or a .tar")


def _look_at_all(layout: Layout, max_pixels: int, tell: Tell, control: Control | None) -> list[Facts]:
    """The facts of every candidate, in their order."""
    memory = facts.Memory(layout.root, Facts)
    known = memory.recall()
    candidates = layout.candidates
    out: list[Facts] = []
    fresh: list[tuple[str, Facts]] = []
    pace = Pace(len(candidates), tell)

    def look(chunk: Sequence[Candidate]) -> list[Facts]:
        of_chunk = []
        for candidate in chunk:
            if control is not None:
                control.check()
            of_chunk.append(facts.look(layout.root / candidate.path, max_pixels, known.get(candidate.path)))
            pace.one_more()
        return of_chunk

    try:
        for chunk, looked in in_threads(look, candidates, pace):
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

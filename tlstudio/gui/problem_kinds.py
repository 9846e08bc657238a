"""Problems of a data set, one line a kind: what it is called, what follows from it, and what can be done about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio.gui.image_index import ImageIndex
from tlstudio.gui.words import count

_LEVELS = ("bad", "warn", "info")


def tr(text: str) -> str:
    return QCoreApplication.translate("problems", text)


@dataclass(frozen=True)
class ProblemLine:
    """All problems of one kind.

    files: (absolute path, message) of those that are about a file or folder. count: how many problems; 0 for one of the whole data set.
    remedy: "" (nothing to do), "skip" (leave these files out), "fix" (leave copies out), "use" (take them in again).
    exclude: what the remedy leaves out, or takes in again: paths relative to the root.
    """

    kind: str
    level: str
    title: str
    sentence: str
    count: int
    files: tuple[tuple[str, str], ...]
    remedy: str = ""
    exclude: tuple[str, ...] = ()


def _words(kind: str) -> tuple[str, str]:
    """Title, and what follows, of a kind."""
    said = {
        "unreadable": (tr("Unreadable files"), tr("Damaged or not accessible. Left out.")),
        "truncated": (tr("Cut short"), tr("The end is missing. Left out.")),
        "empty_file": (tr("Empty files"), tr("They have 0 bytes. Left out.")),
        "broken_outlines": (tr("Outlines that cannot be read"), tr("What they say is left out.")),
        "nameless_class": (tr("Without a class name"), tr("Left out of learning and judging.")),
        "not_image": (tr("Not images"), tr("Only called like images. Left out.")),
        "bomb": (tr("Too many pixels"), tr("Above the limit for one picture. Left out.")),
        "missing_file": (tr("Missing files"), tr("Named in the table, but not there. Left out.")),
        "no_label": (tr("No class given"), tr("The table leaves the class empty. Left out.")),
        "bad_split": (tr("Unknown split"), tr("Neither train, val nor test. Left out.")),
        "conflict": (tr("Several classes for one image"), tr("The table contradicts itself. Left out.")),
        "missing_mask": (tr("Pictures without a mask"), tr("Nothing says what is where. Left out.")),
        "orphan_mask": (tr("Masks without a picture"), tr("Nothing is learned from them.")),
        "mask_size": (tr("Masks of another size"), tr("They do not fit on their pictures. Left out.")),
        "mask_value": (tr("Unknown values in masks"), tr("Neither a class nor ignored. Left out.")),
        "lossy_mask": (tr("Masks saved as JPEG"), tr("JPEG blurs the borders of classes; save masks as PNG.")),
        "smoothed_mask": (tr("Smoothed borders in masks"), tr("Values between the classes are left out.")),
        "numbered_objects": (tr("Masks that number objects"), tr("All objects are taken for one class.")),
        "crowd": (tr("Crowds"), tr("Left out of learning and judging.")),
        "only_ignored": (tr("Nothing but ignored pixels"), tr("There is nothing to learn from them. Left out.")),
        "unused_class": (tr("Classes never seen"), tr("No mask shows them; they cannot be learned.")),
        "corrected": (tr("Corrected masks"), tr("Taken instead of the masks beside them.")),
        "not_drawn": (tr("Outlines that cannot be drawn"), tr("Left out of their masks.")),
        "leak": (tr("Duplicates across splits"), tr("Make validation look better than it is.")),
        "duplicate": (tr("Duplicates"), tr("The same picture counts twice.")),
        "small": (tr("Small images"), tr("Will look blurred to the model.")),
        "rotated": (tr("Turned by the camera"), tr("Set upright when read; nothing to do.")),
        "hidden": (tr("Hidden files"), tr("Made by other programs. Ignored.")),
        "stray": (tr("Stray files"), tr("Not in a class. Left out.")),
        "link": (tr("Links"), tr("Lead to what was read already. Ignored.")),
        "named": (tr("Classes by names of files"), ""),
        "nested": (tr("Folders inside a class"), tr("Their images count to the class.")),
        "empty_split": (tr("Empty split"), tr("A part of the training images is kept aside instead.")),
        "empty_class": (tr("Empty classes"), tr("No usable image. Left out.")),
        "untrained_class": (tr("Classes without training images"), tr("Cannot be learned; each counts as wrong.")),
        "few_images": (tr("Classes with few images"), tr("Expect little of them.")),
        "single_class": (tr("One class only"), tr("Nothing can be told apart. Add a second class.")),
        "imbalance": (tr("Far from balanced"), tr("The model may favour the large class.")),
        "no_split": (tr("Split column not used"), tr("It does not tell train from val or test.")),
    }
    return said.get(kind, (kind.replace("_", " ").capitalize(), ""))


def lines(document: dict[str, Any], pictures: ImageIndex, excluded: Iterable[str]) -> list[ProblemLine]:
    """The problems of a `data` document, the gravest first.

    pictures: the document's index, empty while not read. excluded: files that the user left out, relative to the root.
    """
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for problem in document.get("problems", ()):
        by_kind[problem["kind"]].append(problem)
    root, left_out = Path(str(document.get("root", ""))), set(excluded)
    out = [_line(kind, problems, root, pictures, left_out) for kind, problems in by_kind.items()]
    return sorted(out, key=lambda line: (_LEVELS.index(line.level), -line.count))


def _line(kind: str, problems: list[dict[str, Any]], root: Path, pictures: ImageIndex, left_out: set[str]) -> ProblemLine:
    title, sentence = _words(kind)
    levels = {p["level"] for p in problems}
    level = next((known for known in _LEVELS if known in levels), "warn")
    files = tuple((p["path"], p["message"]) for p in problems if p["path"])  # there may be 100,000
    of_all = [p["message"] for p in problems if not p["path"]]
    if of_all and kind != "single_class" and (not files or not sentence):
        sentence = " ".join(of_all)
    elif not sentence:
        sentence = files[0][1]
    remedy, exclude = "", tuple[str, ...]()
    if files and kind in ("small", "duplicate", "leak"):
        names = [_relative(path, root) for path, _ in files]
        gone = tuple(name for name in names if name in left_out)
        if gone:
            remedy, exclude = "use", gone
            things = (tr("image"), tr("images")) if kind == "small" else (tr("copy"), tr("copies"))
            sentence, level = tr("%1 left out, as you wished.").replace("%1", count(len(gone), *things)), "info"
        elif kind == "small":
            remedy, exclude = "skip", tuple(names)
        else:
            exclude = _copies(problems, names, pictures)
            remedy = "fix" if exclude else ""
    return ProblemLine(kind, level, title, sentence, len(files), files, remedy, exclude)


def _relative(path: str, root: Path) -> str:
    """As the recipe names a file that is left out."""
    place = Path(path)
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else place.as_posix()


def _copies(problems: list[dict[str, Any]], names: list[str], pictures: ImageIndex) -> tuple[str, ...]:
    """Of each group of equal pictures all but one: what is kept is the one in test, then in val, so that those stay what they were."""
    split_of = dict(zip(pictures.paths, pictures.splits.tolist(), strict=True))
    groups: dict[str, list[str]] = defaultdict(list)
    for problem, name in zip((p for p in problems if p["path"]), names, strict=True):
        if name in split_of and problem.get("group"):
            groups[str(problem["group"])].append(name)
    out: list[str] = []
    for group in groups.values():
        kept = max(group, key=lambda name: split_of[name])
        out += [name for name in group if name != kept]
    return tuple(sorted(out))


def leaking(document: dict[str, Any], pictures: ImageIndex) -> frozenset[str]:
    """Relative paths of pictures that are used in more than one split: of a leak that was mended nothing is left."""
    leaks = [p for p in document.get("problems", ()) if p["kind"] == "leak"]
    if not leaks:
        return frozenset()
    root, used = Path(str(document.get("root", ""))), set(pictures.paths)
    groups: dict[str, list[str]] = defaultdict(list)
    for leak in leaks:
        name = _relative(str(leak["path"]), root)
        if name in used:
            groups[str(leak.get("group") or name)].append(name)
    return frozenset(name for group in groups.values() if len(group) > 1 for name in group)


def step_words(line: ProblemLine) -> str:
    """What the remedy does, for the undo step."""
    said = {"fix": tr("leave out %1"), "skip": tr("leave out %1"), "use": tr("use %1 again")}[line.remedy]
    things = (tr("image"), tr("images")) if line.kind == "small" else (tr("copy"), tr("copies"))
    return said.replace("%1", count(len(line.exclude), *things))

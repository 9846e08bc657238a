"""What a scan found: the usable pictures, their classes, and every problem. The document that window and command line show."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from tlstudio import places
from tlstudio.data import splits
from tlstudio.data.masks import Coding
from tlstudio.recipe import Data
from tlstudio.runs import cannot_write, write_atomic

_KEPT_INDEXES = 4  # index files kept of one data set: one for each split that is perhaps still being shown


def counted(n: int, one: str, more: str = "") -> str:
    """A number with its noun: 1 image, 2,000 images; more: the plural, where it is not one + s."""
    return f"1 {one}" if n == 1 else f"{n:,} {more or one + 's'}"


@dataclass(frozen=True, slots=True)
class Item:
    """One usable picture.

    path: relative to the report's root, with forward slashes. label: index into the report's classes.
    split: train, val or test where the data says so, None where it is to be carved.
    width, height: upright, in pixels. digest: BLAKE2b of the file's bytes (hex), equal for files of the same content.
    mask: in segmentation the file of its mask, relative to root as well, or absolute where it lies elsewhere; label is then the
    class in it that is in fewest pictures, so that splits share out the rare ones.
    """

    path: str
    label: int
    split: str | None
    width: int
    height: int
    digest: str
    mask: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to know about one file or, with path "", about the whole data set.

    kind: of a file that is left out unreadable, truncated, empty_file, not_image or bomb, or by a table missing_file, no_label, bad_split
    or conflict; of a file that is used duplicate, leak, small or rotated; of what was passed over hidden, stray or link; of classes nested,
    empty_class, untrained_class, few_images, single_class or imbalance; of folders named like a split empty_split; of a table no_split.
    In segmentation of a pair that is left out missing_mask, orphan_mask, mask_size, mask_value, lossy_mask or only_ignored, and those of
    files said of the mask; of masks that are used lossy_mask (warn), smoothed_mask, numbered_objects and corrected; of classes
    unused_class; of drawn shapes not_drawn, crowd and nameless_class; of a file of outlines that cannot be used broken_outlines.
    path: absolute. message: what is the matter and what was done about it. level: bad, warn or info.
    group: of copies, what all files of the same content share; else "".
    """

    kind: str
    path: str
    message: str
    level: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """All that is known of a data set of N items and C classes.

    source: what the user named (folder, CSV file, archive). root: the folder that item paths are relative to.
    split_source: folders, table or carved. files: how many files were looked at. bytes: what the usable ones take on disk.

    Segmentation: coding: how the mask files code the classes. layout: how pictures and masks lie (pairs, voc, cityscapes, coco or labelme).
    pixels, pictures: of each class over all items, pixels in their masks and items that show it. ignored: pixels that are left out.
    shown: of each item, the pixels of the classes in its mask, by label.
    files counts pictures, not masks.
    """

    source: Path
    root: Path
    task: str
    classes: list[str]
    items: list[Item]
    problems: list[Problem]
    split_source: str
    files: int
    bytes: int
    coding: Coding | None = None
    layout: str = ""
    pixels: list[int] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    ignored: int = 0
    shown: list[dict[int, int]] = field(default_factory=list)

    def to_json(self, data: Data) -> dict[str, Any]:
        """The `data` document, for the split that this section of a recipe asks for. Files it leaves out are not counted as images.

        carved: which of val and test follow from the shares of the recipe.
        sizes: histogram of the shorter sides, edges in pixels (one more than counts). index: a file of JSON lines, one an image,
        {path, label, split, width, height}; path is relative to root, label an index into classes. Segmentation adds the mask to
        the lines, as an absolute path; to the classes pixels, share (of the pixels that count), colour, value; and layout, coding,
        ignored_share. The count of a class is then that of the pictures that show it, over all items.
        Raises StudioError if that cannot be written.
        """
        assigned = splits.assign(self, data)
        by_split = {"train": assigned.train, "val": assigned.val, "test": assigned.test}
        used = [(i, name) for name, indices in by_split.items() for i in indices]
        used.sort()
        given = {item.split for item in self.items}
        per_class = Counter(self.items[i].label for i, _ in used)
        return {
            "task": self.task,
            "classes": [{"name": name, "count": per_class[label]} for label, name in enumerate(self.classes)],
            "splits": {name: len(indices) for name, indices in by_split.items()},
            "problems": [_problem(p) for p in self.problems],
            "problem_counts": dict(Counter(p.kind for p in self.problems)),
            "split_source": self.split_source,
            "carved": [name for name in ("val", "test") if name not in given and (name == "val" or given == {None})],
            "source": str(self.source),
            "root": str(self.root),
            "images": len(used),
            "files": self.files,
            "bytes": self.bytes,
            "sizes": _histogram([min(self.items[i].width, self.items[i].height) for i, _ in used]),
            "index": str(self._write_index(used)),
            **(self._of_masks(self.coding) if self.coding else {}),
        }

    def _of_masks(self, coding: Coding) -> dict[str, Any]:
        labelled = sum(self.pixels)
        classes = [
            {"name": one.name, "count": n, "pixels": pixels, "share": pixels / max(1, labelled)}
            | {"colour": list(one.colour), "value": one.value}
            for one, n, pixels in zip(coding.classes, self.pictures, self.pixels, strict=True)
        ]
        ignored_share = self.ignored / max(1, labelled + self.ignored)
        return {"classes": classes, "layout": self.layout, "coding": coding.to_json(), "ignored_share": ignored_share}

    def _write_index(self, used: Sequence[tuple[int, str]]) -> Path:
        content = hashlib.blake2b(digest_size=8)
        for i, split in used:
            item = self.items[i]
            said = f"{item.path}\0{item.label}\0{split}\0{item.width}\0{item.height}\0{item.mask}\n"
            content.update(said.encode("utf-8", "surrogateescape"))
        root = hashlib.blake2b(os.fsencode(self.root), digest_size=8).hexdigest()
        folder = places.cache() / "scans"
        path = folder / f"{root}-{content.hexdigest()}.index.jsonl"
        with contextlib.suppress(OSError):
            os.utime(path)  # the newest are kept
            return path

        def write(file: IO[bytes]) -> None:
            for i, split in used:
                item = self.items[i]
                line = {"path": item.path, "label": item.label, "split": split, "width": item.width, "height": item.height}
                if item.mask:
                    line["mask"] = str(self.root / item.mask)
                file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        write_atomic(path, write)
        with contextlib.suppress(OSError):  # another process may be clearing up as well
            for old in sorted(folder.glob(f"{root}-*.index.jsonl"), key=lambda p: p.stat().st_mtime, reverse=True)[_KEPT_INDEXES:]:
                old.unlink()
        return path


def _problem(problem: Problem) -> dict[str, str]:
    said = {"kind": problem.kind, "path": problem.path, "message": problem.message, "level": problem.level}
    return {**said, "group": problem.group} if problem.group else said


def _histogram(sides: Sequence[int]) -> dict[str, list[int]]:
    """Bins of one round width; the last one reaches to the largest side, so that a few huge pictures do not flatten the rest."""
    if not sides:
        return {"edges": [], "counts": []}
    low, high = int(min(sides)), int(np.percentile(sides, 98))
    width = next(w for w in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9) if (high - low) / w <= 16)
    edges = list(range(low // width * width, high + width + 1, width))
    edges[-1] = max(edges[-1], max(sides) + 1)
    return {"edges": edges, "counts": np.histogram(sides, bins=edges)[0].tolist()}

"""Lists of pictures for galleries, made from the index of the data: each picture's facts are put together when it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from tlstudio.gui.image_index import SPLITS, ImageIndex
from tlstudio.gui.problem_kinds import ProblemLine
from tlstudio.gui.widgets.picture_view import Picture


def tr(text: str) -> str:
    return QCoreApplication.translate("pictures", text)


class ClassPictures:
    """The pictures of a class (or of EVERY one), all or those of one split. rows: their places in the index.

    solo: the only class of their masks that is shown, -1 for all.
    """

    def __init__(self, pictures: ImageIndex, classes: Sequence[str], label: int, split: str = "", solo: int = -1) -> None:
        self._pictures, self._classes, self._solo = pictures, classes, solo
        rows = pictures.rows_of(label)
        self.rows: list[int] = (rows[pictures.splits[rows] == SPLITS.index(split)] if split else rows).tolist()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int, /) -> Picture:
        return picture(self._pictures, self.rows[at], self._classes, solo=self._solo)


def picture(pictures: ImageIndex, row: int, classes: Sequence[str], message: str = "", *, solo: int = -1) -> Picture:
    """That row of the index with its facts, and its mask where it has one."""
    known, mask = pictures.facts(row), pictures.mask_of(row, solo)
    splits = {"train": tr("Train"), "val": tr("Validation"), "test": tr("Test")}
    facts = (
        (tr("Class"), classes[known.label] if known.label < len(classes) else "–") if mask is None else (tr("Mask"), mask.path),
        (tr("Split"), splits[known.split]),
        (tr("Pixels"), f"{known.width:,} × {known.height:,}"),
    )
    return Picture(known.path, facts, message, mask)


def problem_pictures(line: ProblemLine, pictures: ImageIndex, classes: Sequence[str]) -> list[Picture]:
    """The files of a problem, each with its message; those that are used have their facts too."""
    wanted = {path for path, _ in line.files}
    rows = {path: row for row, short in enumerate(pictures.paths) if (path := str(pictures.root / short)) in wanted}
    return [
        picture(pictures, rows[path], classes, message) if path in rows else Picture(path, message=message) for path, message in line.files
    ]

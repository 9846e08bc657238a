"""What every layout of pictures and masks tells: which mask is whose, the split, and what is said of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.data.drawing import Shapes
from tlstudio.data.report import Problem

PAIRS = "Put the pictures into a folder 'images' and the masks into a folder 'masks' beside it, with the same names"


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its mask. image: relative to the layout's root; mask: as well, or absolute where it lies elsewhere.

    split: None where it is to be carved. shapes: outlines to draw the mask from, where there is no file of it.
    """

    image: str
    mask: str
    split: str | None = None
    shapes: Shapes | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """What a file of names says of one class. value: None where the place in the file gives it. colour: None where it is not said."""

    name: str
    value: int | None = None
    colour: tuple[int, int, int] | None = None


@dataclass(slots=True)
class MaskLayout:
    """kind: pairs, voc, cityscapes, coco or labelme. named: the classes, where anything says them; named_by: the file that does.

    ignore: values that the layout leaves out, beside those of the recipe. fallback: names for values 0, 1, ... that count only if the
    values found are all among them. split_source: folders or carved. pictures: how many there are, also those without a mask.
    """

    root: Path
    kind: str
    pairs: list[Pair] = field(default_factory=list)
    named: Sequence[Named] = ()
    named_by: str = ""
    fallback: Sequence[Named] = ()
    ignore: Sequence[int] = ()
    split_source: str = "carved"
    pictures: int = 0
    problems: list[Problem] = field(default_factory=list)

    def absolute(self, path: str) -> str:
        return str(self.root / path)

    def set_splits(self) -> None:
        """Splits count only where pictures to learn from and others are told apart."""
        found = {pair.split for pair in self.pairs}
        if "train" in found and len(found - {None}) > 1:
            self.split_source = "folders"
        else:
            self.pairs = [Pair(pair.image, pair.mask, None, pair.shapes, pair.corrected) for pair in self.pairs]

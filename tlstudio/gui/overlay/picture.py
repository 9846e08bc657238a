"""What the overlay shows: one picture with its masks, and how it is looked at. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.gui.overlay.pyramid import Pyramid

Labels = NDArray[np.uint8]
"""(H, W): index of the class, 255 where nothing is said."""

Mode = Literal["image", "prediction", "truth", "difference", "contour", "swipe", "side", "confidence", "entropy"]


@dataclass(frozen=True, eq=False)
class Picture:
    """image: upright, at its own size. prediction, truth: labels of the same size, or None. path: the picture's file.

    confidence: probability of the likeliest class, 0..255 for 0..1; entropy: of all probabilities over its largest value, likewise.
    corrected: the prediction as a hand corrected it, or None; by_hand: whether `prediction` is that.
    pending: what the model says of it can be had and was not asked for yet.
    """

    path: str
    image: QImage
    prediction: Labels | None = None
    truth: Labels | None = None
    confidence: NDArray[np.uint8] | None = None
    entropy: NDArray[np.uint8] | None = None
    corrected: Labels | None = None
    by_hand: bool = False
    pending: bool = False

    @property
    def width(self) -> int:
        return self.image.width()

    @property
    def height(self) -> int:
        return self.image.height()

    @cached_property
    def pyramid(self) -> Pyramid:
        """The image at all halves of its size. Whoever reads pictures in a thread builds it there (`picture.pyramid.build()`)."""
        return Pyramid(self.image)


@dataclass(frozen=True)
class ClassLook:
    """How one class is shown. hatched: drawn with stripes, so that two classes of one colour differ. opacity: times that of the whole."""

    name: str
    colour: QColor
    hatched: bool = False
    visible: bool = True
    opacity: float = 1.0


@dataclass(frozen=True)
class Look:
    """All choices of how to look. opacity, swipe: 0..1; solo: the only class that is shown, or None; contour: width in screen pixels.

    masks: off hides every mask for as long as one wants to compare.
    """

    classes: tuple[ClassLook, ...] = ()
    mode: Mode = "prediction"
    opacity: float = 0.5
    solo: int | None = None
    contour: float = 2.0
    swipe: float = 0.5
    masks: bool = True

    def shows(self, label: int) -> bool:
        """Whether pixels of that label are drawn; one beyond the classes is, too."""
        if self.solo is not None:
            return label == self.solo
        return self.classes[label].visible if label < len(self.classes) else True

    def with_class(self, label: int, **changes: Any) -> Look:
        """The same with another look of one class."""
        classes = (replace(one, **changes) if i == label else one for i, one in enumerate(self.classes))
        return replace(self, classes=tuple(classes))

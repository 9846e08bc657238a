"""A few small pictures with masks of four classes, and the overlay document that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exporting.made_masks import CODING, COLOURS, NAMES, Made, labels_of
from tests.pictures import picture
from tlstudio.data import masks
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex


@pytest.fixture
def pictures(tmp_path: Path) -> Made:
    """Makes pictures with predictions and gives their document. names: relative to a folder `photos`."""

    def make(*names: str) -> dict[str, Any]:
        images = []
        for i, name in enumerate(names or ("a.jpg", "b.png")):
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                picture(i, i).save(path)
            mask = tmp_path / "said" / f"{i}.png"
            mask.parent.mkdir(exist_ok=True)
            masks.write(mask, labels_of(i), CODING)
            images.append(OverlayImage(path, mask))
        classes = list(zip(NAMES, COLOURS, strict=True))
        return OverlayIndex(classes, images).document(tmp_path)

    return make

from __future__ import annotations

import pytest

from tlstudio.data.mask_pipeline import common_shape
from tlstudio.recipe import Data


@pytest.mark.parametrize(
    ("sizes", "resize", "size", "shape"),
    [
        ([], "crop", 224, (224, 224)),
        ([(960, 720)] * 3, "crop", 320, (320, 416)),
        ([(960, 720)] * 3 + [(720, 960)], "crop", 320, (320, 416)),
        ([(720, 960)] * 3 + [(960, 720)], "crop", 320, (416, 320)),
        ([(500, 500)], "crop", 300, (288, 288)),
        ([(2048, 1024), (500, 375), (400, 300)], "crop", 256, (256, 352)),
        ([(9000, 100)], "crop", 64, (64, 256)),
        ([(960, 720)], "pad", 320, (320, 320)),
        ([(960, 720)], "squash", 330, (320, 320)),
        ([(8, 8)], "crop", 8, (32, 32)),
    ],
)
def test_common_shape(sizes, resize, size, shape):
    assert common_shape(sizes, Data(resize=resize), size) == shape

"""Viridis: the scale for values from low (dark blue) to high (yellow); even to the eye, also to one that is blind to colours.

By Stefan van der Walt and Nathaniel Smith, CC0.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_EVERY_FIFTH = (
    "440154 46085C 471063 481769 481D6F 482475 472A7A 46307E 453781 433D84 414287 3F4889 3D4E8A "
    "3A538B 38598C 355E8D 33638D 31688E 2E6D8E 2C718E 2A768E 297B8E 27808E 25848E 23898E 218E8D "
    "20928C 1F978B 1E9C89 1FA188 21A585 24AA83 28AE80 2EB37C 35B779 3DBC74 46C06F 50C46A 5AC864 "
    "65CB5E 70CF57 7CD250 89D548 95D840 A2DA37 B0DD2F BDDF26 CAE11F D8E219 E5E419 F1E51D FDE725"
)


@cache
def viridis() -> NDArray[np.uint8]:
    """(256, 3) red, green, blue of the values 0 to 255."""
    points = np.array([list(bytes.fromhex(one)) for one in _EVERY_FIFTH.split()])
    values = np.arange(256)
    out = np.stack([np.interp(values, np.arange(0, 256, 5), points[:, channel]) for channel in range(3)], 1)
    return np.round(out).astype(np.uint8)

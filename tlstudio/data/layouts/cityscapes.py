"""Cityscapes' names: leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png and gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png, in any folders."""

from __future__ import annotations

import re
from collections import defaultdict

from tlstudio.data.layouts import pairs
from tlstudio.data.layouts.mask_layout import MaskLayout, Named
from tlstudio.data.layouts.pairs import File, Found
from tlstudio.data.listing import Folder

_IMAGE = re.compile(r"(.+)_leftimg8bit")
_MASK = re.compile(r"(.+)_gt(?:fine|coarse)_(labelids|labeltrainids)")
# Id, name and colour of the 19 classes that the benchmark judges; train ids are their places in this list.
_CLASSES = (
    (7, "road", (128, 64, 128)),
    (8, "sidewalk", (244, 35, 232)),
    (11, "building", (70, 70, 70)),
    (12, "wall", (102, 102, 156)),
    (13, "fence", (190, 153, 153)),
    (17, "pole", (153, 153, 153)),
    (19, "traffic light", (250, 170, 30)),
    (20, "traffic sign", (220, 220, 0)),
    (21, "vegetation", (107, 142, 35)),
    (22, "terrain", (152, 251, 152)),
    (23, "sky", (70, 130, 180)),
    (24, "person", (220, 20, 60)),
    (25, "rider", (255, 0, 0)),
    (26, "car", (0, 0, 142)),
    (27, "truck", (0, 0, 70)),
    (28, "bus", (0, 60, 100)),
    (31, "train", (0, 80, 100)),
    (32, "motorcycle", (0, 0, 230)),
    (33, "bicycle", (119, 11, 32)),
)
_VOID = tuple(sorted(set(range(35)) - {value for value, _, _ in _CLASSES}))


def find(layout: MaskLayout, tree: Folder) -> bool:
    """Put files of those names, anywhere in the tree, into the layout; False if there are no pairs of them."""
    images: dict[str, File] = {}
    masks: dict[str, dict[str, File]] = defaultdict(dict)
    if not any("_leftImg8bit." in name for folder in tree.walk() for name in folder.files):
        return False
    for file in pairs.files(tree):
        if said := _IMAGE.fullmatch(file.stem):
            images.setdefault(said[1], file)
        elif said := _MASK.fullmatch(file.stem):
            masks[said[2]].setdefault(said[1], file)
    if not images or not masks:
        return False
    form = max(masks, key=lambda form: (len(masks[form].keys() & images.keys()), form == "labelids"))
    chosen = masks[form]
    orphans = [mask for name, mask in chosen.items() if name not in images]
    pairs.lay_out(layout, Found([(image, chosen.get(name)) for name, image in images.items()], orphans, []), tree.paths())
    by_id = form == "labelids"
    layout.named = [Named(name, value if by_id else place, colour) for place, (value, name, colour) in enumerate(_CLASSES)]
    layout.ignore = (*_VOID, 255) if by_id else (255,)
    return True

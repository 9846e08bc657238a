"""Which of the layouts of pictures and masks a folder has: found by looking, or forced by the recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tlstudio.control import Control, Tell
from tlstudio.data import listing
from tlstudio.data.layouts import cityscapes, coco, labelme, mask_names, outlines, pairs, voc
from tlstudio.data.layouts.mask_layout import PAIRS, MaskLayout
from tlstudio.data.layouts.outlines import Broken
from tlstudio.data.layouts.pairs import File, Found
from tlstudio.data.listing import Folder
from tlstudio.data.report import Problem, counted
from tlstudio.errors import InputError
from tlstudio.recipe import Data

_TITLES = {  # in the order in which they are looked for: the more special names first
    "voc": "VOC (JPEGImages, SegmentationClass)",
    "cityscapes": "Cityscapes (NAME_leftImg8bit, NAME_gtFine_labelIds)",
    "pairs": "pictures and masks of the same names",
    "coco": "COCO (a JSON file with outlines)",
    "labelme": "labelme (a JSON file beside each picture)",
}


def find(root: Path, tree: Folder, problems: list[Problem], data: Data, broken: list[Broken], *, sure: bool) -> MaskLayout | None:
    """The layout of pictures and masks, as data says or as it looks.

    sure: that it is segmentation is said; else None where nothing looks like masks, or where it may as well be a folder for each class.
    broken: gets the files that were meant to hold outlines, but cannot be used. Raises InputError where a layout that is said is not
    there.
    """
    for kind in _TITLES if data.layout == "auto" else [data.layout]:
        if found := _one(kind, root, tree, problems, broken, sure=sure):
            found.problems += [one.problem(root) for one in broken if not one.perhaps]
            return found
    if sure and any(not one.perhaps for one in broken):
        raise outlines.unusable(root, broken)
    if sure:
        raise _nothing(root, tree) if data.layout == "auto" else _not_there(root, tree, data.layout)
    return None


def find_with(root: Path, tree: Folder, problems: list[Problem], masks: Path, tell: Tell, control: Control | None) -> MaskLayout:
    """The layout of pictures below root and of masks in a folder that is named, below root or elsewhere."""
    if not masks.is_dir():
        raise InputError(f"There is no folder of masks {masks}", "that is what data.masks names", "Name the folder that holds the masks")
    layout = MaskLayout(root, "pairs", problems=problems)
    mask_tree, more = listing.read(masks, tell, control)
    inside = f"{masks.relative_to(root).as_posix()}/" if masks.is_relative_to(root) and masks != root else ""
    if inside:
        known = {(problem.kind, problem.path) for problem in problems}
        more = [problem for problem in more if (problem.kind, problem.path) not in known]
    problems += more
    all_masks = [_of(file, f"{inside or f'{masks.as_posix()}/'}{file.path}", "mask") for file in pairs.files(mask_tree)]
    beside = [file for file in pairs.files(tree) if not (inside and file.path.startswith(inside))]
    said = [file for file in beside if file.where.role == "image"] or [file for file in beside if not file.where.role] or beside
    found = pairs.match([_of(file, file.path, "image") for file in said], all_masks)
    if not found.matched:
        raise _no_names_meet(root, found, str(masks))
    there = [*tree.paths(), *(f"{masks.as_posix()}/{path}" for path in mask_tree.paths())]
    pairs.lay_out(layout, found, there)
    _name(layout, tree, masks, mask_tree)
    return layout


def _of(file: File, path: str, role: str) -> File:
    return File(path, file.stem, replace(file.where, role=role))


def _one(kind: str, root: Path, tree: Folder, problems: list[Problem], broken: list[Broken], *, sure: bool) -> MaskLayout | None:
    layout = MaskLayout(root, kind, problems=list(problems))
    if kind == "pairs":
        there = _pairs(layout, tree, sure=sure)
    elif kind == "voc":
        there = voc.find(layout, tree)
    elif kind == "cityscapes":
        there = cityscapes.find(layout, tree)
    elif kind == "coco":
        there = coco.find(layout, tree, broken)
    else:
        there = labelme.find(layout, tree, [one.name for one in mask_names.find(root, tree)[0]], broken)
    if there and not layout.named:
        _name(layout, tree)
    return layout if there else None


def _pairs(layout: MaskLayout, tree: Folder, *, sure: bool) -> bool:
    found = pairs.find(pairs.files(tree))
    if found is None:
        return False
    by_folders = all(image.where.role == "image" for image, _ in found.pairs)
    if not found.matched:
        if sure or (by_folders and not found.classes_below()):
            raise _no_names_meet(layout.root, found, "")
        return False
    if not sure and found.by_suffix and found.matched * 2 < len(found.pairs):  # a few names by chance
        return False
    if not sure and found.classes_below() and not mask_names.find(layout.root, tree)[0]:
        return False
    pairs.lay_out(layout, found, tree.paths())
    return True


def _name(layout: MaskLayout, tree: Folder, masks: Path | None = None, mask_tree: Folder | None = None) -> None:
    """What a file of names says of the classes; the folder of masks is asked first."""
    if masks is not None and mask_tree is not None:
        layout.named, path = mask_names.find(masks, mask_tree)
        layout.named_by = f"{masks.as_posix()}/{path}" if path else ""
    if not layout.named:
        layout.named, layout.named_by = mask_names.find(layout.root, tree)


def _no_names_meet(root: Path, found: Found, masks: str) -> InputError:
    image, mask = found.pairs[0][0].path if found.pairs else "none", found.orphans[0].path if found.orphans else "none"
    what = f"There are pictures and masks in {root}" if not masks else f"There are pictures in {root} and masks in {masks}"
    why = f"the first picture is '{image}', the first mask '{mask}'"
    return InputError(f"{what}, but no mask is called like a picture", why, "Give each mask the name of its picture (also with _mask)")


def _not_there(root: Path, tree: Folder, wanted: str) -> InputError:
    looks = [kind for kind in _TITLES if kind != wanted and _can_be(kind, root, tree)]
    why = f"it looks like {' or '.join(_TITLES[kind] for kind in looks)}" if looks else _what_there_is(tree)
    do = f"Set data.layout to '{looks[0]}', or to 'auto'" if looks else f"Set data.layout to 'auto'. {PAIRS}"
    return InputError(f"{root} is not laid out as {_TITLES[wanted]}", why, do)


def _can_be(kind: str, root: Path, tree: Folder) -> bool:
    try:
        return _one(kind, root, tree, [], [], sure=True) is not None
    except InputError:
        return False


def _nothing(root: Path, tree: Folder) -> InputError:
    return InputError(f"There are no masks in {root}", _what_there_is(tree), PAIRS)


def _what_there_is(tree: Folder) -> str:
    images = sum(len(folder.images()) for folder in tree.walk())
    json = sum(path.casefold().endswith(".json") for path in tree.paths())
    folders = ", ".join(folder.name for folder in tree.folders[:5])
    said = f"there are {counted(images, 'picture')}"
    said += f" and {counted(json, 'JSON file')}, none of outlines," if json else ""
    return f"{said} in the folders {folders}" if folders else said

"""Classes and splits told by the names of folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tlstudio.data.layouts.layout import ONE_A_CLASS, Candidate, Layout, split_word
from tlstudio.data.listing import Folder
from tlstudio.data.report import Problem, counted
from tlstudio.errors import InputError

_IMAGES = frozenset({"images", "image", "imgs", "img", "jpegimages", "photos", "pictures"})
_MASKS = frozenset(
    {"masks", "mask", "labels", "annotations", "annotation", "segmentations", "segmentationclass", "gt", "groundtruth", "ground_truth"}
)


def add(layout: Layout, tree: Folder) -> None:
    """Put classes, and splits if there are any, into the layout. Raises InputError where there are no classes."""
    tree = _without_masks(layout, tree)
    by_split: dict[str, list[Folder]] = defaultdict(list)
    for folder in tree.folders:
        split = split_word(folder.name)
        if split is not None and any(inner.has_images() for inner in folder.folders):
            by_split[split].append(folder)
    with_classes = [folder for folders in by_split.values() for folder in folders]
    named_splits = [folder for folder in tree.folders if split_word(folder.name)]
    others = [folder for folder in tree.folders if folder not in named_splits and folder.has_images()]
    if "train" in by_split and (len(named_splits) > 1 or not others):
        _add_stray(layout, tree, others + [f for f in named_splits if f.has_images() and f not in with_classes])
        layout.split_source = "folders" if len(by_split) > 1 else "carved"
        for folder in named_splits:
            layout.splits.setdefault(split_word(folder.name) or "", []).append(folder.path)
        for split, folders in by_split.items():
            for folder in folders:
                inner = _without_masks(layout, folder)
                _add_classes(layout, inner, split if len(by_split) > 1 else None)
                _add_stray(layout, inner, [])
        return
    if len(named_splits) > 1 and not others:
        holder = next((folder for folder in named_splits if folder.has_images()), named_splits[0])
        why = f"{holder.path} has no sub-folders for classes" if holder not in with_classes else "there is no folder 'train'"
        raise InputError(f"The splits in {layout.root} cannot be used", why, "Each of train, val and test needs one sub-folder a class")
    if not any(folder.has_images() for folder in tree.folders):
        raise _no_classes(layout.root / tree.path, tree)
    _add_classes(layout, tree, None)
    _add_stray(layout, tree, [])


def _no_classes(root: Path, tree: Folder) -> InputError:
    if tree.images():
        return InputError(f"{root} holds {counted(len(tree.images()), 'image')}, but nothing says of which class", "", ONE_A_CLASS)
    return InputError(f"There are no images in {root}", "no file there has the name of one (.jpg, .png, .tif and so on)", ONE_A_CLASS)


def _without_masks(layout: Layout, tree: Folder) -> Folder:
    """The folder whose sub-folders are classes, where masks lie beside the pictures. Raises InputError for pictures and masks alone."""
    masks = [folder for folder in tree.folders if folder.name.casefold() in _MASKS and folder.has_images()]
    images = [folder for folder in tree.folders if folder.name.casefold() in _IMAGES and folder.has_images()]
    others = [folder for folder in tree.folders if folder not in masks and folder not in images and folder.has_images()]
    where = layout.root / tree.path
    if not masks:
        return tree
    if not images and not others:
        raise InputError(
            f"{where} holds only masks ({masks[0].name}), no pictures",
            "",
            "Open the folder that holds the pictures, with one sub-folder a class",
        )
    if images and not others:
        if not any(folder.has_images() for folder in images[0].folders):
            raise InputError(
                f"{where} holds pictures and masks ({images[0].name}, {masks[0].name}), not one folder for each class",
                "this is laid out for segmentation",
                f"Set data.task to 'segmentation'; or, for classification: {ONE_A_CLASS[0].lower()}{ONE_A_CLASS[1:]}",
            )
        passed_over, inside = masks, images[0]
    else:
        passed_over = [folder for folder in masks if _mirrors(folder, images + others)]
        inside = Folder(tree.path, tree.files, [folder for folder in tree.folders if folder not in passed_over])
    for folder in passed_over:
        said = "The folder holds masks of the pictures; it is not taken for a class. To learn the masks, set data.task to 'segmentation'."
        layout.problems.append(Problem("stray", layout.absolute(folder.path), said, "info"))
    return inside


def _mirrors(masks: Folder, beside: list[Folder]) -> bool:
    """Whether a folder of masks repeats the names of the pictures beside it (and is not itself a class, as in with and without mask)."""
    if masks.folders:
        return {folder.name for folder in masks.folders} <= {folder.name for folder in beside}
    stems = {PurePosixPath(path).stem for folder in beside for path in folder.paths()}
    return all(PurePosixPath(name).stem.removesuffix("_mask") in stems for name in masks.images())


def _add_classes(layout: Layout, parent: Folder, split: str | None) -> None:
    for folder in parent.folders:
        layout.places[folder.name, split] = folder.path
        before = len(layout.candidates)
        layout.candidates += [Candidate(path, folder.name, split) for path in folder.paths()]
        deeper = len(layout.candidates) - before - len(folder.files)
        if deeper:
            said = f"{counted(deeper, 'file')} in sub-folders of the class '{folder.name}' counted to it."
            layout.problems.append(Problem("nested", layout.absolute(folder.path), said, "info"))


def _add_stray(layout: Layout, parent: Folder, folders: Iterable[Folder]) -> None:
    for name in parent.images():
        said = "The image lies beside the class folders, so that its class is not known; it is left out."
        layout.problems.append(Problem("stray", layout.absolute(parent.of_file(name)), said, "warn"))
    for folder in folders:
        said = "The folder lies beside the splits and has no classes of them; it is left out."
        layout.problems.append(Problem("stray", layout.absolute(folder.path), said, "warn"))

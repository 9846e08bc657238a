"""PASCAL VOC: JPEGImages, SegmentationClass, and lists of names for each split in ImageSets/Segmentation."""

from __future__ import annotations

from pathlib import PurePosixPath

from tlstudio.data import palettes
from tlstudio.data.layouts import pairs
from tlstudio.data.layouts.layout import split_word
from tlstudio.data.layouts.mask_layout import MaskLayout, Named
from tlstudio.data.layouts.pairs import File
from tlstudio.data.listing import Folder, looks_like_image
from tlstudio.data.report import Problem, counted

_NAMES = (
    "background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa "
    "train tvmonitor"
)
CLASSES = tuple(Named(name, value, palettes.voc(value)) for value, name in enumerate(_NAMES.split()))
_IMAGES = "jpegimages"
_MASKS = ("segmentationclass", "segmentationclasspng", "segmentationclassraw", "segmentationclassaug")


def find(layout: MaskLayout, tree: Folder) -> bool:
    """Put a VOC folder, anywhere in the tree, into the layout; False if there is none."""
    for folder in tree.walk():
        inside = {inner.name.casefold(): inner for inner in folder.folders}
        masks = next((inside[name] for name in _MASKS if name in inside and inside[name].has_images()), None)
        if _IMAGES in inside and masks is not None:
            _lay_out(layout, tree, inside[_IMAGES], masks, _lists(layout, inside.get("imagesets")))
            layout.fallback = CLASSES
            return True
    return False


def _lists(layout: MaskLayout, sets: Folder | None) -> dict[str, str | None]:
    """The split of every listed name (in lower case); trainval and other words: None."""
    out: dict[str, str | None] = {}
    twice: dict[str, str] = {}
    inside = [folder for folder in (sets.folders if sets else ()) if folder.name.casefold() == "segmentation"]
    for folder in inside:
        lists = [name for name in folder.files if name.casefold().endswith(".txt")]
        for name in sorted(lists, key=lambda name: split_word(PurePosixPath(name).stem) is None):  # trainval last
            split = split_word(PurePosixPath(name).stem)
            try:
                lines = (layout.root / folder.of_file(name)).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            for line in lines:
                if line.strip():
                    written = PurePosixPath(line.strip())
                    listed = (written.stem if looks_like_image(written.name) else written.name).casefold()
                    taken = out.setdefault(listed, split)
                    if split is not None and taken != split:
                        twice[listed] = f"'{listed}' stands in the lists of {taken} and of {split}, and is taken for {taken}."
    layout.problems += [Problem("bad_split", layout.absolute(folder.path), said, "warn") for folder in inside for said in twice.values()]
    return out


def _lay_out(layout: MaskLayout, tree: Folder, images: Folder, masks: Folder, lists: dict[str, str | None]) -> None:
    found = pairs.match(pairs.files(images), pairs.files(masks))
    named, unlisted = set[str](), 0
    kept: list[tuple[File, File | None]] = []
    for image, mask in found.pairs:
        if image.stem in lists:
            named.add(image.stem)
            kept.append((image, mask))
        elif not lists and mask is not None:  # most of VOC's pictures have no mask
            kept.append((image, mask))
        else:
            unlisted += 1
    found.pairs = kept
    pairs.lay_out(layout, found, tree.paths(), {image.path: lists.get(image.stem) for image, _ in kept} if lists else None)
    for name in sorted(lists.keys() - named):
        said = f"ImageSets/Segmentation lists '{name}', which is not among the pictures; it is passed over."
        layout.problems.append(Problem("missing_file", layout.absolute(f"{images.path}/{name}"), said, "warn"))
    if unlisted:
        why = "not in the lists of ImageSets/Segmentation" if lists else "without a mask"
        layout.problems.append(
            Problem("stray", layout.absolute(images.path), f"Passed over, {why}: {counted(unlisted, 'picture')}.", "info")
        )

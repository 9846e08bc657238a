"""Pictures and masks as files of the same name: images/ and masks/ in any spelling, with or without splits; or a suffix tells the mask."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.layouts.path_words import Place, place, without_split
from tlstudio.data.listing import Folder, looks_like_image
from tlstudio.data.report import Problem, counted

CORRECTED = ".corrected.png"
_MASK_SUFFIX = "masks?|labels?|gt|seg|segmentation|labelids|labeltrainids|annotation|matte|l"
_MASK_AFFIX = re.compile(rf"^(mask|label|gt|seg|annotation)[_\-. ]+(?=.)|(?<=.)([_\-. ]({_MASK_SUFFIX}))+$")
_IMAGE_AFFIX = re.compile(r"^(image|img|photo|pic)[_\-. ]+(?=.)|(?<=.)[_\-. ](image|img|sat|rgb|photo)$")
_LOSSY = (".jpg", ".jpeg")
_STRAYS = 0.1  # share of pictures
_MANY_SPLITS = 0.98  # share of a split's pictures without a mask from which on it is said of the split, not of each picture


@dataclass(frozen=True, slots=True)
class File:
    """A file called like a picture. stem: its name without the suffix, in lower case."""

    path: str
    stem: str
    where: Place

    @property
    def folders(self) -> tuple[str, ...]:
        return self.where.above + self.where.below


@dataclass(slots=True)
class Found:
    """pairs: picture, mask or None. orphans: masks without a picture. passed_over: folders of masks that were not chosen.

    by_suffix: not a folder but the name of the file says that it is a mask.
    """

    pairs: list[tuple[File, File | None]]
    orphans: list[File]
    passed_over: list[str]
    by_suffix: bool = False

    @property
    def matched(self) -> int:
        return sum(mask is not None for _, mask in self.pairs)

    def classes_below(self) -> bool:
        """Whether the pictures, a few strays aside, lie in two or more folders that may be classes."""
        below = Counter(image.where.below for image, _ in self.pairs)
        outside = below.pop((), 0)
        return len(below) >= 2 and outside <= len(self.pairs) * _STRAYS


def files(tree: Folder) -> list[File]:
    """Every picture and mask below a folder, corrected masks aside."""
    out = []
    for folder in tree.walk():
        where = place(folder.path)
        out += [File(folder.of_file(name), _stem(name), where) for name in folder.images() if not name.casefold().endswith(CORRECTED)]
    return out


def find(all_files: list[File]) -> Found | None:
    """Pictures and their masks as names and folders tell; None where nothing looks like a mask of a picture."""
    masks = [file for file in all_files if file.where.role == "mask"]
    images = [file for file in all_files if file.where.role == "image"] or [file for file in all_files if not file.where.role]
    if masks and images:
        return _by_folders(images, masks)
    if masks:  # all lies in a folder called like masks, as in "segmentation data": then that is the name of the whole
        all_files = [replace(file, where=replace(file.where, role="")) for file in all_files]
    return _by_suffix(all_files)


def match(images: list[File], masks: list[File]) -> Found:
    """Each picture with the mask that has its name, in the folder that mirrors its own."""
    exact: dict[tuple[str | None, tuple[str, ...], str], list[File]] = defaultdict(list)
    by_name: dict[tuple[str | None, str], list[File]] = defaultdict(list)
    for mask in sorted(masks, key=lambda file: _ending(file) in _LOSSY):
        stripped = _MASK_AFFIX.sub("", mask.stem)
        for stem in dict.fromkeys((mask.stem, stripped, _plain(stripped))):
            exact[mask.where.split, mask.folders, stem].append(mask)
            by_name[mask.where.split, stem].append(mask)
    taken: set[str] = set()
    pairs: list[tuple[File, File | None]] = []
    for image in images:
        its = _mask_of(image, exact, by_name)
        if its is not None:
            taken.add(its.path)
        pairs.append((image, its))
    return Found(pairs, [mask for mask in masks if mask.path not in taken], [])


def _mask_of(
    image: File,
    exact: dict[tuple[str | None, tuple[str, ...], str], list[File]],
    by_name: dict[tuple[str | None, str], list[File]],
) -> File | None:
    stems = dict.fromkeys((image.stem, _IMAGE_AFFIX.sub("", image.stem)))
    splits = dict.fromkeys((image.where.split, None))
    for split in splits:
        for stem in stems:
            if alike := exact.get((split, image.folders, stem)):
                return next((mask for mask in alike if _alike_in_case(image, mask)), alike[0])
    if image.where.role != "image":  # a folder of any name beside one called masks may be a class
        return None
    for split in splits:
        for stem in stems:
            by_its_name = by_name.get((split, stem), [])
            if len({mask.path for mask in by_its_name}) == 1:
                return by_its_name[0]
    return None


def _by_folders(images: list[File], masks: list[File]) -> Found:
    """Of several sets of masks (by class, by object, in colours) the one that says the classes of most pictures."""
    sets: dict[str, list[File]] = defaultdict(list)
    for mask in masks:
        sets[without_split(mask.where.holder)].append(mask)
    if len(sets) == 1 or len({file.where.above for file in masks}) == len(sets):
        return match(images, masks)  # one set, or one beside each of several sets of pictures
    ranked = {name: match(images, some) for name, some in sets.items()}
    best = max(ranked, key=lambda name: (ranked[name].matched, not sets[name][0].where.second, -len(name), name))
    ranked[best].passed_over = sorted(set(sets) - {best})
    return ranked[best]


def _by_suffix(all_files: list[File]) -> Found | None:
    """Masks beside their pictures: NAME_mask.png and NAME.jpg; or NAME.png and NAME.jpg, where that is so throughout."""
    marked = [(file, stripped) for file in all_files if (stripped := _MASK_AFFIX.sub("", file.stem)) != file.stem]
    masks = []
    if marked:
        names = {(file.folders, file.where.split, stem) for file in all_files for stem in (file.stem, _plain(file.stem))}
        for file, stripped in marked:
            if any((file.folders, file.where.split, stem) in names for stem in (stripped, _plain(stripped))):
                masks.append(file)
    if not masks:
        endings = Counter(map(_ending, all_files))
        lossless = [file for file in all_files if _ending(file) == ".png"]
        if len(endings) != 2 or endings[".png"] * 2 < len(all_files) * 0.8 or not (endings.keys() & set(_LOSSY)):
            return None
        masks = lossless
    paths = {mask.path for mask in masks}
    found = match([file for file in all_files if file.path not in paths], masks)
    found.by_suffix = True
    return found if found.matched * 2 >= len(masks) else None


def lay_out(layout: MaskLayout, found: Found, there: Iterable[str], listed: Mapping[str, str | None] | None = None) -> None:
    """Put what was found into the layout.

    there: every file below the root, among them corrected masks. listed: the split of each picture, where folders do not say it.
    """
    corrected = {path for path in there if path.casefold().endswith(CORRECTED)}
    missing: dict[str | None, list[File]] = defaultdict(list)
    splits = {image.path: image.where.split or (mask.where.split if mask else None) for image, mask in found.pairs}
    splits |= listed or {}
    for image, mask in found.pairs:
        split = splits[image.path]
        places = [corrected_name(file.path) for file in (mask, image) if file is not None]
        better = next((path for path in places if path in corrected), None)
        if better is not None:
            layout.pairs.append(Pair(image.path, better, split, corrected=True))
        elif mask is not None:
            layout.pairs.append(Pair(image.path, mask.path, split))
        else:
            missing[split].append(image)
    layout.pairs.sort(key=lambda pair: pair.image)
    layout.pictures = len(found.pairs)
    layout.problems += _missing(layout, Counter(splits.values()), missing)
    for mask in found.orphans:
        said = "There is no picture for this mask; it is left out."
        layout.problems.append(Problem("orphan_mask", layout.absolute(mask.path), said, "warn"))
    for folder in found.passed_over:
        said = "This folder holds masks too, but others were taken. To use these, name the folder in data.masks."
        layout.problems.append(Problem("stray", layout.absolute(folder), said, "info"))
    layout.set_splits()


def corrected_name(path: str) -> str:
    """Where the corrected mask lies of a mask file (or of a picture whose mask is drawn)."""
    return f"{PurePosixPath(path).with_suffix('')}{CORRECTED}"


def _missing(layout: MaskLayout, of_split: Counter[str | None], missing: dict[str | None, list[File]]) -> Iterator[Problem]:
    for split, images in missing.items():
        if split is not None and len(images) > 1 and len(images) >= of_split[split] * _MANY_SPLITS:
            folder = str(PurePosixPath(images[0].path).parent)
            said = f"The pictures of {split} have no masks ({counted(len(images), 'picture')}); they are left out."
            yield Problem("missing_mask", layout.absolute(folder), said, "warn")
            continue
        for image in images:
            yield Problem("missing_mask", layout.absolute(image.path), "There is no mask for this picture; it is left out.", "warn")


def _stem(name: str) -> str:
    stem = name[: name.rfind(".")]
    return (stem[: stem.rfind(".")] if looks_like_image(stem) else stem).casefold()  # a.jpg.png is the mask of a.jpg


def _ending(file: File) -> str:
    return file.path[file.path.rfind(".") :].casefold()


def _alike_in_case(image: File, mask: File) -> bool:
    """Whether the mask has the picture's name in its very letters, by which those of A.jpg and a.jpg are told apart."""
    start = mask.stem.find(image.stem)
    written = PurePosixPath(mask.path).name[max(0, start) :]
    return start >= 0 and written.startswith(PurePosixPath(image.path).name[: len(image.stem)])


def _plain(stem: str) -> str:
    """Without what marks a picture, so that img_1 and mask_1 meet."""
    return _IMAGE_AFFIX.sub("", stem)

"""What the overlay page opens: the masks of a run, or pictures with masks from anywhere, as one kind of document."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlstudio.control import Control, Tell, silent
from tlstudio.data import corrected, listing, masks, overlay_index
from tlstudio.data.masks import Coding, MaskClass
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.data.report import DatasetReport, counted
from tlstudio.data.scan import scan
from tlstudio.errors import InputError
from tlstudio.events import Note, Progress
from tlstudio.recipe import Data
from tlstudio.runs import Run, absolute
from tlstudio.training import mask_scores


def overlay(source: str, *, masks: str = "", split: str = "val", tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """The document of `data.overlay_index`, with absolute paths.

    source: a run (its name or folder): its evaluation of the split, made first if it is missing or older than the best weights;
    a folder with an index.json, such as one of predictions; a data set in any layout of masks, with all its splits; pictures alone.
    masks: a folder with the masks of those pictures, where it does not lie beside them; laid over predictions, they are scored.
    Raises InputError where nothing is there to show, Cancelled.
    """
    control = control or Control()
    path = absolute(source)
    if (path / "recipe.toml").is_file() or not path.exists():
        document = _of_run(Run.open(source), split, tell, control)
    elif overlay_index.is_index(path):
        document = overlay_index.read(path)
    else:
        return _of_pictures(path, masks, tell, control)
    if masks:
        document = _with_truth(document, masks, tell, control)
    return _with_corrections(document, tell, control)


def _of_run(run: Run, split: str, tell: Tell, control: Control) -> dict[str, Any]:
    if run.recipe().data.task != "segmentation":
        raise InputError(f"The run {run.name} learned to classify pictures", "it makes no masks", "Choose a run that learned segmentation")
    folder = run.path / "evaluations" / split
    if overlay_index.is_index(folder) and _newer(folder / overlay_index.NAME, run.best):
        return overlay_index.read(folder)
    from tlstudio.evaluation.evaluate import evaluate  # torch, which folders need not wait for

    return overlay_index.read(Path(evaluate(run, split=split, tell=tell, control=control)["masks"]))


def _newer(index: Path, weights: Path) -> bool:
    try:
        return index.stat().st_mtime_ns >= weights.stat().st_mtime_ns
    except OSError:  # no weights any more: then what they said is all there is
        return True


def _of_pictures(path: Path, mask_folder: str, tell: Tell, control: Control) -> dict[str, Any]:
    if path.is_file() and listing.looks_like_image(path.name):
        return OverlayIndex([], [OverlayImage(path)]).document(path.parent)
    try:
        report = _pairs(path, mask_folder, tell, control)
    except InputError as error:
        if mask_folder or not path.is_dir():
            raise
        return _without_masks(path, error, tell, control)
    left_out = report.files - len(report.items)
    if left_out:
        tell(
            Note(level="warn", message=f"{counted(left_out, 'picture')} without a mask that can be used left out; the data page says why.")
        )
    images = [OverlayImage(report.root / item.path, truth=report.root / item.mask, split=item.split) for item in report.items]
    coding = report.coding
    classes = [(one.name, one.colour) for one in coding.classes] if coding is not None else []
    return OverlayIndex(classes, images, coding).document(path)


def _pairs(path: Path, mask_folder: str, tell: Tell, control: Control) -> DatasetReport:
    data = Data(path=str(path), task="segmentation", masks=str(absolute(mask_folder)) if mask_folder else "")
    return scan(path, max_pixels=data.max_pixels, task="segmentation", data=data, tell=tell, control=control)


def _without_masks(path: Path, error: InputError, tell: Tell, control: Control) -> dict[str, Any]:
    """All pictures in and below a folder."""
    tree, _ = listing.read(path, tell, control)
    found = [path / name for name in tree.paths() if listing.looks_like_image(name)]
    if not found:
        raise error
    tell(Note(message=f"No masks found: pictures alone are shown. {error}"))
    return OverlayIndex([], [OverlayImage(picture) for picture in sorted(found)]).document(path)


def _with_truth(document: dict[str, Any], mask_folder: str, tell: Tell, control: Control) -> dict[str, Any]:
    """The document of predictions with the masks of that folder as truth."""
    if not document["images"]:
        return document
    report = _pairs(_holder([Path(image["path"]) for image in document["images"]]), mask_folder, tell, control)
    coding = _in_order(report, [one["name"] for one in document["classes"]])
    true = {str(report.root / item.path): str(report.root / item.mask) for item in report.items}
    changed = {image["path"]: {"truth": true[image["path"]]} for image in document["images"] if image["path"] in true}
    return _scored({**document, "coding": coding.to_json()}, changed, tell, control)


def _with_corrections(document: dict[str, Any], tell: Tell, control: Control) -> dict[str, Any]:
    """The document with what was corrected since its index was written.

    A corrected truth takes the place of the one before. A corrected prediction does not: it is the user's, not the run's, whose figures
    stay what they were; it comes as `corrected` (its file) and `corrected_iou` (None where there is no truth).
    """
    images = document["images"]
    folders = {image[key].rpartition(os.sep)[0] for image in images for key in ("path", "prediction", "truth") if image[key]}
    there = corrected.existing(map(Path, folders))
    better: dict[str, dict[str, str]] = {"prediction": {}, "truth": {}}
    for image in images if there else ():
        for key, found in better.items():
            if image[key] is None:
                continue
            mask = Path(image[key])
            other = corrected.place(mask, Path(image["path"]))
            # A prediction that was made after the correction is another one.
            if other != mask and other in there and (key == "truth" or _newer(other, mask)):
                found[image["path"]] = str(other)
    document = _scored(document, {path: {"truth": mask} for path, mask in better["truth"].items()}, tell, control)
    predicted = better["prediction"]
    own = _scored(document, {path: {"prediction": mask} for path, mask in predicted.items()}, tell, control)
    images = [
        {**image, "corrected": predicted[image["path"]], "corrected_iou": mine["iou"]} if mine["path"] in predicted else image
        for image, mine in zip(document["images"], own["images"], strict=True)
    ]
    return {**document, "images": images}


def _scored(document: dict[str, Any], changed: Mapping[str, Mapping[str, str]], tell: Tell, control: Control) -> dict[str, Any]:
    """The document with other mask files for some pictures, whose figures are counted anew."""
    names, colours = ([one[key] for one in document["classes"]] for key in ("name", "colour"))
    said, coding = masks.own(names, colours), Coding.from_json(document["coding"]) if document["coding"] is not None else None
    images: list[dict[str, Any]] = []
    done = 0
    if not changed:
        return document
    for image in document["images"]:
        if image["path"] in changed:
            control.check()
            image = {**image, "iou": None, "pixel_accuracy": None, "per_class": [], **changed[image["path"]]}
            try:
                image |= _scores(image, said, coding)
            except InputError as error:  # of this picture; the others can be looked at
                tell(Note(level="warn", message=str(error)))
            done += 1
            tell(Progress(phase="compare", done=done, total=len(changed), overall=done / len(changed)))
        images.append(image)
    return {**document, "images": images}


def _holder(pictures: list[Path]) -> Path:
    """The folder that all of them are in or below."""
    return next(folder for folder in pictures[0].parents if all(picture.is_relative_to(folder) for picture in pictures))


def _in_order(report: DatasetReport, names: list[str]) -> Coding:
    """The masks' coding with the classes in the order of the predictions', so that labels mean the same. Raises InputError."""
    coding = report.coding
    assert coding is not None
    by_name: Mapping[str, MaskClass] = {one.name: one for one in coding.classes}
    foreign = [name for name in by_name if name not in names]
    absent = [name for name in names if name not in by_name]
    if foreign or absent:
        said = f"the masks have '{foreign[0]}'" if foreign else f"the masks do not have '{absent[0]}'"
        raise InputError("Masks and predictions have different classes", said, f"Give masks of {', '.join(names[:8])}")
    return Coding(coding.kind, tuple(by_name[name] for name in names), coding.ignore)


def _scores(image: dict[str, Any], said: Coding, coding: Coding | None) -> dict[str, Any]:
    """{iou, pixel_accuracy, per_class, shares}; empty where there is no prediction. coding: of the truth."""
    if image["prediction"] is None:
        return {}
    n = len(said.classes)
    predicted = masks.read(Path(image["prediction"]), said)
    pixels = mask_scores.pixels(predicted, n)
    scores: dict[str, Any] = {"shares": (pixels / max(1, int(pixels.sum()))).tolist()}
    if image["truth"] is None or coding is None:
        return scores
    matrix = mask_scores.confusion(predicted, masks.read(Path(image["truth"]), coding), n)
    scores |= {"iou": mask_scores.mean_iou(matrix), "pixel_accuracy": mask_scores.pixel_accuracy(matrix)}
    return {**scores, "per_class": mask_scores.iou(matrix)}

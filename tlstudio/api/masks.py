"""Masks: overlays, export, corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlstudio.api.given import Document, recipe_of
from tlstudio.control import Control, Tell, silent
from tlstudio.recipe import Recipe


def overlay(source: str, *, masks: str = "", split: str = "val", tell: Tell = silent, control: Control | None = None) -> Document:
    """Pictures with their masks, to be laid over each other: of a run, a folder of predictions, a data set, or pictures alone."""
    from tlstudio.evaluation.overlay import overlay as overlay_

    return overlay_(source, masks=masks, split=split, tell=tell, control=control)


def export_masks(
    source: str | Mapping[str, Any],
    format: str,
    out: str,
    *,
    masks: str = "",
    split: str = "",
    paths: Sequence[str] = (),
    which: str = "",
    look: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """Write masks for other programs, at the size of the pictures: {folder, files, left_out}. See `exporting.export`.

    source, masks: as of `overlay`, or the document that it gave. split: "" is val of a run, and all pictures of anything else.
    format: index, classes, composite, coco, labelme or areas.
    """
    from tlstudio.exporting.export import run

    document = overlay(source, masks=masks, split=split or "val", tell=tell, control=control) if isinstance(source, str) else source
    return run(document, format, out, paths=paths, split=split, which=which, look=look, tell=tell, control=control)


def correct_mask(
    picture: str, labels: str, coding: Mapping[str, Any], beside: str = "", *, tell: Tell = silent, control: Control | None = None
) -> Document:
    """Write a mask that was corrected by hand beside the one it corrects, in its coding, never over it: {mask}."""
    from tlstudio.exporting.corrections import correct

    return correct(picture, labels, coding, beside)


def add_to_training(
    picture: str,
    labels: str,
    coding: Mapping[str, Any],
    data: str,
    split: str = "train",
    *,
    recipe: Recipe | Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """Copy a picture with its mask into a data set: {picture, mask, split, known}. recipe: says how the data set is read."""
    from tlstudio.exporting.corrections import add

    section = recipe_of(recipe or {}).data.model_copy(update={"path": data, "task": "segmentation"})
    return add(picture, labels, coding, section, split, tell=tell, control=control)

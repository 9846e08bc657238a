"""The section of a recipe that says where the images are, and how they are read."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from tlstudio.recipe.field import Section, Share, titled

# A decompression bomb's border: Pillow's own (about a quarter of a gigabyte of RGB).
MAX_PIXELS = 89_478_485


class Data(Section):
    """Where the images are, how they are split and brought to the model's size."""

    path: str = titled("", "Images", "Folder (one sub-folder a class, or train/val/test), CSV file beside its images, .zip or .tar.")
    task: Literal["classification", "segmentation"] = titled("classification", "Task", "What is learned from each image.")
    val_share: Share = titled(
        0.2, "Validation", "Share kept aside to judge each epoch, where the data has no validation split.", unit="share"
    )
    test_share: Share = titled(0.1, "Test", "Share kept aside for the final figure, where the data has no split of its own.", unit="share")
    train_share: float = titled(
        1.0,
        "Share learned from",
        "So much of the training images is used, drawn by class; the smaller shares lie within the larger ones.",
        unit="share",
        advanced=True,
        gt=0.0,
        le=1.0,
    )
    split_seed: int = titled(7, "Split seed", "The same seed gives the same split.", ge=0, le=2**31 - 1)
    image_size: int = titled(
        0,
        "Image size",
        "Side of the square the model sees, shorter side of scenes; 0 takes the size it was trained with.",
        unit="px",
        ge=0,
        le=4096,
    )
    resize: Literal["crop", "pad", "squash"] = titled("crop", "Resize", "Crop loses edges, pad adds bars, squash loses the shape.")
    pad_colour: tuple[int, int, int] = titled((0, 0, 0), "Bars", "Colour of the bars, red green blue 0 to 255.", advanced=True)
    pad_place: Literal["centre", "corner"] = titled(
        "centre", "Picture sits", "In the centre with bars on both sides, or in the upper left corner.", advanced=True
    )
    interpolation: Literal["bilinear", "bicubic", "nearest"] = titled(
        "bicubic", "Interpolation", "How pixels are made up when a picture is resized.", advanced=True
    )
    mean: tuple[float, float, float] | None = titled(None, "Mean", "Per channel, 0 to 1; empty takes the model's own.", advanced=True)
    std: tuple[float, float, float] | None = titled(None, "Deviation", "Per channel, 0 to 1; empty takes the model's own.", advanced=True)
    layout: Literal["auto", "pairs", "voc", "cityscapes", "coco", "labelme"] = titled(
        "auto", "Layout", "How pictures and masks lie in the folder; auto finds out by looking.", advanced=True, task="segmentation"
    )
    masks: str = titled("", "Masks", "Folder of the masks, where it does not lie beside the pictures.", advanced=True, task="segmentation")
    class_names: tuple[str, ...] = titled(
        (), "Class names", "In the order of the mask values; empty takes what the data says.", advanced=True, task="segmentation"
    )
    ignore: tuple[int, ...] = titled((255,), "Ignore", "Mask values to leave out.", advanced=True, task="segmentation")
    max_pixels: int = titled(
        MAX_PIXELS, "Largest picture", "A picture with more pixels is listed as a problem and left out.", unit="pixels", advanced=True, ge=1
    )
    exclude: tuple[str, ...] = titled((), "Left out", "Files the user chose to skip, relative to the images.", advanced=True)

    @field_validator("ignore", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int) else value

    @field_validator("pad_colour")
    @classmethod
    def _bytes(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if not all(0 <= v <= 255 for v in value):
            raise ValueError("three numbers from 0 to 255 are needed")
        return value

    @field_validator("mean")
    @classmethod
    def _shares(cls, value: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if value is not None and not all(0 <= v <= 1 for v in value):
            raise ValueError("three numbers from 0 to 1 are needed")
        return value

    @field_validator("std")
    @classmethod
    def _positive(cls, value: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if value is not None and not all(0 < v <= 1 for v in value):
            raise ValueError("every deviation has to be above 0, and at most 1")
        return value

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.val_share + self.test_share > 0.9:
            raise ValueError("validation and test together may take at most 0.9, or too little is left to learn from")
        return self

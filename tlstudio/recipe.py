"""The recipe: all that determines a run. Immutable; TOML on disk; bounds, units, defaults and help live in its fields.

The window's forms are generated from these fields, `tlstudio train --set section.key=value` addresses them, the run folder keeps them.
What a head, an optimizer or a schedule can be told beyond the common fields is `{kind, options}`: the file that registers
the kind knows its options, `api.validate` checks them. Nothing here knows torch or Qt.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tlstudio.errors import InputError

Strategy = Literal["head", "last-block", "full", "scratch", "custom"]
STRATEGY_NAMES = {
    "head": "Head only",
    "last-block": "Last block",
    "full": "Everything",
    "scratch": "From scratch",
    "custom": "Own choice",
}
# A decompression bomb's border: Pillow's own (about a quarter of a gigabyte of RGB).
MAX_PIXELS = 89_478_485

Share = Annotated[float, Field(ge=0.0, le=0.9)]
Rate = Annotated[float, Field(gt=0.0, le=100.0)]


class Section(BaseModel):
    """One section of the recipe: frozen, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _field(default: Any, title: str, help: str, *, unit: str = "", advanced: bool = False, **bounds: Any) -> Any:
    """A field with what a form needs to show it: title, help (tooltip), unit, whether it is folded away."""
    return Field(default, title=title, description=help, json_schema_extra={"unit": unit, "advanced": advanced}, **bounds)


class Data(Section):
    """Where the images are, how they are split and brought to the model's size."""

    path: str = _field("", "Images", "Folder (one sub-folder a class, or train/val/test), CSV file beside its images, .zip or .tar.")
    task: Literal["classification", "segmentation"] = _field("classification", "Task", "What is learned from each image.")
    val_share: Share = _field(
        0.2, "Validation", "Share kept aside to judge each epoch, where the data has no validation split.", unit="share"
    )
    test_share: Share = _field(0.1, "Test", "Share kept aside for the final figure, where the data has no split of its own.", unit="share")
    split_seed: int = _field(7, "Split seed", "The same seed gives the same split.", ge=0, le=2**31 - 1)
    image_size: int = _field(
        0, "Image size", "Side of the square the model sees; 0 takes the size it was trained with.", unit="px", ge=0, le=4096
    )
    resize: Literal["crop", "pad", "squash"] = _field("crop", "Resize", "Crop loses edges, pad adds bars, squash loses the shape.")
    pad_colour: tuple[int, int, int] = _field((0, 0, 0), "Bars", "Colour of the bars, red green blue 0 to 255.", advanced=True)
    pad_place: Literal["centre", "corner"] = _field(
        "centre", "Picture sits", "In the centre with bars on both sides, or in the upper left corner.", advanced=True
    )
    interpolation: Literal["bilinear", "bicubic", "nearest"] = _field(
        "bicubic", "Interpolation", "How pixels are made up when a picture is resized.", advanced=True
    )
    mean: tuple[float, float, float] | None = _field(None, "Mean", "Per channel, 0 to 1; empty takes the model's own.", advanced=True)
    std: tuple[float, float, float] | None = _field(None, "Deviation", "Per channel, 0 to 1; empty takes the model's own.", advanced=True)
    ignore: tuple[int, ...] = _field((255,), "Ignore", "Mask values to leave out (segmentation).", advanced=True)
    max_pixels: int = _field(
        MAX_PIXELS, "Largest picture", "A picture with more pixels is listed as a problem and left out.", unit="pixels", advanced=True, ge=1
    )
    exclude: tuple[str, ...] = _field((), "Left out", "Files the user chose to skip, relative to the images.", advanced=True)

    @field_validator("pad_colour")
    @classmethod
    def _bytes(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if not all(0 <= v <= 255 for v in value):
            raise ValueError("three numbers from 0 to 255 are needed")
        return value

    @field_validator("std")
    @classmethod
    def _positive(cls, value: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if value is not None and not all(v > 0 for v in value):
            raise ValueError("every deviation has to be above 0")
        return value

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.val_share + self.test_share > 0.9:
            raise ValueError("validation and test together may take at most 0.9, or too little is left to learn from")
        return self


class Model(Section):
    """Which network, and where its weights come from."""

    name: str = _field("efficientnet_lite0", "Model", "Name from the catalogue.")
    weights: str = _field(
        "pretrained", "Weights", "pretrained: as published; random: from scratch; or a .safetensors or .pt file.", advanced=True
    )


class Frozen(Section):
    """What does not learn. A strategy is a preset; "custom" takes `paths`."""

    strategy: Strategy = _field("head", "Strategy", "A preset of what learns.")
    paths: tuple[str, ...] = _field((), "Frozen layers", "Dotted paths of modules or parameters; used by the strategy 'custom'.")
    batchnorm: Literal["eval", "adapt", "train"] = _field(
        "eval",
        "BatchNorm when frozen",
        "eval: keeps the averages it learned, right for almost everybody. adapt: averages follow your images. train: scale, shift learn.",
    )

    @field_validator("paths")
    @classmethod
    def _sorted(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))


class Head(Section):
    """The new layers on top. Options are those of the kind's file in models/heads."""

    kind: str = _field("linear", "Head", "The new layers on top of the backbone.")
    options: dict[str, Any] = Field(default_factory=dict)


class Optimizer(Section):
    """How weights are moved. Options are those of the kind's file in training/optimizers."""

    kind: str = _field("adamw", "Optimizer", "How gradients become changes of weights.")
    lr: Rate = _field(0.01, "Head's rate", "Learning rate of the new layers. Too high: loss jumps; too low: nothing happens.")
    backbone_lr: Rate = _field(
        0.0001, "Backbone's rate", "Learning rate of pretrained layers that learn; usually 10 to 100 times below the head's."
    )
    weight_decay: float = _field(
        0.01, "Weight decay", "Pulls weights towards zero; a little keeps the head humble.", ge=0.0, le=1.0, advanced=True
    )
    options: dict[str, Any] = Field(default_factory=dict)


class Schedule(Section):
    """How the rates change over the run. Options are those of the kind's file in training/schedules."""

    kind: str = _field("cosine", "Schedule", "How the rates fall over the run.")
    options: dict[str, Any] = Field(default_factory=dict)


class Augment(Section):
    """Random changes of training images, drawn anew for each (seed, epoch, image)."""

    enabled: bool = _field(False, "Augmentation", "Random changes of each training image. Head-only training is fastest without.")
    random_crop: bool = _field(True, "Random crop", "A random part of the picture, resized.")
    scale: tuple[float, float] = _field((0.6, 1.0), "Crop's share", "Smallest and largest share of the picture's area.", advanced=True)
    hflip: float = _field(0.5, "Mirror", "Probability of a left-right flip.", ge=0, le=1)
    vflip: float = _field(0.0, "Upside down", "Probability of a top-bottom flip.", ge=0, le=1)
    rotation: float = _field(10.0, "Rotation", "Largest turn to either side.", unit="degrees", ge=0, le=180)
    brightness: float = _field(0.2, "Brightness", "Largest relative change.", ge=0, le=1)
    contrast: float = _field(0.2, "Contrast", "Largest relative change.", ge=0, le=1)
    saturation: float = _field(0.2, "Colour", "Largest relative change of saturation.", ge=0, le=1)
    hue: float = _field(0.02, "Hue", "Largest turn of the colour wheel, in whole turns.", ge=0, le=0.5, advanced=True)

    @field_validator("scale")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1] <= 1:
            raise ValueError("two shares are needed, the smaller first, above 0 and at most 1")
        return value


class Training(Section):
    """Length, batches, chance and machine."""

    epochs: int = _field(20, "Epochs", "How often every training image is seen.", ge=1, le=100_000)
    batch_size: int = _field(32, "Batch size", "Images a step. Larger is steadier and takes more memory.", unit="images", ge=1, le=65_536)
    seed: int = _field(7, "Seed", "The same seed gives the same run.", ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda", "mps", "xpu"] = _field(
        "auto", "Device", "auto takes the graphics card if there is one.", advanced=True
    )
    best_by: Literal["metric", "loss"] = _field(
        "metric", "Best by", "Keep the epoch with the best validation metric, or with the lowest validation loss.", advanced=True
    )


class Recipe(Section):
    """All that determines a run. Change it with `set` or `with_strategy`; each returns a new one."""

    name: str = _field("", "Name", "What runs of this recipe are called.")
    data: Data = Data()
    model: Model = Model()
    frozen: Frozen = Frozen()
    head: Head = Head()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augment: Augment = Augment()
    training: Training = Training()

    def set(self, changes: dict[str, Any]) -> Recipe:
        """A new recipe with dotted keys changed, {"training.epochs": 5}. Values may be texts, as from a command line.

        Raises InputError that names the nearest key for an unknown one, and the bounds for a value out of them.
        """
        said = self.model_dump()
        for key, value in changes.items():
            _put(said, key, value)
        return _validated(said)

    def with_strategy(self, strategy: str) -> Recipe:
        """A new recipe with that strategy and with the rates, epochs and weights that suit it."""
        if strategy not in STRATEGY_NAMES:
            near = difflib.get_close_matches(strategy, STRATEGY_NAMES, 1, 0.3)
            raise InputError(
                f"There is no strategy '{strategy}'",
                "",
                f"Take one of {', '.join(STRATEGY_NAMES)}" + (f" (nearest: {near[0]})" if near else ""),
            )
        changes: dict[str, Any] = {"frozen.strategy": strategy, **_SUITS.get(strategy, {})}
        if strategy != "custom":
            changes["frozen.paths"] = ()
        if strategy == "scratch":
            changes["model.weights"] = "random"
        elif self.frozen.strategy == "scratch" and self.model.weights == "random":
            changes["model.weights"] = "pretrained"
        return self.set(changes)

    def get(self, key: str) -> Any:
        """The value of a dotted key."""
        value: Any = self
        for part in key.split("."):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        return value

    def to_toml(self) -> str:
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def from_toml(cls, text: str, source: str = "The recipe") -> Recipe:
        """Raises InputError naming the line for bad TOML, the nearest key for an unknown one."""
        try:
            said = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{source} is not valid TOML: {error}", "", "Mend that line") from None
        return cls.parse(said)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Recipe:
        """The recipe that a dictionary of sections describes; what it leaves out takes defaults. Raises InputError as `from_toml`."""
        for section, values in said.items():
            for key in values if isinstance(values, dict) else ():
                _check_key(f"{section}.{key}", cls().model_dump())
            _check_key(section, cls().model_dump())
        return _validated(dict(said))

    @classmethod
    def load(cls, path: Path) -> Recipe:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The recipe {path} cannot be read", str(error), "Give the path of a .toml file") from None
        return cls.from_toml(text, str(path))


# What suits a strategy: rates found on photos of two classes and on the generated leaves (see tests/benchmarks).
_SUITS: dict[str, dict[str, Any]] = {
    "head": {"optimizer.lr": 0.01, "optimizer.backbone_lr": 0.0001, "training.epochs": 20, "augment.enabled": False},
    "last-block": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.0005, "training.epochs": 10},
    "full": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.0002, "training.epochs": 10},
    "scratch": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.002, "training.epochs": 20},
}


def keys() -> list[str]:
    """Every dotted key of a recipe, in the order of the sections."""
    out = []
    for section, values in Recipe().model_dump().items():
        out += [f"{section}.{key}" for key in values] if isinstance(values, dict) else [section]
    return out


def field_info(key: str) -> Any:
    """pydantic's FieldInfo of a dotted key: title, description (help), json_schema_extra (unit, advanced), metadata (bounds)."""
    section, _, name = key.partition(".")
    kind = type(getattr(Recipe(), section)) if name else Recipe
    return kind.model_fields[name or section]


def choices(key: str) -> tuple[str, ...]:
    """The words that a key of type Literal takes; () for any other."""
    return tuple(v for v in get_args(field_info(key).annotation) if isinstance(v, str))


def _put(said: dict[str, Any], key: str, value: Any) -> None:
    _check_key(key, said)
    *path, last = key.split(".")
    place = said
    for part in path:
        place = place.setdefault(part, {})
    place[last] = _parsed(value) if isinstance(value, str) else value


def _parsed(text: str) -> Any:
    """A value typed on a command line: TOML where it is TOML, else the text itself; none and empty text for None."""
    if text.lower() == "none":
        return None
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _check_key(key: str, said: dict[str, Any]) -> None:
    section, _, rest = key.partition(".")
    if rest.startswith("options.") or (section in said and not rest):
        return
    if rest and isinstance(said.get(section), dict) and rest in said[section]:
        return
    near = difflib.get_close_matches(key, keys(), 1, 0.0)[0]
    raise InputError(f"A recipe has no key '{key}'", "", f"The nearest is '{near}'")


def _validated(said: dict[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        given = f" (given: {first['input']!r})" if not isinstance(first["input"], dict) else ""
        raise InputError(f"{repr(key) if key else 'The recipe'} cannot be used: {first['msg'].removeprefix('Value error, ')}{given}") from None

"""Sections of a recipe about network and learning: each field with default, bounds, unit, title and help; forms come from them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from tlstudio.recipe.field import Multiplier, Rate, Section, titled

Strategy = Literal["head", "last-block", "gradual", "full", "scratch", "custom"]
STRATEGY_NAMES = {
    "head": "Head only",
    "last-block": "Last block",
    "gradual": "Gradual",
    "full": "Everything",
    "scratch": "From scratch",
    "custom": "Own choice",
}


class Model(Section):
    """Which network, and where its weights come from."""

    name: str = titled("efficientnet_lite0", "Model", "Name from the catalogue.")
    weights: str = titled(
        "pretrained", "Weights", "pretrained: as published; random: from scratch; or a .safetensors or .pt file.", advanced=True
    )
    cut: str = titled(
        "", "Features from", "Dotted path of the layer where the network ends, pooled, with the head on top; empty: its own end."
    )
    aux: float = titled(
        0.4,
        "Auxiliary heads",
        "Weight of the auxiliary heads' loss while training, in models that have them; 0 leaves them out. 0.4 as published.",
        advanced=True,
        ge=0.0,
        le=1.0,
    )


class Frozen(Section):
    """What does not learn. A strategy is a preset; "custom" takes `paths`."""

    strategy: Strategy = titled("head", "Strategy", "A preset of what learns.")
    paths: tuple[str, ...] = titled((), "Frozen layers", "Dotted paths of modules or parameters; used by the strategy 'custom'.")
    batchnorm: Literal["eval", "adapt", "train"] = titled(
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

    kind: str = titled("linear", "Head", "The new layers on top of the backbone.")
    options: dict[str, Any] = Field(default_factory=dict)


class Optimizer(Section):
    """How weights are moved. Options are those of the kind's file in training/optimizers."""

    kind: str = titled("adamw", "Optimizer", "How gradients become changes of weights.")
    lr: Rate = titled(0.01, "Head's rate", "Learning rate of the new layers. Too high: loss jumps; too low: nothing happens.")
    backbone_lr: Rate = titled(
        0.0001, "Backbone's rate", "Learning rate of pretrained layers that learn; usually 10 to 100 times below the head's."
    )
    weight_decay: float = titled(
        0.01, "Weight decay", "Pulls weights towards zero; a little keeps the head humble.", ge=0.0, le=1.0, advanced=True
    )
    decay_norms: bool = titled(
        True, "Decay norms and biases", "Off: weight decay leaves biases and the scales of norms alone, as newer recipes do.", advanced=True
    )
    layer_decay: float = titled(
        1.0,
        "Layer-wise decay",
        "Each block of the backbone learns at this share of the next one's rate, so that early layers change least; 1: all alike.",
        advanced=True,
        gt=0.0,
        le=1.0,
    )
    multipliers: dict[str, Multiplier] = titled(
        {}, "Rate of layers", "Dotted path of a layer and what its rate is multiplied with; the nearest path above a weight counts."
    )
    clip_norm: float = titled(
        0.0, "Clip gradients", "Largest norm of all gradients together; longer ones are shortened. 0: never.", advanced=True, ge=0.0
    )
    options: dict[str, Any] = Field(default_factory=dict)


class Schedule(Section):
    """How the rates change over the run. Options are those of the kind's file in training/schedules."""

    kind: str = titled("cosine", "Schedule", "How the rates fall over the run.")
    warmup: float = titled(
        0.0, "Warm-up", "Epochs in which the rates rise in a line from nearly nothing, in front of the schedule.", unit="epochs", ge=0.0
    )
    options: dict[str, Any] = Field(default_factory=dict)


class Loss(Section):
    """What training makes small. Options are those of the kind's file in training/losses."""

    kind: str = titled("cross_entropy", "Loss", "What training makes small.")
    options: dict[str, Any] = Field(default_factory=dict)


class Augment(Section):
    """Random changes of training images, drawn anew for each (seed, epoch, image)."""

    enabled: bool = titled(False, "Augmentation", "Random changes of each training image. Head-only training is fastest without.")
    views: int = titled(
        8,
        "Views kept",
        "Where layers in front are frozen, so many versions of each image go through them once; epochs take turns with them.",
        unit="per image",
        ge=1,
        le=1000,
    )
    random_crop: bool = titled(True, "Random crop", "A random part of the picture, resized.")
    scale: tuple[float, float] = titled((0.6, 1.0), "Crop's share", "Smallest and largest share of the picture's area.", advanced=True)
    rare_crop: float = titled(
        0.5, "Crops on rare classes", "Share of random crops that are placed on a pixel of a rare class.", ge=0, le=1, task="segmentation"
    )
    hflip: float = titled(0.5, "Mirror", "Probability of a left-right flip.", ge=0, le=1)
    vflip: float = titled(0.0, "Upside down", "Probability of a top-bottom flip.", ge=0, le=1)
    rotation: float = titled(10.0, "Rotation", "Largest turn to either side.", unit="degrees", ge=0, le=180)
    brightness: float = titled(0.2, "Brightness", "Largest relative change.", ge=0, le=1)
    contrast: float = titled(0.2, "Contrast", "Largest relative change.", ge=0, le=1)
    saturation: float = titled(0.2, "Colour", "Largest relative change of saturation.", ge=0, le=1)
    hue: float = titled(0.02, "Hue", "Largest turn of the colour wheel, in whole turns.", ge=0, le=0.5, advanced=True)

    @field_validator("scale")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1] <= 1:
            raise ValueError("two shares are needed, the smaller first, above 0 and at most 1")
        return value

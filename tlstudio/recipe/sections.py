"""The sections of a recipe: every field with its default, bounds, unit, title and help; forms are generated from them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from tlstudio.recipe.field import Multiplier, Rate, Section, Share, titled

Strategy = Literal["head", "last-block", "gradual", "full", "scratch", "custom"]
STRATEGY_NAMES = {
    "head": "Head only",
    "last-block": "Last block",
    "gradual": "Gradual",
    "full": "Everything",
    "scratch": "From scratch",
    "custom": "Own choice",
}
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


class Training(Section):
    """Length, batches, chance and machine."""

    epochs: int = titled(20, "Epochs", "How often every training image is seen.", ge=1, le=100_000)
    batch_size: int = titled(32, "Batch size", "Images a step. Larger is steadier and takes more memory.", unit="images", ge=1, le=65_536)
    seed: int = titled(7, "Seed", "The same seed gives the same run.", ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda", "mps", "xpu"] = titled(
        "auto", "Device", "auto takes the graphics card if there is one.", advanced=True
    )
    cache: Literal["auto", "exact"] = titled(
        "auto",
        "Frozen part",
        "auto: what frozen layers in front make of an image is computed once and kept; exact: each time anew, every epoch its own views.",
        advanced=True,
    )
    precision: Literal["auto", "float32", "mixed"] = titled(
        "auto", "Precision", "mixed: 16 bits where that is safe; auto: mixed where the device gains from it.", advanced=True
    )
    compile: bool = titled(
        False, "Compile", "torch.compile: steps may be 1.2 times as fast, after 5 to 40 s of compiling at the start.", advanced=True
    )
    threads: int = titled(0, "Threads", "Processor threads of a step; 0: measured at the start.", advanced=True, ge=0, le=1024)
    micro_batch: int = titled(
        0,
        "Images at once",
        "A batch goes through the network in pieces of so many images, with the same result; 0: measured at the start.",
        unit="images",
        advanced=True,
        ge=0,
        le=65_536,
    )
    ema: float = titled(
        0.0,
        "Average of weights",
        "Judge and keep a moving average of the weights that keeps this share at each step (0.99 to 0.9999); 0: off.",
        advanced=True,
        ge=0.0,
        lt=1.0,
    )
    keep_masks: int = titled(
        1,
        "Masks kept",
        "Every so many epochs the masks of a few validation images are kept, to watch them form; 0: never.",
        unit="epochs",
        advanced=True,
        task="segmentation",
        ge=0,
    )
    accumulate: int = titled(
        1,
        "Batches a step",
        "Gradients of so many batches are added up before the weights move: a larger batch in the memory of a small one.",
        advanced=True,
        ge=1,
        le=1024,
    )
    patience: int = titled(
        0, "Early stopping", "Stop when so many epochs in a row were not better than the best; 0: never.", unit="epochs", ge=0, le=100_000
    )
    save_minutes: float = titled(
        0.0,
        "Checkpoint every",
        "Also within an epoch, at most so far apart; 0: as often as it costs next to nothing.",
        unit="minutes",
        advanced=True,
        ge=0.0,
        le=1440.0,
    )
    guard: bool = titled(
        True,
        "Mend a runaway",
        "When the loss is no number any more, go back to the last good state and go on at a tenth of the rates.",
        advanced=True,
    )
    signals: bool = titled(
        True, "Watch the layers", "Gradients, updates and drift of each layer, as the layer tree shows them while training.", advanced=True
    )
    gpus: int = titled(
        1, "Graphics cards", "Train on so many at once, each with its own batches; 0: all there are.", advanced=True, ge=0, le=64
    )
    best_by: Literal["metric", "loss"] = titled(
        "metric", "Best by", "Keep the epoch with the best validation metric, or with the lowest validation loss.", advanced=True
    )


class Tracking(Section):
    """Where else the run's figures go. Kinds are the files in tracking/; what they need is an extra of the installation."""

    to: tuple[str, ...] = titled((), "Also write to", "csv, tensorboard, wandb: the run folder keeps everything anyway.", advanced=True)
    project: str = titled("tlstudio", "Project", "What the runs are filed under there.", advanced=True)
    offline: bool = titled(True, "Offline", "Nothing leaves this computer; it can be sent later.", advanced=True)

"""The sections of a recipe about the run itself: its length, its machine, what watches over it, and where else its figures go."""

from __future__ import annotations

from typing import Literal

from tlstudio.recipe.field import Section, titled


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

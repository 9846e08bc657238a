"""Networks so small that what they say can be worked out by hand, and pictures for them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from tlstudio.data import masks
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.evaluation.trained import Trained
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

CLASSES = ["dark", "red", "green", "blue"]
COLOURS = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
GREYS = {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)}


class ByColour(nn.Module):
    """The class is the channel that is brightest by far; 1x1 convolution, so each pixel is judged alone."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[int, ...]] = []
        self.conv = nn.Conv2d(3, 4, 1)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[1:, :, 0, 0] = 3 * torch.eye(3)
            self.conv.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        self.calls.append(tuple(x.shape))
        logits: Tensor = self.conv(x)
        return logits


def made(folder: Path, module: nn.Module | None = None, size: int = 64, resize: str = "crop") -> Trained:
    recipe = Recipe().set({"data.task": "segmentation", "data.resize": resize, "data.max_pixels": 10_000_000})
    pipeline = MaskPipeline(recipe.data, recipe.augment, size=size, shape=(size, size), **GREYS)
    network = SimpleNamespace(module=(module or ByColour()).eval(), outputs=lambda said: (said, []))
    run = Run(folder / "run")
    run.path.mkdir(parents=True, exist_ok=True)
    if not run.best.exists():
        run.best.touch()
    coding = masks.own(CLASSES, COLOURS)
    return Trained(run, recipe, cast(Network, network), CLASSES, pipeline, torch.device("cpu"), coding)


def blocks(width: int, height: int, seed: int = 0, side: int = 16) -> tuple[Image.Image, np.ndarray]:
    """A picture of plain blocks, and its mask."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (-(-height // side), -(-width // side))).astype(np.uint8)
    labels = np.kron(coarse, np.ones((side, side), np.uint8))[:height, :width].astype(np.uint8)
    return Image.fromarray(np.array(COLOURS, np.uint8)[labels]), labels

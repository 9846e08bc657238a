"""A loop with nothing but what learning needs, tuned: photos decoded once and kept as uint8, channels-last, BatchNorm of what is frozen in
evaluation mode, fused AdamW with tlstudio's rates, falling as a cosine; run with the engine's malloc settings. Keeps no file at all.

What is frozen is computed in every epoch: this is the upper bound of a loop that computes what any loop computes.
"""

from __future__ import annotations

import copy
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from PIL import Image
from torch.nn import functional
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as pictures

from table import said
from table.lite0 import MEAN, RESIZED, SIZE, STD, freeze, hold, lite0
from table.photo_tensors import arguments

HEAD_LR = {"head": 0.01, "last-block": 0.002, "full": 0.002}
BACKBONE_LR = {"head": 0.0, "last-block": 0.0005, "full": 0.0002}


def pixels_of(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """uint8 (N, 3, 224, 224) and labels (N,): shorter side to 256, the middle of it. JPEG is decoded at reduced scale."""
    views, labels = [], []
    for label, of_class in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(of_class.iterdir()):
            with Image.open(path) as image:
                image.draft("RGB", (2 * SIZE, 2 * SIZE))
                small = pictures.resize(image.convert("RGB"), [RESIZED], interpolation=InterpolationMode.BICUBIC)
            views.append(pictures.pil_to_tensor(pictures.center_crop(small, [SIZE, SIZE])))
            labels.append(label)
    return torch.stack(views), torch.tensor(labels)


def normalised(batch: torch.Tensor) -> torch.Tensor:
    out = batch.to(torch.float32, memory_format=torch.channels_last)
    return out.sub_(255 * MEAN[0]).div_(255 * STD[0])


def main() -> None:
    asked = arguments(__doc__ or "", "full", "last-block", "head", epochs=5)
    said.versions(torch=torch.__version__)
    said.mark("imported")
    torch.manual_seed(asked.seed)
    (x, y), (x_val, y_val) = pixels_of(asked.photos / "train"), pixels_of(asked.photos / "val")
    model = lite0(int(y.max()) + 1, asked.seed).to(memory_format=torch.channels_last)
    freeze(model, asked.learns)
    head = list(model.classifier.parameters())
    rest = [p for p in model.parameters() if p.requires_grad and not any(p is q for q in head)]
    groups = [{"params": head, "lr": HEAD_LR[asked.learns]}]
    groups += [{"params": rest, "lr": BACKBONE_LR[asked.learns]}] if rest else []
    optimizer = torch.optim.AdamW(groups, fused=True)
    steps = asked.epochs * math.ceil(len(x) / asked.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, kept = -1.0, None
    for epoch in range(1, asked.epochs + 1):
        began = time.perf_counter()
        model.train()
        hold(model)
        for index in torch.randperm(len(x)).split(asked.batch):
            loss = functional.cross_entropy(model(normalised(x[index])), y[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
        trained = time.perf_counter() - began
        model.eval()
        with torch.inference_mode():
            right = sum(int((model(normalised(a)).argmax(1) == b).sum()) for a, b in zip(x_val.split(32), y_val.split(32), strict=True))
        if right / len(x_val) > best:
            best, kept = right / len(x_val), copy.deepcopy(model.state_dict())
        said.epoch(epoch, right / len(x_val), len(x_val), seconds=time.perf_counter() - began, images_per_second=len(x) / trained)
    assert kept is not None
    model.load_state_dict(kept)
    said.mark("done")


if __name__ == "__main__":
    main()

"""Memory and time of the mask of a 12-megapixel picture with 21 classes, from file to labels at full size.

python tests/benchmarks/bench_masks.py [REPEATS]        one child process for each network and size; medians
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(1 << 30))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 << 30))

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, CLASSES = 4000, 3000, 21
# (model, head, side of the working scale, what it costs): windows from 1 megapixel on
CASES = [
    ("efficientnet_lite0", "lraspp", 320),
    ("efficientnet_lite0", "lraspp", 3008),
    ("efficientnet_lite0", "unet", 1024),
    ("deeplabv3_resnet50", "deeplab", 512),
]


def picture(folder: Path) -> Path:
    """A picture of soft blobs: noise alone would make the file larger than any photograph."""
    small = np.random.default_rng(7).integers(0, 256, (40, 54, 3), np.uint8)
    path = folder / "large.jpg"
    Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(path, quality=92)
    return path


def one(path: str, model: str, head: str, size: int) -> None:
    """In the child: seconds of three masks, and the largest memory the process ever had."""
    import resource

    import torch

    from tlstudio.data import masks
    from tlstudio.data.images import load_rgb
    from tlstudio.evaluation.mask_predict import judged_image
    from tlstudio.evaluation.trained import Trained
    from tlstudio.models.network import build
    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run
    from tlstudio.training.prepare import mask_pipeline_of

    names = [str(i) for i in range(CLASSES)]
    recipe = Recipe().set({"data.task": "segmentation", "data.image_size": size, "model.name": model, "head.kind": head})
    network = build(model, classes=CLASSES, head=recipe.head, weights="random", task="segmentation")
    network.module.to(memory_format=torch.channels_last).eval()
    pipeline = mask_pipeline_of(recipe, network.entry, [])
    coding = masks.own(names, [(i, i, i) for i in range(CLASSES)])
    trained = Trained(Run(Path(path).parent), recipe, network, names, pipeline, torch.device("cpu"), coding)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        image = load_rgb(Path(path), at_least=pipeline.decode_size)
        labels, _, _ = judged_image(trained, image, original=(HEIGHT, WIDTH))
        seconds.append(time.perf_counter() - began)
        assert labels.shape == (HEIGHT, WIDTH)
    print(statistics.median(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main(repeats: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = picture(Path(folder))
        for model, head, size in CASES:
            said = []
            for _ in range(repeats):
                command = [sys.executable, __file__, "--one", str(path), model, head, str(size)]
                said.append([float(v) for v in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()])
            seconds, peak = (statistics.median(column) for column in zip(*said, strict=True))
            print(f"{model} + {head} at {size} px: {seconds:.2f} s, peak {peak / 1e9:.2f} GB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

"""Processor time of one picture on its way to the network: as it is done here against what it replaced and against torchvision.

python tests/benchmarks/bench_input.py [REPEATS]        side by side in one process, alternating; medians in ms of one thread

The rows of Pillow are the usual transforms on PIL pictures, one after the other, as tutorials have them; those of v2 are the same on
tensors of bytes. Kept: the source of all augmented views lies in memory, see `Pipeline.source`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(1 << 30))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 << 30))

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from tlstudio.data.images import load_rgb
from tlstudio.data.pixels import as_pixels, normalised, stacked
from tlstudio.data.transforms import Chances, Pipeline, crop_box, generator
from tlstudio.recipe import Augment, Data

SIZE, BATCH = 224, 32
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
AUGMENT = Augment(enabled=True)


def photo(path: Path, size: tuple[int, int]) -> Path:
    """Something with as much detail as photos have: noise of every scale."""
    rng = np.random.default_rng(0)
    pixels = np.zeros((size[1], size[0], 3), np.float32)
    for cells in (4, 16, 64, 256):
        coarse = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        pixels += np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.float32) / 4
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return path


def changes(draw: Chances) -> list[tuple[Callable[..., object], float]]:
    return [
        (functional.adjust_brightness, 1 + draw.brightness * AUGMENT.brightness),
        (functional.adjust_contrast, 1 + draw.contrast * AUGMENT.contrast),
        (functional.adjust_saturation, 1 + draw.saturation * AUGMENT.saturation),
        (functional.adjust_hue, draw.hue * AUGMENT.hue),
    ]


def one_by_one(image: Image.Image | torch.Tensor, seed: int) -> torch.Tensor:
    """The changes of an augmented view one after the other, on a PIL picture or on a tensor of bytes."""
    draw = Chances.drawn(generator((7, 0, seed)))
    height, width = functional.get_size(image)
    left, top, w, h = crop_box(width, height, AUGMENT.scale, draw.crop, 1.0)
    out = functional.resized_crop(image, top, left, h, w, [SIZE, SIZE], interpolation=v2.InterpolationMode.BICUBIC)
    if draw.flips[0] < AUGMENT.hflip:
        out = functional.horizontal_flip(out)
    out = functional.rotate(out, draw.angle * AUGMENT.rotation, interpolation=v2.InterpolationMode.BILINEAR, fill=[124, 116, 104])
    for change, much in changes(draw):
        out = change(out, much)
    return out if isinstance(out, torch.Tensor) else functional.pil_to_tensor(out)


def rows(folder: Path) -> dict[str, Callable[[int], object]]:
    pipeline = Pipeline(Data(), AUGMENT, size=SIZE, mean=MEAN, std=STD)
    photos = {"0.2 MP": photo(folder / "small.jpg", (500, 375)), "12 MP": photo(folder / "large.jpg", (4000, 3000))}
    pil_plain = v2.Compose([v2.Resize(256, v2.InterpolationMode.BICUBIC), v2.CenterCrop(SIZE), v2.PILToTensor()])
    out: dict[str, Callable[[int], object]] = {}
    for name, path in photos.items():
        image = load_rgb(path, at_least=pipeline.decode_size)
        source = pipeline.source(image)
        pixels = as_pixels(image)
        out |= {
            f"{name}: decode, whole": lambda i, path=path: load_rgb(path),
            f"{name}: decode, reduced where allowed": lambda i, path=path: load_rgb(path, at_least=pipeline.decode_size),
            f"{name}: plain view of decoded, Pillow": lambda i, image=image: pil_plain(image),
            f"{name}: plain view of decoded": lambda i, image=image: pipeline.plain(image),
            f"{name}: augmented, decoded each time, Pillow": lambda i, path=path: one_by_one(
                load_rgb(path, at_least=pipeline.decode_size), i
            ),
            f"{name}: augmented, kept, Pillow": lambda i, image=image: one_by_one(image, i),
            f"{name}: augmented, kept, v2": lambda i, pixels=pixels: one_by_one(pixels, i),
            f"{name}: augmented, kept": lambda i, source=source: pipeline.view(source, (7, 0, i)),
        }
    views = [pipeline.view(source, (7, 0, i)) for i in range(BATCH)]
    planes = [view.contiguous() for view in views]
    batch, planar = stacked(views), torch.stack(planes)
    v2_normalise = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
    return out | {
        "stack, planes": lambda i: torch.stack(planes),
        "stack": lambda i: stacked(views),
        "normalise to channels last, v2": lambda i: v2_normalise(planar).contiguous(memory_format=torch.channels_last),
        "normalise to channels last": lambda i: normalised(batch, MEAN, STD),
    }


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        tried = rows(Path(folder))
        took: dict[str, list[float]] = {name: [] for name in tried}
        for repeat in range(repeats + 1):
            for name, run in tried.items():
                whole_batch = name.startswith(("stack", "normalise"))
                n = 3 if "12 MP: decode" in name or "each time" in name else 10
                began = time.process_time()
                for i in range(n):
                    run(repeat * n + i)
                if repeat:  # the first warms up
                    took[name].append((time.process_time() - began) * 1e3 / (n * BATCH if whole_batch else n))
        for name, each in took.items():
            print(f"{name:48} {statistics.median(each):8.3f} ms   ({min(each):.3f} to {max(each):.3f})")


if __name__ == "__main__":
    main()

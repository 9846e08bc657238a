"""Photos as the peers read them: torchvision's ImageFolder with the tutorial's transforms."""

from __future__ import annotations

import argparse
from pathlib import Path

from torchvision import datasets, transforms

from table.lite0 import MEAN, RESIZED, SIZE, STD


def arguments(about: str, *learns: str, epochs: int) -> argparse.Namespace:
    """What every peer is told: --photos FOLDER (train/ and val/, a folder a class), --learns, --epochs, --batch, --seed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--learns", choices=learns, default=learns[0])
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def image_folders(photos: Path) -> tuple[datasets.ImageFolder, datasets.ImageFolder]:
    """Training photos (random crop and flip) and validation photos (resized, middle), float32 (3, 224, 224), normalised."""
    end = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    train = transforms.Compose([transforms.RandomResizedCrop(SIZE), transforms.RandomHorizontalFlip(), *end])
    val = transforms.Compose([transforms.Resize(RESIZED), transforms.CenterCrop(SIZE), *end])
    return datasets.ImageFolder(str(photos / "train"), train), datasets.ImageFolder(str(photos / "val"), val)

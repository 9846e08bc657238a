"""The receipt: what a run was made with and of, so that its numbers can be had again."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from tlstudio import __version__
from tlstudio.models.network import Network
from tlstudio.recipe import Recipe
from tlstudio.training.distributed import ranks
from tlstudio.training.machine_probe import Chosen
from tlstudio.training.prepare import SPLITS, Images
from tlstudio.training.rank_environment import cores


def receipt(recipe: Recipe, images: Images, network: Network, device: torch.device, chosen: Chosen | None = None) -> dict[str, Any]:
    """Versions, machine, seeds, what the images are and how they were split, how a picture comes to the model; what was chosen to
    compute with, which a resume goes on with.

    threads: of one operation. cores: that this process may use, and that the machine has, hyper-threads counted. instructions: the widest
    that torch uses on its processor (AVX2, AVX512, ...), by which speed and rounding differ.
    """
    pipeline = images.pipeline
    return {
        "tlstudio": __version__,
        "versions": {name: _version(name) for name in ("torch", "torchvision", "timm", "numpy", "pillow", "safetensors")},
        "python": platform.python_version(),
        "system": platform.platform(),
        "device": device_name(device),
        "threads": chosen.threads if chosen is not None else torch.get_num_threads(),
        "cores": {"usable": cores(), "all": os.cpu_count()},
        "instructions": torch.backends.cpu.get_cpu_capability(),
        **({"chosen": chosen.to_json()} if chosen is not None else {}),
        "environment": {key: value for key, value in sorted(os.environ.items()) if key.startswith(("OMP_", "MALLOC_", "MKL_"))},
        "started": time.time(),
        **({"ranks": ranks().to_json(device.type)} if ranks().size > 1 else {}),
        "seeds": {"training": recipe.training.seed, "split": recipe.data.split_seed},
        "data": {"source": str(images.report.source), "root": str(images.report.root), "digest": images.digest()},
        "classes": images.classes,
        "splits": {name: [images.report.items[i].path for i in getattr(images.splits, name)] for name in SPLITS},
        "model": {
            "name": network.entry.name,
            "head": network.head_path,
            "in_features": network.in_features,
            "licence": network.entry.licence,
        },
        "input": {"size": pipeline.size, "shape": list(images.shape), "mean": list(pipeline.mean), "std": list(pipeline.std)},
        **({"coding": images.report.coding.to_json()} if images.report.coding is not None else {}),
    }


def device_name(device: torch.device) -> str:
    """cpu, or the card's own name after its kind: "cuda (NVIDIA H100)"."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

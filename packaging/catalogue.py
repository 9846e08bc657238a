"""Write tlstudio/models/catalogue/{torchvision,timm}.csv: the facts of every model, found by constructing each one on `meta`.

python packaging/catalogue.py torchvision
python packaging/catalogue.py timm [--results results-imagenet.csv] [--workers 2] [--only NAME ...]

--results: timm's table of ImageNet accuracies, from the folder `results` of its repository (https://github.com/huggingface/pytorch-image-models).
--only: work out these rows anew and keep the others as they are. Without --results the accuracies of the file are kept.
All of timm takes half an hour on two cores.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import signal
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tlstudio.models.catalogue import rows
from tlstudio.models.catalogue.timm import ANY_SIZE
from tlstudio.models.construction import skeleton
from tlstudio.models.dry_run import _Counter as Counter
from tlstudio.models.idle import take_out
from tlstudio.models.pyramid import Pyramid, maps, survey

PATIENCE = 120  # seconds for one forward pass; its multiply-adds are left out above that
FOLDER = Path(rows.__file__).parent


def mult_adds(module: nn.Module, size: int) -> int | None:
    """torch's FLOP formulas / 2 for one image (1, 3, size, size); None where a model cannot be run so, or takes too long."""

    def stop(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        with torch.no_grad(), Counter() as counter:
            module.requires_grad_(False).eval()(torch.empty((1, 3, size, size), device="meta"))
        return counter.flops // 2
    except Exception as error:
        print(f"no mult-adds: {type(module).__name__} {size}: {type(error).__name__} {str(error)[:200]}", flush=True)
        return None
    finally:
        signal.alarm(0)


def encoder_facts(name: str, size: int, classes: int) -> dict[str, Any]:
    """What timm's network has to give as an encoder for masks, see rows.ENCODER; empty where it cannot be one.

    Tried with images that are no squares, too.
    """
    for option, options in ANY_SIZE.items():
        found = as_encoder(name, size, classes, **options)
        if found is None:
            continue
        pyramid, row = found
        dilated = as_encoder(name, size, classes, output_stride=16, **options) if pyramid.reductions[-1] == 32 else None
        dilates = dilated is not None and dilated[0].reductions == pyramid.reductions[:-1]
        return row | {"any_size": option, "dilates": 1 if dilates else ""}
    return {}


def as_encoder(name: str, size: int, classes: int, **options: Any) -> tuple[Pyramid, dict[str, Any]] | None:
    import timm

    try:
        module = skeleton(lambda: timm.create_model(name, num_classes=classes, **options))
        pyramid = surveyed(module, size)
        height, width = 5 * pyramid.multiple, 7 * pyramid.multiple
        with torch.no_grad():
            given = maps(module, torch.empty(1, 3, height, width, device="meta"), pyramid.indices, pyramid.norm)
        if any(one.shape[2:] != (height // by, width // by) for one, by in zip(given, pyramid.reductions, strict=True)):
            return None
        take_out(module, pyramid.idle)
        side = -(-max(320, -(-size // 32) * 32) // pyramid.multiple) * pyramid.multiple
        with torch.no_grad(), Counter() as counter:
            maps(module, torch.empty(1, 3, side, side, device="meta"), pyramid.indices, pyramid.norm)
    except Exception as error:
        print(f"no encoder: {name} {options}: {type(error).__name__} {str(error)[:100]}", flush=True)
        return None
    facts = {"reductions": " ".join(map(str, pyramid.reductions)), "encoder_params": counted(module)["params"]}
    return pyramid, facts | {"encoder_mult_adds": counter.flops // 2}


def surveyed(module: nn.Module, size: int) -> Pyramid:
    """At the size it was trained with; where that does not halve five times, as 240, its maps may only tell at the next one that does."""
    even = -(-size // 32) * 32
    try:
        return survey(module, size)
    except ValueError:
        if even == size:
            raise
        return survey(module, even)


def head_facts(module: nn.Module, path: str) -> dict[str, Any]:
    """Type and width of the layer that a new head replaces; empty where there is none at that path."""
    try:
        head = module.get_submodule(path) if path else None
    except AttributeError:
        head = None
    width = getattr(head, "in_features", None) or getattr(head, "in_channels", None)
    return {"head": path, "head_type": type(head).__name__, "head_width": width} if head is not None and width else {}


def counted(module: nn.Module) -> dict[str, Any]:
    """Parameters, and bytes of all tensors of a file of the weights."""
    state = module.state_dict().values()
    return {"params": sum(p.numel() for p in module.parameters()), "bytes": sum(t.numel() * t.element_size() for t in state)}


def numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.8g}" for value in values)


def timm_row(name: str) -> dict[str, Any]:
    import timm
    from timm.models import get_pretrained_cfg, model_entrypoint

    warnings.simplefilter("ignore")
    cfg = get_pretrained_cfg(name)
    size = max(cfg.input_size[1:])
    module = skeleton(lambda: timm.create_model(name))
    row = {"name": name, "tag": cfg.tag, "family": model_entrypoint(name).__module__.rpartition(".")[2], "classes": cfg.num_classes}
    row |= counted(module) | {"input_size": size, "mult_adds": mult_adds(module, size), "interpolation": cfg.interpolation}
    row |= {"mean": numbers(cfg.mean), "std": numbers(cfg.std), "licence": cfg.license or ""}
    if not cfg.num_classes:
        module = skeleton(lambda: timm.create_model(name, num_classes=1000))
    heads = [cfg.classifier] if isinstance(cfg.classifier, str) else list(cfg.classifier or ())
    heads = [path for path in heads if head_facts(module, path)]
    if heads:
        row |= head_facts(module, heads[0]) | {"more_heads": " ".join(heads[1:])}
    if cfg.hf_hub_id:
        row["weights"] = "hub" if cfg.hf_hub_id == f"timm/{name}.{cfg.tag}" else cfg.hf_hub_id
    else:
        row["weights"] = cfg.url or ""
    return row | encoder_facts(name, size, cfg.num_classes)


def torchvision_row(name: str) -> dict[str, Any]:
    from torchvision import models

    warnings.simplefilter("ignore")
    segmentation = name in models.list_models(module=models.segmentation)
    # A vit takes one size only, 224 where the constructor is not told another; h_14's default weights are for 518.
    published = (
        models.get_model_weights(name)["IMAGENET1K_SWAG_LINEAR_V1"] if name == "vit_h_14" else models.get_model_weights(name).DEFAULT
    )
    meta, transforms = published.meta, published.transforms()
    size = (transforms.resize_size if segmentation else transforms.crop_size)[0]
    metrics = next(iter(meta["_metrics"].values()))
    extra: dict[str, Any] = {"weights_backbone": None} if segmentation else {}
    module = skeleton(lambda: models.get_model(name, weights=None, **extra))
    head = "classifier" if segmentation else last_layer(module, 1000)
    return {
        "name": name,
        "title": titled(name),
        "family": models.get_model_builder(name).__module__.rpartition(".")[2],
        "task": "segmentation" if segmentation else "classification",
        "classes": len(meta["categories"]),
        "params": counted(module)["params"],
        "bytes": round(meta["_file_size"] * 2**20),
        "mult_adds": mult_adds(module, size),
        "input_size": size,
        "accuracy": f"{metrics['acc@1'] / 100:.5f}" if "acc@1" in metrics else "",
        "miou": f"{metrics['miou'] / 100:.5f}" if "miou" in metrics else "",
        "mean": numbers(transforms.mean),
        "std": numbers(transforms.std),
        "interpolation": transforms.interpolation.value,
        "weights": published.url,
        # Weights that torchvision did not train name their licence; of SWAG's the page named says CC-BY-NC-4.0.
        "licence": "CC-BY-NC-4.0" if "SWAG" in meta.get("license", "") else "BSD-3-Clause",
        **(whole_head(module.get_submodule(head)) if segmentation else head_facts(module, head)),
        "head": head,
    }


def whole_head(head: nn.Module) -> dict[str, Any]:
    """As head_facts, of a head of several layers."""
    first = next(child for child in head.modules() if isinstance(child, nn.Conv2d))
    return {"head_type": type(head).__name__, "head_width": first.in_channels}


def last_layer(module: nn.Module, outputs: int) -> str:
    """Path of the last Linear or Conv2d with that many outputs that is no auxiliary head."""
    return [
        path
        for path, child in module.named_modules()
        if outputs in (getattr(child, "out_features", 0), getattr(child, "out_channels", 0)) and not path.lower().startswith("aux")
    ][-1]


WORDS = {
    r"^resnet(\d+)$": r"ResNet-\1",
    r"^resnext(\d+)_(.+)": r"ResNeXt-\1 \2",
    r"^wide_resnet(\d+)_2": r"Wide ResNet-\1-2",
    r"^vgg(\d+)$": r"VGG-\1",
    r"^vgg(\d+)_bn": r"VGG-\1 BN",
    r"^densenet(\d+)": r"DenseNet-\1",
    r"^efficientnet_v2_(.)": r"EfficientNetV2-\1",
    r"^efficientnet_(b\d)": r"EfficientNet-\1",
    r"^mobilenet_v2": "MobileNetV2",
    r"^mobilenet_v3_large": "MobileNetV3 Large",
    r"^mobilenet_v3_small": "MobileNetV3 Small",
    r"^regnet_(.)_(.+)": r"RegNet\1-\2",
    r"^convnext_(.+)": r"ConvNeXt-\1",
    r"^swin_v2_(.)": r"SwinV2-\1",
    r"^swin_(.)": r"Swin-\1",
    r"^maxvit_t": "MaxViT-T",
    r"^vit_(.)_(\d+)": r"ViT-\1/\2",
    r"^shufflenet_v2_x(\d)_(\d)": r"ShuffleNetV2 \1.\2×",
    r"^mnasnet(\d)_(\d+)": r"MNASNet \1.\2",
    r"^squeezenet(\d)_(\d)": r"SqueezeNet \1.\2",
    r"^alexnet": "AlexNet",
    r"^googlenet": "GoogLeNet",
    r"^inception_v3": "Inception v3",
    r"^(deeplabv3|fcn|lraspp)_(.+)": r"\1 \2",
}
NAMES = {"deeplabv3": "DeepLabV3", "fcn": "FCN", "lraspp": "LR-ASPP"}


def titled(name: str) -> str:
    """The name as papers write it: resnet50 is ResNet-50."""
    for pattern, title in WORDS.items():
        found = re.match(pattern, name)
        if not found:
            continue
        if found.lastindex and found.group(1) in NAMES:
            return f"{NAMES[found.group(1)]} {titled(found.group(2))}"
        said = found.expand(title)
        if name.startswith(("efficientnet", "swin", "vit", "regnet")):
            stem, dash, size = said.rpartition("-")
            return stem.replace("RegNetx", "RegNetX").replace("RegNety", "RegNetY") + dash + size.upper().replace("_", ".")
        return said.replace("-tiny", "-Tiny").replace("-small", "-Small").replace("-base", "-Base").replace("-large", "-Large")
    raise ValueError(f"no title for {name}")


def accuracies(path: Path) -> dict[str, tuple[str, str]]:
    """Top-1 as a share and the image size it was measured at, by architecture.tag; of several rows the best one."""
    found: dict[str, tuple[str, str]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            share = f"{float(row['top1']) / 100:.5f}"
            found[row["model"]] = max(found.get(row["model"], ("", "")), (share, row["img_size"]))
    return found


def collect(make: Callable[[str], dict[str, Any]], names: list[str], workers: int) -> Iterable[dict[str, Any]]:
    with ProcessPoolExecutor(workers, initializer=lowly) as pool:
        for name, future in [(name, pool.submit(make, name)) for name in names]:
            try:
                yield future.result()
            except Exception as error:
                print(f"LEFT OUT {name}: {type(error).__name__} {str(error)[:300]}", flush=True)


def lowly() -> None:
    os.nice(10)
    torch.set_num_threads(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=["torchvision", "timm"])
    parser.add_argument("--results", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    given = parser.parse_args()
    if given.source == "timm":
        import timm

        make, columns, names = timm_row, rows.TIMM, timm.list_models()
    else:
        from torchvision import models

        make, columns = torchvision_row, rows.TORCHVISION
        names = models.list_models(module=models) + models.list_models(module=models.segmentation)
    path = FOLDER / f"{given.source}.csv"
    known = {row["name"]: row for row in rows.read(path)} if path.exists() else {}
    fresh: dict[str, dict[str, Any]] = {}
    wanted = names if given.only is None else given.only
    for row in collect(make, wanted, given.workers):
        fresh[row["name"]] = row
        print(len(fresh), len(wanted), row["name"], row["params"], row["mult_adds"], row.get("head"), row.get("head_type"), flush=True)
    published = accuracies(given.results) if given.results else {}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for name in names:
            row = fresh.get(name) or known.get(name)
            if row is None:
                continue
            if given.source == "timm":
                old = known.get(name, {})
                share, size = published.get(f"{name}.{row['tag']}", (old.get("accuracy", ""), old.get("accuracy_size", "")))
                row |= {"accuracy": share, "accuracy_size": size}
            writer.writerow({key: "" if value is None else value for key, value in row.items()})


if __name__ == "__main__":
    main()

"""The layer tree of all of torchvision's models and of timm's families, held against torch, torchinfo and torch's FLOP counter.

python tests/benchmarks/check_layers.py [--timm 60] [--only NAME ...]

Of every model: the rows' parameters sum to the real total, every path of named_parameters() is there once, for random ticks frozen +
learning = total as requires_grad says, torchinfo's sizes are equal to the byte, and the FLOPs are those of FlopCounterMode. Prints a
line a model with the seconds its tree took, and what the published counts say of it.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
import warnings
from typing import Any

import timm
import torch
import torchinfo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from tlstudio.models import catalogue, cost, freezing, tree
from tlstudio.models.blueprint import blueprint
from tlstudio.models.construction import skeleton

warnings.simplefilter("ignore")
TICKS = 12  # random sets of them
MEDIAN, LIMIT = 0.5, 1.5  # s


def torchvision_names() -> list[str]:
    names = models.list_models(module=models) + models.list_models(module=models.segmentation)
    return [name for name in names if not name.startswith("quantized_")]


def timm_names(n: int) -> list[str]:
    """The model of the shortest name of n families, spread over all of them (a family is a file of timm's)."""
    known = {entry.name for entry in catalogue.entries()}
    out = []
    for module in timm.list_modules():
        of_family = [name for name in timm.list_models(module=module) if f"timm/{name}" in known]
        if of_family:
            out.append(f"timm/{min(of_family, key=lambda name: (len(name), name))}")
    step = max(1, len(out) / n)
    return [out[int(i * step)] for i in range(min(n, len(out)))]


def check(name: str) -> tuple[list[str], dict[str, Any], float, float]:
    """What is wrong with the tree of that model, the document, and the seconds it took (by the clock, computed)."""
    gc.collect()
    start, began = time.perf_counter(), time.process_time()
    document = tree.layers(name)
    clock, computed = time.perf_counter() - start, time.process_time() - began
    plan = blueprint(name)
    module = skeleton(lambda: plan.construct(plan.classes)).eval()
    rows, wrong = document["rows"], []
    own = {row["path"]: row["own_params"] for row in rows if row["kind"] == "parameter" and row["shared_with"] is None}
    real = {path: p.numel() for path, p in module.named_parameters()}
    total = sum(real.values())
    if len({row["path"] for row in rows}) != len(rows):
        wrong.append("a path is there twice")
    if own != real:
        wrong.append("named_parameters() differs")
    if not total == sum(row["own_params"] for row in rows) == document["totals"]["params"]:
        wrong.append("the total differs")
    wrong += ticks(module, rows, total)
    wrong += sizes(module, document)
    return wrong, document, clock, computed


def ticks(module: nn.Module, rows: list[dict[str, Any]], total: int) -> list[str]:
    paths = [row["path"] for row in rows if row["path"]]
    for seed in range(TICKS):
        chance = random.Random(seed)
        chosen = chance.sample(paths, min(len(paths), chance.randint(1, 40)))
        for policy in ("eval", "train"):
            freezing.freeze(module, chosen, policy)
            learns = sum(p.numel() for p in module.parameters() if p.requires_grad)
            frozen = sum(p.numel() for p in module.parameters() if not p.requires_grad)
            if cost.learning(rows, chosen, policy)["learning"] != learns or learns + frozen != total:
                return [f"ticks {seed} under {policy} count {cost.learning(rows, chosen, policy)['learning']:,}, requires_grad {learns:,}"]
    return []


def sizes(module: nn.Module, document: dict[str, Any]) -> list[str]:
    x, wrong = torch.empty(document["input"], device="meta"), []
    module.requires_grad_(False)
    said = torchinfo.summary(module, input_data=x, device="meta", mode="eval", verbose=0)
    for key, value in (
        ("input_mb", said.total_input),
        ("forward_backward_mb", said.total_output_bytes),
        ("params_mb", said.total_param_bytes),
    ):
        if document["totals"][key] != said.to_megabytes(value):
            wrong.append(f"{key} is {document['totals'][key]}, torchinfo's {said.to_megabytes(value)}")
    with FlopCounterMode(display=False) as counter:
        module(x)
    if counter.get_total_flops() // 2 != document["totals"]["mult_adds"]:
        wrong.append(f"{document['totals']['mult_adds']:,} mult-adds, FlopCounterMode's {counter.get_total_flops() // 2:,}")
    return wrong


def published(name: str) -> float | None:
    """Multiply-adds in units of 1e9 that torchvision tells of its default weights (counted with fvcore, says its documentation)."""
    if name.startswith("timm/"):
        return None
    meta = models.get_model_weights(name).DEFAULT.meta
    return float(meta["_ops"]) if "_ops" in meta else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timm", type=int, default=60, metavar="N", help="so many families of timm")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these models")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    tree.layers("resnet18")
    failed, times = [], {"torchvision": [], "timm": []}
    for name in chosen.only or torchvision_names() + timm_names(chosen.timm):
        try:
            wrong, document, clock, computed = check(name)
        except Exception as error:
            failed.append(name)
            print(f"{name:40s} {type(error).__name__}: {str(error)[:160]} {str(getattr(error, 'details', ''))[:200]}", flush=True)
            continue
        times["timm" if name.startswith("timm/") else "torchvision"].append(computed)
        fields = [row["receptive_field"] for row in document["rows"] if row["receptive_field"]]
        told = f"{document['totals']['mult_adds'] / 1e9:9.3f} G (published {published(name)}), field up to {max(fields, default=None)}"
        print(
            f"{name:40s} {clock:5.2f} s, {computed:5.2f} computed, {len(document['rows']):5d} rows, {told} {'; '.join(wrong) or 'ok'}",
            flush=True,
        )
        if wrong:
            failed.append(name)
    slow = False
    for source, seconds in times.items():
        if seconds:
            median = statistics.median(seconds)
            slow |= source == "torchvision" and (median > MEDIAN or max(seconds) > LIMIT)
            print(f"{source}: {len(seconds)} models, computed in {median:.2f} s (median), {max(seconds):.2f} s (longest)")
    print(f"{len(failed)} failed: {', '.join(failed) or 'none'}{'; TOO SLOW' if slow else ''}")
    return int(bool(failed) or slow)


if __name__ == "__main__":
    sys.exit(main())

"""What a run says of pictures that nobody labelled."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

import torch

from tlstudio.control import Control, Tell, silent
from tlstudio.data.images import ImageProblem, load_rgb
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.evaluation.mask_predict import predict_masks
from tlstudio.evaluation.picture_files import picture_files
from tlstudio.evaluation.trained import Trained, trained
from tlstudio.events import Progress
from tlstudio.runs import Run, absolute, cannot_write, write_atomic
from tlstudio.training.prepare import memory_format_of


def predict(
    run: Run,
    paths: list[str],
    *,
    out: str | None = None,
    flips: bool = False,
    tile: int = 0,
    tell: Tell = silent,
    control: Control | None = None,
) -> list[dict[str, Any]]:
    """One entry a picture, in order: {path, label, probabilities: {class: p}, seconds} or {path, error}; of masks see `predict_masks`.

    A folder stands for all pictures in it. out: a folder that gets predictions.csv, or the masks. flips, tile: for masks only.
    Raises InputError where there is nothing to look at; a picture that cannot be read is an entry with its sentence.
    """
    control = control or Control()
    model = trained(run)
    if model.coding is not None:
        return predict_masks(model, paths, out=out, flips=flips, tile=tile, tell=tell, control=control)
    if flips or tile:
        raise InputError("Flips and windows are for masks", f"the run {run.name} tells classes of whole images", "Leave them out")
    files = [one.path for one in picture_files(paths)]
    entries: list[dict[str, Any]] = []
    for i, path in enumerate(files):
        control.check()
        entries.append(_said_of(model, path))
        tell(Progress(phase="predict", done=i + 1, total=len(files), overall=(i + 1) / len(files)))
    if out is not None:
        _write_table(absolute(out), model.classes, entries)
    return entries


@torch.inference_mode()
def _said_of(model: Trained, path: Path) -> dict[str, Any]:
    began = time.perf_counter()
    assert isinstance(model.pipeline, Pipeline)
    try:
        image = load_rgb(path, max_pixels=model.recipe.data.max_pixels, at_least=model.pipeline.decode_size)
    except ImageProblem as problem:
        return {"path": str(path), "error": str(problem)}
    pixels = model.pipeline.plain(image)[None].to(model.device)
    inputs = model.pipeline.normalise(pixels).contiguous(memory_format=memory_format_of(model.device))
    p = model.network.module(inputs).float().softmax(1)[0].cpu().tolist()
    label = model.classes[max(range(len(p)), key=p.__getitem__)]
    return {
        "path": str(path),
        "label": label,
        "probabilities": dict(zip(model.classes, p, strict=True)),
        "seconds": time.perf_counter() - began,
    }


def _write_table(folder: Path, classes: list[str], entries: list[dict[str, Any]]) -> None:
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["path", "label", *classes, "error"])
    for entry in entries:
        p = entry.get("probabilities", {})
        table.writerow([entry["path"], entry.get("label", ""), *(p.get(name, "") for name in classes), entry.get("error", "")])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    write_atomic(folder / "predictions.csv", lambda file: file.write(text.getvalue().encode("utf-8", "surrogateescape")))

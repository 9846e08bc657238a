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
from tlstudio.data.listing import looks_like_image
from tlstudio.errors import InputError
from tlstudio.evaluation.trained import Trained, trained
from tlstudio.events import Progress
from tlstudio.runs import Run, absolute, cannot_write, write_atomic
from tlstudio.training.prepare import memory_format_of


def predict(
    run: Run, paths: list[str], *, out: str | None = None, tell: Tell = silent, control: Control | None = None
) -> list[dict[str, Any]]:
    """One entry a picture, in order: {path, label, probabilities: {class: p}, seconds} or {path, error}.

    A folder stands for all pictures in it. out: a folder that gets predictions.csv.
    Raises InputError where there is nothing to look at; a picture that cannot be read is an entry with its sentence.
    """
    control = control or Control()
    files = _files(paths)
    model = trained(run)
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


def _files(paths: list[str]) -> list[Path]:
    files: list[Path] = []
    for given in paths:
        path = absolute(given)
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if looks_like_image(p.name) and p.is_file())
        elif path.is_file():
            files.append(path)
        elif path.exists():
            raise InputError(f"{path} is neither a file nor a folder", "", "Give picture files, or a folder that holds some")
        else:
            raise InputError(f"There is no file {path}", "", "Check the path")
    if not files:
        raise InputError("There is no picture to look at", "", "Give picture files, or a folder that holds some")
    return files


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

"""What a run says of pictures that nobody labelled."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlstudio.control import Control, Tell, silent
from tlstudio.data.images import ImageProblem, load_rgb
from tlstudio.data.masks import Coding
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.evaluation import video
from tlstudio.evaluation.mask_predict import predict_masks
from tlstudio.evaluation.picture_files import picture_files
from tlstudio.evaluation.probabilities import probabilities
from tlstudio.evaluation.trained import Trained, trained
from tlstudio.evaluation.video_predict import Paint, predict_video
from tlstudio.events import Progress
from tlstudio.runs import Run, absolute, cannot_write, write_atomic


def predict(
    run: Run,
    paths: list[str],
    *,
    out: str | None = None,
    flips: bool = False,
    tile: int = 0,
    every: str = "",
    painter: Callable[[Coding], Paint] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> list[dict[str, Any]]:
    """One entry a picture, in order: {path, label, probabilities: {class: p}, seconds} or {path, error}; of masks see `predict_masks`.

    A folder stands for all pictures in it. out: a folder that gets predictions.csv, or the masks. flips, tile: for masks only.
    Files called like videos follow the pictures, each with an entry of its own; every, painter: of those, see `predict_video`.
    Raises InputError where there is nothing to look at; a picture that cannot be read is an entry with its sentence.
    """
    control = control or Control()
    model = trained(run)
    if model.coding is None and (flips or tile):
        raise InputError("Flips and windows are for masks", f"the run {run.name} tells classes of whole images", "Leave flips and tile out")
    videos = [path for path in paths if Path(path).suffix.lower() in video.SUFFIXES and not absolute(path).is_dir()]
    pictures = [path for path in paths if path not in videos]
    if every and not videos:
        raise InputError("Frames are chosen of videos", "no video is among the files", "Leave 'every' out")
    if len({absolute(path).stem for path in videos}) < len(videos):
        raise InputError("Two of the videos have the same name", "each gets a folder of its name", "Take one after the other")
    entries: list[dict[str, Any]] = []
    if pictures or not videos:
        entries += _of_pictures(model, pictures, out, flips, tile, tell, control)
    for path in videos:
        entries.append(
            predict_video(model, path, out=out, every=every, flips=flips, tile=tile, painter=painter, tell=tell, control=control)
        )
    return entries


def _of_pictures(
    model: Trained, paths: list[str], out: str | None, flips: bool, tile: int, tell: Tell, control: Control
) -> list[dict[str, Any]]:
    if model.coding is not None:
        return predict_masks(model, paths, out=out, flips=flips, tile=tile, tell=tell, control=control)
    files = [one.path for one in picture_files(paths)]
    entries: list[dict[str, Any]] = []
    for i, path in enumerate(files):
        control.check()
        entries.append(_said_of(model, path))
        tell(Progress(phase="predict", done=i + 1, total=len(files), overall=(i + 1) / len(files)))
    if out is not None:
        _write_table(absolute(out), model.classes, entries)
    return entries


def _said_of(model: Trained, path: Path) -> dict[str, Any]:
    began = time.perf_counter()
    assert isinstance(model.pipeline, Pipeline)
    try:
        image = load_rgb(path, max_pixels=model.recipe.data.max_pixels, at_least=model.pipeline.decode_size)
    except ImageProblem as problem:
        return {"path": str(path), "error": str(problem)}
    said = probabilities(model, image)
    label = max(said, key=said.__getitem__)
    return {"path": str(path), "label": label, "probabilities": said, "seconds": time.perf_counter() - began}


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

"""The masks that a run gives pictures, each at the size of its picture; of files, and of folders in a job that can be gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from tlstudio.control import Control, Tell, silent
from tlstudio.data.images import ImageProblem, decode, no_access, to_rgb
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.errors import InputError, StudioError
from tlstudio.evaluation.mask_folder import Judged, MaskFiles, MaskFolder
from tlstudio.evaluation.trained import Trained
from tlstudio.events import Note, Progress
from tlstudio.training.mask_tiles import blended
from tlstudio.training.out_of_memory import about_windows, is_out_of_memory, let_go
from tlstudio.training.pace import Pace

TELL_EVERY = 0.1  # seconds between two words on how far it is


@torch.inference_mode()
def judged_image(
    trained: Trained,
    image: Image.Image,
    *,
    original: tuple[int, int] | None = None,
    flips: bool = False,
    tile: int = 0,
    control: Control | None = None,
) -> Judged:
    """The mask of a picture (PIL RGB) at its own size, with how sure the network is.

    original: (h0, w0) where the image was decoded at a reduced scale. flips: the mean of what is said of the picture and of its mirror
    image. tile: side in pixels of the windows that the view is looked at through; 0: windows only where it is large, `Trained.windows`,
    which become narrower where memory is short. The view is the picture at the scale that was trained with, so that windows are needed
    where that is large. Raises Cancelled.
    """
    assert isinstance(trained.pipeline, MaskPipeline)
    pixels, geometry = trained.pipeline.whole(image, original)
    forward = _forward(trained, flips)
    windows, view = trained.windows, geometry.view
    while True:
        try:
            if tile or windows.needed(view):
                return geometry.judged(blended(forward, pixels, tile or windows.side, control))
            if control is not None:
                control.check()
            return geometry.judged(forward(pixels))
        except (RuntimeError, MemoryError) as error:
            if tile or not is_out_of_memory(error) or not windows.narrow(view):
                raise
        let_go(trained.device)


def _forward(trained: Trained, flips: bool) -> Callable[[Tensor], Tensor]:
    """uint8 (3, h, w) to logits (C, h, w) float on the device."""
    network = trained.judged

    def once(inputs: Tensor) -> Tensor:
        logits: Tensor = network.outputs(network.module(inputs))[0]
        return logits[0].float()

    def forward(pixels: Tensor) -> Tensor:
        inputs = trained.pipeline.normalise(pixels[None].to(trained.device)).contiguous(memory_format=trained.layout)
        logits = once(inputs)
        return (logits + once(inputs.flip(3)).flip(2)) / 2 if flips else logits

    return forward


def predict_masks(
    model: Trained,
    paths: list[str],
    *,
    out: str | None = None,
    flips: bool = False,
    tile: int = 0,
    tell: Tell = silent,
    control: Control | None = None,
) -> list[dict[str, Any]]:
    """Masks of pictures, one entry each: {path, mask, confidence, entropy, classes: {name: share}, seconds} or {path, error}.

    mask, confidence, entropy: files, see `MaskFolder`. out: where they go; by default a folder of this job in the run's predictions.
    flips, tile: as for `judged_image`. What an earlier job with the same weights, flips and tile left there is kept (its entry has no
    seconds) as long as the picture is not newer. Raises InputError as `MaskFolder`, StudioError where masks cannot be written,
    Cancelled; what is done by then stays.
    """
    control = control or Control()
    if tile < 0:
        raise InputError("The side of a window cannot be below 0", f"{tile} was given", "Give 0 for the program's choice, or 256 or more")
    folder = MaskFolder(model, paths, out, flips=flips, tile=tile)
    entries = {files.picture: entry for files in folder.files if (entry := folder.kept(files)) is not None}
    if entries:
        tell(Note(message=f"{len(entries):,} of {len(folder.files):,} pictures have their masks from before; they are kept."))
    wanted = [files for files in folder.files if files.picture not in entries]
    with folder.kept_up():
        entries |= _judged_in_turn(model, folder, wanted, flips, tile, tell, control)
    return [entries[files.picture] for files in folder.files]


def _judged_in_turn(
    model: Trained, folder: MaskFolder, wanted: list[MaskFiles], flips: bool, tile: int, tell: Tell, control: Control
) -> dict[Path, dict[str, Any]]:
    """While the network looks at one picture, the next is decoded and the masks of the last are written."""
    entries: dict[Path, dict[str, Any]] = {}
    pace, seen_through = Pace(len(wanted), control.clock), model.windows.to_json()
    with ThreadPoolExecutor(2, "masks") as beside:
        coming = [beside.submit(_decoded, model, files.picture) for files in wanted[:1]]
        writing: Future[None] | None = None
        told = 0.0
        for i, files in enumerate(wanted):
            control.check()
            began, now = time.perf_counter(), coming.pop()
            coming += [beside.submit(_decoded, model, later.picture) for later in wanted[i + 1 : i + 2]]
            try:
                image, original = now.result()
                judged = judged_image(model, image, original=original, flips=flips, tile=tile, control=control)
            except ImageProblem as problem:
                entries[files.picture] = {"path": str(files.picture), "error": str(problem)}
            except (MemoryError, RuntimeError) as error:
                entries[files.picture] = {"path": str(files.picture), "error": str(_too_large(error))}
            else:
                if writing is not None:  # large masks must not pile up
                    writing.result()
                entry = folder.told(files, judged)
                writing = beside.submit(folder.take, files, judged, list(entry["classes"].values()))
                entries[files.picture] = {**entry, "seconds": time.perf_counter() - began}
            if model.windows.to_json() != seen_through:
                seen_through = model.windows.to_json()
                said = about_windows(model.device, model.windows, "their masks may differ slightly from those that more memory would give")
                tell(Note(level="warn", message=said))
            pace.add(1)
            if i + 1 == len(wanted) or time.perf_counter() >= told + TELL_EVERY:
                told, share, left = time.perf_counter(), pace.share, pace.remaining
                tell(Progress(phase="predict", done=i + 1, total=len(wanted), overall=share, remaining=left, per_second=pace.per_second))
        if writing is not None:
            writing.result()
    return entries


def _decoded(model: Trained, path: Path) -> tuple[Image.Image, tuple[int, int]]:
    """RGB, perhaps at a reduced scale, and (h0, w0) of the picture. Raises ImageProblem."""
    try:
        with path.open("rb") as stream:
            picture = decode(stream, path, model.recipe.data.max_pixels, model.pipeline.decode_size)
            return to_rgb(picture.image), (picture.height, picture.width)
    except (OSError, MemoryError) as error:
        raise no_access(path, error) from None


def _too_large(error: MemoryError | RuntimeError) -> StudioError:
    """The sentence for a picture that the memory was too small for. Raises what is no such error."""
    if not is_out_of_memory(error):
        raise error
    return StudioError("There is not enough memory to look at the picture", "", "Close other programs, or give a smaller tile")

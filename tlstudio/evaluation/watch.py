"""Frames of a video or camera for somebody who looks at them, one by one: each with what a run says of it, as files of arrays."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.control import Control, Tell, silent
from tlstudio.data.masks import Coding
from tlstudio.errors import InputError, StudioError
from tlstudio.evaluation import live, video
from tlstudio.evaluation.video_frames import VideoFrames, frames_of
from tlstudio.runs import Run, absolute, cannot_write

KEPT = 6  # frames whose files lie in the folder at a time
LARGEST_STRIP = 400  # thumbnails
MANY = 1500  # frames from which on the thumbnails are of key frames
_LAYERS = ("image", "labels", "confidence", "entropy")
_written: deque[tuple[Path, ...]] = deque()


def open_video(source: str, *, run: str = "", folder: str = "", tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """{path, live, frames, rate, seconds, width, height, times, classes: [{name, colour}], run}.

    times: a file, (N,) float64 seconds, of a video whose frames do not stand equally long; null else. A camera ("camera:0") is not
    opened: what of it is not known is 0. classes: of the run, [] without one. Raises InputError for what is no video (see
    `video.opened`) and for a run that makes no masks, StudioError where PyAV is missing, Cancelled.
    """
    video.installed()
    classes = _classes(Run.open(run)) if run else []
    known = {"classes": classes, "run": str(Run.open(run).path) if run else ""}
    if source.startswith(video.CAMERA):
        zero = {"frames": 0, "rate": 0.0, "seconds": 0.0, "width": 0, "height": 0, "times": None}
        return {"path": source, "live": True, **zero, **known}
    frames = frames_of(source, tell=tell, control=control)
    times = None
    if not frames.steady and folder:
        with _writing(Path(folder)):
            times = str(Path(folder) / "times.npy")
            np.save(times, frames.times)
    return {
        "path": str(frames.path),
        "live": False,
        "frames": len(frames),
        "rate": frames.rate,
        "seconds": float(frames.times[-1]) + 1 / frames.rate,
        "width": frames.width,
        "height": frames.height,
        "times": times,
        **known,
    }


def video_frame(
    source: str,
    folder: str,
    name: str,
    *,
    at: int = 0,
    run: str = "",
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """One frame: {at, seconds, image, labels, confidence, entropy, decoding, predicting}; the last two in seconds.

    at: its number; of a camera the newest one is taken, whatever `at`. image: a file, (H, W, 3) uint8 RGB upright; without a run the
    others are null, else files of (H, W) uint8: index of the class, probability of the likeliest class 0..255, entropy likewise.
    Files are FOLDER/NAME.LAYER.npy; those of the last few frames stay, of earlier ones they are removed. Raises as `open_video`,
    InputError for a frame that cannot be decoded, StudioError where the folder cannot be written.
    """
    began = time.perf_counter()
    control = control or Control()
    if source.startswith(video.CAMERA):
        frame = live.live_of(source).newest(control)
    else:
        frames = frames_of(source, tell=tell, control=control)
        frame = frames.frame(min(max(0, at), len(frames) - 1), control)
    decoded = time.perf_counter()
    layers: list[NDArray[np.uint8] | None] = [frame.pixels, None, None, None]
    if run:
        layers[1:] = _predicted(Run.open(run), frame.pixels, control)
    predicted = time.perf_counter()
    files = {layer: str(Path(folder) / f"{name}.{layer}.npy") for layer, array in zip(_LAYERS, layers, strict=True) if array is not None}
    with _writing(Path(folder)):
        for layer, array in zip(_LAYERS, layers, strict=True):
            if array is not None:
                np.save(files[layer], np.ascontiguousarray(array))
    _written.append(tuple(map(Path, files.values())))
    while len(_written) > KEPT:
        for old in _written.popleft():
            old.unlink(missing_ok=True)
    out = {"at": frame.index, "seconds": frame.seconds, **dict.fromkeys(_LAYERS), **files}
    return {**out, "decoding": decoded - began, "predicting": predicted - decoded}


def video_strip(source: str, n: int, height: int, folder: str, *, tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """n frames, evenly spread: {places, file}; file: (n, height, w, 3) uint8 RGB, one below the other. What cannot be decoded is black.

    Opens the video for itself, so that whoever plays it meanwhile is not kept waiting. Raises as `open_video`.
    """
    frames = VideoFrames(absolute(source), tell=tell, control=control)
    try:
        n = max(1, min(n, len(frames), LARGEST_STRIP))
        places = [(2 * k + 1) * len(frames) // (2 * n) for k in range(n)]
        width = max(1, round(height * frames.width / frames.height))
        strip = np.zeros((n, height, width, 3), np.uint8)
        for k, place in enumerate(places):
            try:
                pixels = frames.frame(place, control).pixels if len(frames) < MANY else frames.glance(place)
            except InputError:
                continue
            image = Image.fromarray(pixels)
            strip[k] = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0))
    finally:
        frames.close()
    file = Path(folder) / "strip.npy"
    with _writing(Path(folder)):
        np.save(file, strip)
    return {"places": places, "file": str(file)}


def _classes(run: Run) -> list[dict[str, Any]]:
    if run.recipe().data.task != "segmentation":
        raise InputError(f"The run {run.name} learned to classify pictures", "it makes no masks", "Choose a run that learned segmentation")
    try:
        coding = Coding.from_json((run.receipt() or {})["coding"])
    except (KeyError, TypeError, ValueError):
        raise StudioError(f"The run {run.name} has no readable receipt.json", "it names the classes", "Train again") from None
    return [{"name": name, "colour": list(one.colour)} for name, one in zip(coding.names, coding.classes, strict=True)]


def _predicted(run: Run, pixels: video.Pixels, control: Control) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    from tlstudio.evaluation.mask_predict import judged_image  # torch, which pictures alone need not wait for
    from tlstudio.evaluation.trained import trained

    model = trained(run)
    if model.coding is None:
        raise InputError(f"The run {run.name} learned to classify pictures", "it makes no masks", "Choose a run that learned segmentation")
    return judged_image(model, Image.fromarray(pixels), control=control)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise cannot_write(folder, error) from None

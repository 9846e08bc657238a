"""What a run says of a video: labels or masks of its frames, and the video with the masks laid over it."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image

from tlstudio.control import Control, Tell, silent
from tlstudio.data import masks
from tlstudio.data.masks import Coding, Labels
from tlstudio.errors import InputError, StudioError
from tlstudio.evaluation.mask_predict import judged_image
from tlstudio.evaluation.picture_files import FRAMES, HOW
from tlstudio.evaluation.probabilities import probabilities
from tlstudio.evaluation.trained import Trained
from tlstudio.evaluation.video import Chosen, Every, Frame, Pixels, Video, opened
from tlstudio.evaluation.video_writer import written
from tlstudio.events import Note, Progress, dumps
from tlstudio.runs import absolute, cannot_write, write_atomic
from tlstudio.training.kept_masks import shares

Paint = Callable[[Pixels, Labels], Pixels]
OVERLAY = "overlay.mp4"
_MASKS = "masks"
_OURS = re.compile(r"\d{6,}\.png")
_MANY = 10_000  # frames
_SEEN, _NAMED = 0.005, 3  # share from which on a class is spoken of, and how many are
_TELL_EVERY = 0.1  # seconds


def predict_video(
    model: Trained,
    path: str,
    *,
    out: str | None = None,
    every: str = "",
    flips: bool = False,
    tile: int = 0,
    painter: Callable[[Coding], Paint] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """Look at the frames of a video and write what they show into a folder of its own, OUT/NAME: the entry of the video.

    {path, folder, table, frames: how many were looked at, seconds} and of classes labels: {name: frames}, of masks
    classes: {name: mean share} and overlay: a file or null; {path, error} for a video that cannot be used.
    table: frames.csv, a line a frame: frame, seconds, and label and probabilities, or mask and shares. masks/NUMBER.png: as those of
    pictures. overlay.mp4: every frame, at the size and rate of the video and without its sound, with the mask of the last frame that
    was looked at laid over it as `painter` does it. every: as `Every.parse`. Raises InputError for a folder with files of somebody else,
    StudioError where PyAV is missing or files cannot be written, Cancelled; what is done by then stays, but for the overlay.
    """
    control, began = control or Control(), time.perf_counter()
    chosen = Every.parse(every)
    source = absolute(path)
    try:
        with opened(source, max_pixels=model.recipe.data.max_pixels) as video:
            if video.expected > _MANY and chosen == Every():
                tell(Note(message=f"{source.name} has about {video.expected:,} frames; to take one a second, say every 1s."))
            with folder_of(model, source, out, every) as folder:
                job = Job(model, folder, flips, tile, control)
                _look_at_all(job, video, chosen, painter, tell, control)
    except InputError as error:
        if isinstance(error, _Refused):
            raise
        return {"path": str(source), "error": str(error)}
    return {"path": str(source), **job.told(), "seconds": time.perf_counter() - began}


class _Refused(InputError):
    """Of the folder, not of the video."""


class Job:
    """The frames that were looked at, and what they showed. folder: None where nothing is to be written."""

    def __init__(self, model: Trained, folder: Path | None, flips: bool, tile: int, control: Control) -> None:
        self.model, self.folder = model, folder
        self._flips, self._tile, self._control = flips, tile, control
        self._rows: list[list[Any]] = []
        self.labels: Labels | None = None
        self.overlay: Path | None = None

    @property
    def makes_masks(self) -> bool:
        return self.model.coding is not None

    def look(self, frame: Frame) -> None:
        """Raises StudioError where its mask cannot be written."""
        image, model = Image.fromarray(frame.pixels), self.model
        of_frame: list[Any] = [frame.index, round(frame.seconds, 4)]
        if model.coding is None:
            said = probabilities(model, image)
            self._rows.append([*of_frame, max(said, key=said.__getitem__), *said.values()])
            return
        self.labels = judged_image(model, image, flips=self._flips, tile=self._tile, control=self._control)[0]
        name = f"{_MASKS}/{frame.index:06}.png"
        if self.folder is not None:
            masks.write(self.folder / name, self.labels, model.coding)
        self._rows.append([*of_frame, name, *shares(self.labels, len(model.classes))])

    def told(self) -> dict[str, Any]:
        n, names = len(self._rows), self.model.classes
        folder = self.folder
        entry: dict[str, Any] = {"folder": str(folder) if folder else None, "table": str(folder / FRAMES) if folder else None, "frames": n}
        if not self.makes_masks:
            return entry | {"labels": dict(Counter(row[2] for row in self._rows).most_common())}
        mean = {name: sum(row[3 + i] for row in self._rows) / max(1, n) for i, name in enumerate(names)}
        return entry | {"classes": mean, "overlay": str(self.overlay) if self.overlay else None}

    def newest(self) -> str:
        """What the last frame showed, in words."""
        row, names = self._rows[-1], self.model.classes
        p = dict(zip(names, row[3:], strict=True))
        if not self.makes_masks:
            return f"{row[2]} {100 * p[row[2]]:.0f} %"
        seen = sorted((name for name in names if p[name] >= _SEEN), key=lambda name: -p[name])
        return ", ".join(f"{name} {100 * p[name]:.0f} %" for name in seen[:_NAMED])

    def write_table(self) -> None:
        """Nothing where there is no folder. Raises StudioError where it cannot be written."""
        if self.folder is None:
            return
        text = io.StringIO(newline="")
        table = csv.writer(text)
        table.writerow(["frame", "seconds", "mask" if self.makes_masks else "label", *self.model.classes])
        table.writerows(self._rows)
        write_atomic(self.folder / FRAMES, lambda file: file.write(text.getvalue().encode("utf-8", "surrogateescape")))


def _look_at_all(job: Job, video: Video, every: Every, painter: Callable[[Coding], Paint] | None, tell: Tell, control: Control) -> None:
    coding = job.model.coding
    try:
        if coding is None or painter is None:
            for frame in _told(video.frames(every, tell=tell, control=control), video, tell):
                job.look(frame)
        else:
            paint, chosen = painter(coding), Chosen(every)
            assert job.folder is not None
            with written(job.folder / OVERLAY, video.rate) as overlay:
                for frame in _told(video.frames(tell=tell, control=control), video, tell):
                    size = frame.pixels.shape[:2]
                    if chosen.takes(frame.index, frame.seconds) or job.labels is None or job.labels.shape != size:
                        job.look(frame)
                    assert job.labels is not None
                    overlay.add(paint(frame.pixels, job.labels), frame.seconds)
            job.overlay = job.folder / OVERLAY
    except BaseException:
        with suppress(StudioError):
            job.write_table()
        raise
    job.write_table()


def _told(frames: Iterator[Frame], video: Video, tell: Tell) -> Iterator[Frame]:
    """The frames, with a word on how far it is after each that was seen to."""
    told, done = 0.0, 0
    for frame in frames:
        yield frame
        done, now = frame.index + 1, time.perf_counter()
        if now >= told + _TELL_EVERY:
            told, total = now, max(done, video.expected)
            tell(
                Progress(
                    phase="predict", done=done, total=total, unit="frames", overall=min(0.99, done / total) if video.expected else None
                )
            )
    tell(Progress(phase="predict", done=done, total=done, unit="frames", overall=1.0))


@contextmanager
def folder_of(model: Trained, source: Path, out: str | None, every: str) -> Iterator[Path]:
    """The folder of the video, with what an earlier job left there cleared away; removed where nothing came of it."""
    if out is None:
        digits = hashlib.blake2b(f"{source}\0{every}".encode("utf-8", "surrogateescape"), digest_size=2).hexdigest()
        folder = model.run.path / "predictions" / f"{source.stem}-{digits}"
    else:
        folder = absolute(out) / source.stem
    try:
        if folder.exists() and not (folder.is_dir() and ((folder / HOW).is_file() or not any(folder.iterdir()))):
            why = "what is in it was not made of a video"
            raise _Refused(f"The folder {folder} is there already and is kept", why, "Name another folder, or move that one away")
        new = not folder.exists()
        (folder / _MASKS if model.coding is not None else folder).mkdir(parents=True, exist_ok=True)
        for old in [*(folder / _MASKS).glob("*.png"), folder / OVERLAY, folder / FRAMES]:
            if old.parent == folder or _OURS.fullmatch(old.name):
                old.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    how = {"run": str(model.run.path), "video": str(source), "every": every}
    write_atomic(folder / HOW, lambda file: file.write(dumps(how).encode()))
    try:
        yield folder
    except InputError:  # no frame in it
        if new:
            for path in (folder / HOW, folder / FRAMES):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                (folder / _MASKS).rmdir()
            with suppress(OSError):
                folder.rmdir()
        raise

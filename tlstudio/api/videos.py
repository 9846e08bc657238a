"""Videos and cameras, frame by frame."""

from __future__ import annotations

from tlstudio.api.given import Document
from tlstudio.control import Control, Tell, silent


def cameras() -> list[Document]:
    """The cameras of this computer: [{source, name}]. None is opened; none is told where PyAV is not installed."""
    from tlstudio.evaluation.live import cameras as cameras_

    return [{"source": source, "name": name} for source, name in cameras_()]


def open_video(source: str, *, run: str = "", folder: str = "", tell: Tell = silent, control: Control | None = None) -> Document:
    """What is known of a video file, or of "camera:0", and of the run that is to look at it. See `evaluation.watch.open_video`."""
    from tlstudio.evaluation.watch import open_video as open_video_

    return open_video_(source, run=run, folder=folder, tell=tell, control=control)


def video_frame(
    source: str, folder: str, name: str, *, at: int = 0, run: str = "", tell: Tell = silent, control: Control | None = None
) -> Document:
    """A frame, and with a run its mask, as files in a folder. See `evaluation.watch.video_frame`."""
    from tlstudio.evaluation.watch import video_frame as video_frame_

    return video_frame_(source, folder, name, at=at, run=run, tell=tell, control=control)


def video_strip(source: str, n: int, height: int, folder: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Small pictures of a video from its beginning to its end: {places, file}. See `evaluation.watch.video_strip`."""
    from tlstudio.evaluation.watch import video_strip as video_strip_

    return video_strip_(source, n, height, folder, tell=tell, control=control)


def watch_camera(
    run: str,
    source: str,
    *,
    out: str | None = None,
    seconds: float = 0.0,
    flips: bool = False,
    tile: int = 0,
    tell: Tell = silent,
    control: Control | None = None,
) -> list[Document]:
    """What a run says of a camera's pictures until it is stopped, or for some seconds: one entry. See `evaluation.camera_predict`."""
    from tlstudio import runs
    from tlstudio.evaluation.camera_predict import watch
    from tlstudio.evaluation.trained import trained

    model = trained(runs.Run.open(run))
    return [watch(model, source, out=out, seconds=seconds, flips=flips, tile=tile, tell=tell, control=control)]


def close_camera() -> Document:
    """Let the camera go that `video_frame` opened, if it did: {}."""
    from tlstudio.evaluation.live import let_go

    let_go()
    return {}

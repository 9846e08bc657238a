"""Tiny videos that tests encode for themselves, without loss, so that their colours can be told."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np


def film(path: Path, pictures: Sequence[Any], rate: int = 10, codec: str = "ffv1") -> Path:
    """pictures: (H, W, 3) uint8 each. The default codec keeps every pixel; it belongs into .mkv or .avi."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        for n, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def sound(path: Path) -> Path:
    """A file of sound alone."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grey(n: int, width: int = 48, height: int = 32) -> list[Any]:
    """Frames that tell their number by their brightness: 10, 20, ..."""
    return [np.full((height, width, 3), 10 * (i + 1), np.uint8) for i in range(n)]

"""What one look at a mask file tells: its size, and how many pixels of each value are in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlstudio.data import images, mask_files
from tlstudio.data.images import ImageProblem

MAX_VALUES = 1024
"""More values than that are not told one by one: no mask has so many classes."""


@dataclass(frozen=True, slots=True)
class MaskFacts:
    """size, mtime_ns, limit, problem, sentence, width, height: as those of a picture, see `facts.Facts`.

    form: index, palette, grey (colours that are all grey) or rgb. counts: "value:pixels ..." by rising value, colours packed as
    red << 16 | green << 8 | blue, the MAX_VALUES commonest. values: how many there are. colours: "value:colour ..." of a palette's.
    lossy: saved as JPEG; mended: it was black and white, and is read so.
    """

    size: int
    mtime_ns: int
    limit: int
    problem: str = ""
    sentence: str = ""
    width: int = 0
    height: int = 0
    form: str = ""
    counts: str = ""
    values: int = 0
    colours: str = ""
    lossy: bool = False
    mended: bool = False

    def pixels(self) -> dict[int, int]:
        """Pixels of each value."""
        return _pairs(self.counts)

    def palette(self) -> dict[int, int]:
        """The packed colour of each value, where the file has a palette."""
        return _pairs(self.colours)

    def hold_for(self, size: int, mtime_ns: int, max_pixels: int) -> bool:
        """Whether another look at a file of that size and time, with that limit, could tell nothing else."""
        if (self.size, self.mtime_ns) != (size, mtime_ns):
            return False
        return self.limit >= max_pixels if self.problem == "bomb" else self.width * self.height <= max_pixels


def look(path: Path, max_pixels: int, known: MaskFacts | None = None) -> MaskFacts:
    """Decode the mask once, or `known` itself if that still holds. Never raises for a bad file."""
    size = mtime_ns = 0
    try:
        state = path.stat()
        size, mtime_ns = state.st_size, state.st_mtime_ns
        if known is not None and known.hold_for(size, mtime_ns, max_pixels):
            return known
        raw = mask_files.decode(path, max_pixels)
    except ImageProblem as problem:
        return MaskFacts(size, mtime_ns, max_pixels, problem.kind, problem.sentence)
    except (OSError, MemoryError) as error:
        # No time of change that a file can have: what is the matter may be mended without one, so this is not remembered.
        return MaskFacts(size, -1, max_pixels, "unreadable", images.no_access(path, error).sentence)
    counts = mask_files.counted(raw.values)
    kept = sorted(sorted(counts, key=lambda value: -counts[value])[:MAX_VALUES])
    colours = ""
    if raw.values.ndim == 3:
        form = "grey" if all(value >> 16 == value >> 8 & 255 == value & 255 for value in counts) else "rgb"
    elif raw.palette is None:
        form = "index"
    else:
        form = "palette"
        through = mask_files.packed(raw.palette).tolist()
        colours = " ".join(f"{value}:{through[value]}" for value in kept if value < len(through))
    height, width = raw.values.shape[:2]
    said = " ".join(f"{value}:{counts[value]}" for value in kept)
    return MaskFacts(
        size, mtime_ns, max_pixels, "", "", width, height, form, said, len(counts), colours, lossy=raw.lossy, mended=raw.mended
    )


def _pairs(said: str) -> dict[int, int]:
    pairs = (pair.split(":") for pair in said.split())
    return {int(value): int(number) for value, number in pairs}

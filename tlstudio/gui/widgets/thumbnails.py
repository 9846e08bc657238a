"""Small pictures of files, decoded in threads and kept up to a limit. Views ask when they paint and paint again when told.

    pixmap = thumbnails.shared().pixmap(path, 72, self.devicePixelRatioF())     # None: not there yet; `loaded` tells

What Qt reads otherwise than training does (CMYK, TIFF) or not at all is decoded by `tlstudio.data.images`.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader, QPainter, QPixmap

from tlstudio.data import signatures
from tlstudio.data.images import load_rgb
from tlstudio.errors import InputError
from tlstudio.gui.mask_blend import Mask, blended
from tlstudio.recipe import MAX_PIXELS

CACHE_BYTES = 48_000_000
_THREADS, _WAITING = 2, 256
_QT_READS = {"JPEG": b"jpeg", "PNG": b"png", "GIF": b"gif", "BMP": b"bmp", "WEBP": b"webp"}
_LONGEST = 4  # a panorama is kept at most so many times as long as high

Key = tuple[str, int, bool, Mask | None]
"""Path, side in device pixels, whether cut to a square, the mask that is laid over it."""


class Thumbnails(QObject):
    """The newest wish is served first, so that what is on the screen now comes before what was scrolled past."""

    loaded = Signal()
    """Some more are there, or known to be unreadable (coalesced)."""
    _decoded = Signal(object, object)

    def __init__(self, parent: QObject | None = None, *, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        self._limit = cache_bytes
        self._used = 0
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._failed: set[Key] = set()
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._working: set[Key] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_THREADS)
        self._decoded.connect(self._arrived)

    def pixmap(self, path: str, side: int, ratio: float = 1.0, *, square: bool = True, mask: Mask | None = None) -> QPixmap | None:
        """The picture upright, or None while it is on its way or where it cannot be read.

        square: cut from its middle to side x side; else whole, its longer side at most `side`. Lengths in logical pixels.
        mask: laid over it; a mask that cannot be read leaves the picture as it is.
        """
        key = (path, round(side * ratio), square, mask)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            found.setDevicePixelRatio(ratio)
            return found
        if key not in self._failed and not self._closed:
            with self._lock:
                if key not in self._working:
                    start = key not in self._waiting
                    self._waiting[key] = None
                    self._waiting.move_to_end(key)
                    if len(self._waiting) > _WAITING:
                        self._waiting.popitem(last=False)  # scrolled past; asked for again when it is painted again
                    if start:
                        self._pool.start(self._work)
        return None

    def failed(self, path: str, side: int, ratio: float = 1.0, *, square: bool = True, mask: Mask | None = None) -> bool:
        """Whether that picture cannot be read."""
        return (path, round(side * ratio), square, mask) in self._failed

    @property
    def busy(self) -> bool:
        """Whether some are still on their way."""
        return bool(self._waiting or self._working)

    @property
    def bytes_kept(self) -> int:
        return self._used

    def forget(self) -> None:
        """Drop everything: files may have changed on disk."""
        self._kept.clear()
        self._failed.clear()
        self._used = 0

    def close(self) -> None:
        """Drop what waits and wait for the threads."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
        self._pool.waitForDone()
        self._working.clear()

    def _work(self) -> None:
        """In a thread: one wish, the newest. There may be none left, as wishes are dropped."""
        with self._lock:
            if not self._waiting or self._closed:
                return
            key, _ = self._waiting.popitem()
            self._working.add(key)
        image = decode(*key)
        if not self._closed:
            self._decoded.emit(key, image)

    def _arrived(self, key: Key, image: QImage | None) -> None:
        with self._lock:
            self._working.discard(key)
        if image is None:
            self._failed.add(key)
        else:
            self._kept[key] = pixmap = QPixmap.fromImage(image)
            self._used += _size(pixmap)
            while self._used > self._limit and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._used -= _size(dropped)
        self.loaded.emit()


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def decode(path: str, side: int, square: bool, mask: Mask | None = None) -> QImage | None:
    """The picture at that size in device pixels, RGB32, upright, with its mask over it; None where it cannot be read. Any thread."""
    image = _by_qt(path, side, square) or _by_pillow(path, side, square)
    if image is not None and mask is not None:
        image = blended(image, mask) or image
    if image is None or not square:
        return image
    edge = min(image.width(), image.height())
    cut = image.copy((image.width() - edge) // 2, (image.height() - edge) // 2, edge, edge)
    if edge != side:
        cut = cut.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return cut


def _target(width: int, height: int, side: int, square: bool) -> QSize:
    """The size to decode at: for a square its shorter side is `side`, else its longer one, and never larger than it is."""
    scale = side / (min(width, height) if square else max(width, height))
    if square:
        scale = min(scale, _LONGEST * side / max(width, height))
    scale = min(scale, 1.0)
    return QSize(max(1, round(width * scale)), max(1, round(height * scale)))


def _by_qt(path: str, side: int, square: bool) -> QImage | None:
    """The format is told here: Qt would ask every plugin, and that for SVG takes a lock for which the window's thread may wait while it
    holds Python's, which is wanted here: neither would ever go on."""
    try:
        with Path(path).open("rb") as file:
            signature = signatures.of(file.read(signatures.HEAD_BYTES))
    except OSError:
        return None
    kind = _QT_READS.get(signature.format) if signature is not None else None
    if kind is None:
        return None
    reader = QImageReader(path, kind)
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if reader.imageFormat() == QImage.Format.Format_CMYK8888:
        return None
    if not size.isValid() or size.width() * size.height() > MAX_PIXELS:
        return None
    if not reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90:
        target = _target(size.width(), size.height(), side, square)
    else:  # scaled before it is turned; a square's target is the same either way
        target = _target(size.height(), size.width(), side, square).transposed()
    if target != size:
        reader.setScaledSize(target)
    image = reader.read()
    return None if image.isNull() else _opaque(image)


def _opaque(image: QImage) -> QImage:
    """Transparency over white, as training sees it."""
    if not image.hasAlphaChannel():
        return image.convertToFormat(QImage.Format.Format_RGB32)
    out = QImage(image.size(), QImage.Format.Format_RGB32)
    out.fill(Qt.GlobalColor.white)
    painter = QPainter(out)
    painter.drawImage(0, 0, image)
    painter.end()
    return out


def _by_pillow(path: str, side: int, square: bool) -> QImage | None:
    try:
        picture = load_rgb(Path(path), at_least=side if square else None)
    except InputError:
        return None
    target = _target(picture.width, picture.height, side, square)
    picture = picture.resize((target.width(), target.height()), Image.Resampling.BICUBIC, reducing_gap=2.0).convert("RGBA")
    return QImage(picture.tobytes(), picture.width, picture.height, QImage.Format.Format_RGBA8888).convertToFormat(
        QImage.Format.Format_RGB32
    )


_one: list[Thumbnails] = []


def shared() -> Thumbnails:
    """The window's one loader; its threads end with the program."""
    if not _one:
        _one.append(Thumbnails())
        atexit.register(_one[0].close)
    return _one[0]

"""Numbers and times as people read them. Every page says them the same way."""

from __future__ import annotations

import datetime
import math

from PySide6.QtCore import QCoreApplication

from tlstudio.recipe import STRATEGY_NAMES


def tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def count(n: int, one: str, many: str) -> str:
    """1 image, 2,000 images. `one` and `many` are already translated."""
    return f"{n:,} {one if n == 1 else many}"


def percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f}%"


def fine_percent(share: float | None) -> str:
    """As `percent`; what there is a little of is not said to be nothing."""
    return "< 0.1%" if share is not None and 0 < share < 0.0005 else percent(share)


def loss(value: float | None) -> str:
    """0.203, 608.2, 65 k: a loss that has run away says so, and need not be read to the last digit."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.3f}" if value < 100 else f"{value:.1f}" if value < 999.5 else short(value)


def short(n: float | None) -> str:
    """384 M, 10.8 M, 2.6 k; three figures are enough for a cost."""
    if not n:
        return "–" if n is None else "0"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= size:
            return f"{n / size:.3g} {letter}" if n / size < 999.5 else f"{n / size:.0f} {letter}"
    return f"{n:g}"


def layout_word(layout: str) -> str:
    """How pictures and masks lie, as people call it."""
    return {
        "auto": tr("found by looking"),
        "pairs": tr("images + masks"),
        "voc": tr("Pascal VOC"),
        "cityscapes": tr("Cityscapes"),
        "coco": tr("COCO outlines"),
        "labelme": tr("labelme outlines"),
    }.get(layout, layout)


def megabytes(size: float | None) -> str:
    """84 MB, 1.2 GB; decimal units as disks are sold."""
    if size is None:
        return "–"
    for unit, letter in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {letter}"
    return f"{size:.0f} B"


def took(seconds: float | None) -> str:
    """24 ms, 0.8 s, 21 s, 4 min 12 s, 2 h 5 min."""
    if seconds is None or math.isnan(seconds):
        return "–"
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def remaining(span: tuple[float, float] | None) -> str:
    """6 to 10 s left, 1 min 40 s to 2 min 10 s left; "" while not known."""
    if span is None:
        return ""
    ends = [_rounded(seconds) for seconds in span]
    low, high = (took(seconds) if seconds >= 10 else f"{seconds:.0f} s" for seconds in ends)
    if low == high:
        return tr("%1 left").replace("%1", low)
    if ends[1] < 60:  # one unit is enough for both
        low = low.removesuffix(" s")
    return tr("%1 to %2 left").replace("%1", low).replace("%2", high)


def _rounded(seconds: float) -> float:
    """To what one can promise: seconds below ten, then fives, then tens."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10
    return max(1.0, round(seconds / step) * step)


def when(stamp: float) -> str:
    """today 11:06, yesterday 18:42, Tue 16:20, 12 May, 12 May 2025."""
    then, now = datetime.datetime.fromtimestamp(stamp), datetime.datetime.now()
    days = (now.date() - then.date()).days
    if days == 0:
        return tr("today %1").replace("%1", f"{then:%H:%M}")
    if days == 1:
        return tr("yesterday %1").replace("%1", f"{then:%H:%M}")
    if days < 7:
        return f"{then:%a %H:%M}"
    return f"{then.day} {then:%b}" + ("" if then.year == now.year else f" {then.year}")


def strategy_word(strategy: str) -> str:
    """Head only, Last block, Everything, From scratch, Own choice."""
    return tr(STRATEGY_NAMES.get(strategy, strategy))

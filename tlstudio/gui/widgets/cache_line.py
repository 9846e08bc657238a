"""What a stage need not compute again, in one quiet line: what is kept, why not if not, what it saves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from tlstudio.events import PrefixCached
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import IconLabel, row
from tlstudio.gui.words import count, megabytes, took

_ICONS = {"memory": "lightning", "device": "lightning", "disk": "hard-drives"}


def tr(text: str) -> str:
    return QCoreApplication.translate("cache_line", text)


def details(cache: PrefixCached) -> str:
    """All that is known of what a stage keeps, one fact a line."""
    if cache.how == "none":
        return cache.sentence
    how = {
        "features": tr("what enters the head"),
        "graph": tr("the network cut at its first layer that learns"),
        "modules": tr("the outputs of whole frozen layers"),
    }
    where = {"memory": tr("memory"), "disk": tr("disk"), "device": tr("the graphics card's memory")}
    facts = [
        (tr("Kept"), how.get(cache.how, cache.how)),
        (tr("Images"), f"{cache.images:,}"),
        (tr("Views of a training image"), f"{cache.views:,}"),
        (tr("Computed now"), count(cache.computed, tr("view"), tr("views"))),
        (tr("Kept from before"), count(cache.reused, tr("view"), tr("views")) if cache.reused else ""),
        (tr("Size"), f"{megabytes(cache.bytes)} ({cache.dtype})" if cache.dtype else megabytes(cache.bytes)),
        (tr("In"), where.get(cache.where, "")),
        (tr("Took"), took(cache.seconds)),
        (tr("Saves"), tr("about %1 in this stage").replace("%1", took(cache.saves_seconds)) if cache.saves_seconds else ""),
    ]
    return "\n".join([cache.sentence, *(f"{what}: {said}" for what, said in facts if said)])


def brief(cache: PrefixCached) -> str:
    """The same in a few words, for where it is narrow."""
    if cache.how == "none":
        return tr("Nothing of the frozen part is kept")
    many = tr("%1 images").replace("%1", f"{cache.images:,}")
    views = tr(" × %1 views").replace("%1", f"{cache.views:,}") if cache.views > 1 else ""
    said = tr("Frozen part kept: %1%2, %3").replace("%1", many).replace("%2", views).replace("%3", megabytes(cache.bytes))
    return said + (tr("; saves %1").replace("%1", took(cache.saves_seconds)) if cache.saves_seconds and cache.saves_seconds >= 1 else "")


class CacheLine(QWidget):
    """objectName cacheLine. Hidden until something is said of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("cacheLine")
        self._mark, self._text = IconLabel("lightning", "frozen"), ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.setLayout(row(self._mark, (self._text, 1)))
        self.hide()

    def show_caches(self, caches: Sequence[PrefixCached]) -> None:
        """What was said of each stage so far; the line of the last one that keeps something is shown, and all stand in the tooltip."""
        said = [cache for cache in caches if cache.sentence]
        self.setVisible(bool(said))
        if not said:
            return
        kept = [cache for cache in said if cache.how != "none"]
        now = kept[-1] if kept else said[-1]
        self._mark.show_icon(_ICONS.get(now.where, "info"), "muted" if now.how == "none" else "frozen")
        text = now.sentence
        if now is not said[-1]:
            text = (tr("While the head learned: %1") if now.stage == "head" else tr("In a stage before: %1")).replace("%1", text)
        saved = [cache.saves_seconds for cache in kept if cache.saves_seconds]
        if len(saved) > 1:
            text += " " + tr("All stages together save about %1.").replace("%1", took(sum(saved)))
        about = "\n\n".join(details(cache) for cache in reversed(said))
        self._text.show_text(text, about, short=brief(now))
        self._mark.setToolTip(about)

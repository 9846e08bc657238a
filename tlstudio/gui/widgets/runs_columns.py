"""The columns of the table of runs: what each says of a run, and how it is sorted."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QCoreApplication

from tlstudio import places
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_list import Row
from tlstudio.gui.words import loss, percent, strategy_word, took, when


def tr(text: str) -> str:
    return QCoreApplication.translate("RunsModel", text)


class Column(NamedTuple):
    """setting: chosen before the run, so that it is hidden where it is the same in all. muted: stands back.

    of: keys of the row that its text is made of. task: the one that it is for, hidden where no run has it; both: only where there are runs
    of both. spare: hidden until it is asked for. own: written by people, shown once there is any.
    """

    key: str
    heading: Callable[[], str]
    width: int
    text: Callable[[Row], str]
    number: bool = False
    setting: bool = False
    muted: bool = False
    task: str = ""
    both: bool = False
    of: tuple[str, ...] = ()
    spare: bool = False
    own: bool = False

    def suits(self, tasks: Collection[str]) -> bool:
        """Whether it says something of runs of those tasks."""
        return not (self.both and len(tasks) < 2) and (not self.task or not tasks or self.task in tasks)

    def same_in(self, rows: Iterable[Row]) -> str | None:
        """Its text, if that is the same in all rows; asks only for the texts of values that differ."""
        keys = self.of or (self.key,)
        apart: Collection[Row]
        try:
            if len(keys) == 1:
                key = keys[0]
                apart = {row.get(key): row for row in rows}.values()
            else:
                apart = {tuple([row.get(key) for key in keys]): row for row in rows}.values()
        except TypeError:  # lists
            apart = {repr([row.get(key) for key in keys]): row for row in rows}.values()
        text = None
        for row in apart:
            said = self.text(row)
            if text is not None and said != text:
                return None
            text = said
        return text

    def sort_value(self, row: Row) -> Any:
        """What it is sorted by; None where it is not known, which stands last either way."""
        if self.key == "interval":
            span = row.get("val_accuracy_interval")
            return None if not span else float(span[0])
        if self.key in ("stages", "tags"):
            return self.text(row).casefold() if row.get(self.key) else None
        value = row.get(self.key)
        if self.number or self.key in ("started", "augment"):
            if value is None or (isinstance(value, float) and math.isnan(value)) or (self.of and self.text(row) == "–"):
                return None
            return float(value)
        return self.text(row).casefold() if value not in (None, "") else None


def tasks_of(rows: Iterable[Row]) -> frozenset[str]:
    """What those runs learned; classes where that is not known."""
    return frozenset([str(task or "classification") for task in {row.get("task") for row in rows}])


def state_of(row: Row) -> str:
    """finished, stopped, early, live, failed, unstarted, unfinished or unreadable."""
    if row.get("error"):
        return "unreadable"
    if row["state"] == "finished":
        return {"stopped": "stopped", "early": "early"}.get(str(row.get("reason")), "finished")
    if row["state"] in ("live", "failed"):
        return "live" if row["state"] == "live" else "unstarted"
    return "failed" if row.get("failure") else "unfinished"


def _state_word(state: str) -> str:
    match state:
        case "finished":
            return tr("finished")
        case "stopped":
            return tr("stopped")
        case "early":
            return tr("stopped early")
        case "live":
            return tr("running")
        case "failed":
            return tr("failed")
        case "unstarted":
            return tr("failed to start")
        case "unfinished":
            return tr("unfinished")
    return tr("unreadable")


def state_words(row: Row) -> str:
    """The state as a word, with how far it came."""
    word = _state_word(state_of(row))
    epochs = row.get("epochs_planned") or row.get("epochs")
    if row["state"] in ("finished", "failed") or row.get("epoch") is None or epochs is None:
        return word
    return tr("%1, %2 of %3").replace("%1", word).replace("%2", str(row["epoch"])).replace("%3", str(epochs))


def stage_words(row: Row) -> str:
    """The stages in a few words: head 3, then the last block 5."""
    stages = row.get("stages")
    if not stages:
        return "–"
    words = {"head": tr("head"), "everything": tr("everything"), "strategy": strategy_word(row["strategy"]).lower()}
    return " → ".join(f"{words.get(str(learns), str(learns))} {epochs}" for learns, epochs in stages)


def _images_of(row: Row) -> str:
    return _folder_word(row["data"]) if row.get("data") else "–"


@functools.lru_cache(maxsize=512)
def _folder_word(path: str) -> str:
    """The folder's name; of the generated sample, what it is."""
    return tr("generated leaves") if Path(path).is_relative_to(places.samples()) else Path(path).name


def _plain(key: str) -> Callable[[Row], str]:
    return lambda row: "–" if row.get(key) is None else f"{row[key]}"


def _rate(key: str) -> Callable[[Row], str]:
    return lambda row: "–" if row.get(key) is None else f"{row[key]:g}"


def _interval(row: Row) -> str:
    span = row.get("val_accuracy_interval")
    return f"{100 * span[0]:.1f} to {100 * span[1]:.1f}" if span else "–"


def _backbone(row: Row) -> str:
    rate = row.get("backbone_lr")
    return "–" if rate is None or row.get("strategy") == "head" else f"{rate:g}"


def _iou(row: Row) -> str:
    value = row.get("val_mean_iou")
    return "–" if value is None else f"{value:.3f}"


def _speed(row: Row) -> str:
    value = row.get("images_per_second")
    return "–" if value is None else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _strategy(row: Row) -> str:
    return strategy_word(row["strategy"]) if row.get("strategy") else "–"


COLUMNS = (
    Column("compare", lambda: tr("Compare"), 84, lambda row: ""),
    Column("title", lambda: tr("Run"), 150, lambda row: str(row["title"])),
    Column(
        "state", lambda: tr("State"), 132, state_words, setting=True,
        of=("state", "reason", "failure", "error", "epoch", "epochs_planned", "epochs"),
    ),
    Column("strategy", lambda: tr("Learns"), 100, _strategy, setting=True),
    Column("task", lambda: tr("Task"), 84, lambda row: tr("masks") if row.get("task") == MASKS else tr("classes"), both=True),
    Column("val_mean_iou", lambda: tr("Mean IoU"), 88, _iou, True, task=MASKS),
    Column("val_pixel_accuracy", lambda: tr("Pixel acc."), 88, lambda row: percent(row.get("val_pixel_accuracy")), True, task=MASKS),
    Column("val_accuracy", lambda: tr("Val acc."), 78, lambda row: percent(row.get("val_accuracy")), True, task="classification"),
    Column("interval", lambda: tr("95% interval"), 104, _interval, muted=True, task="classification", of=("val_accuracy_interval",)),
    Column("val_loss", lambda: tr("Val loss"), 72, lambda row: loss(row.get("val_loss")), True),
    Column("seconds", lambda: tr("Took"), 86, lambda row: took(row.get("seconds")), True),
    Column("started", lambda: tr("When"), 112, lambda row: when(row["started"]) if row.get("started") else "–", muted=True),
    Column("tags", lambda: tr("Tags"), 112, lambda row: ", ".join(row.get("tags") or ()), own=True),
    Column("note", lambda: tr("Note"), 140, lambda row: str(row.get("note") or "").partition("\n")[0], muted=True),
    Column("data", lambda: tr("Images"), 120, _images_of, setting=True),
    Column("train_share", lambda: tr("Data share"), 92, lambda row: percent(row.get("train_share"), 0), True, True),
    Column("model", lambda: tr("Model"), 140, _plain("model"), setting=True),
    Column("head", lambda: tr("Head"), 96, _plain("head"), setting=True),
    Column("lr", lambda: tr("Head's rate"), 96, _rate("lr"), True, True),
    Column("backbone_lr", lambda: tr("Backbone rate"), 116, _backbone, True, True, of=("backbone_lr", "strategy")),
    Column("epochs", lambda: tr("Epochs"), 74, _plain("epochs"), True, True),
    Column("stages", lambda: tr("Stages"), 170, stage_words, setting=True, of=("stages", "strategy")),
    Column("batch_size", lambda: tr("Batch"), 66, _plain("batch_size"), True, True),
    Column("image_size", lambda: tr("Image size"), 92, _plain("image_size"), True, True),
    Column("seed", lambda: tr("Seed"), 64, _plain("seed"), True, True),
    Column("split_seed", lambda: tr("Split seed"), 88, _plain("split_seed"), True, True),
    Column(
        "augment", lambda: tr("Augment"), 80, lambda row: "–" if row.get("augment") is None else tr("on") if row["augment"] else tr("off"),
        setting=True,
    ),
    Column("optimizer", lambda: tr("Optimizer"), 92, _plain("optimizer"), setting=True),
    Column("schedule", lambda: tr("Schedule"), 92, _plain("schedule"), setting=True),
    Column("device", lambda: tr("Device"), 120, _plain("device"), muted=True, spare=True),
    Column("images_per_second", lambda: tr("Images/s"), 86, _speed, True, spare=True),
)  # fmt: skip


_GIVES_WAY = (
    "val_pixel_accuracy", "interval", "split_seed", "schedule", "optimizer", "augment", "image_size", "stages", "head", "batch_size",
    "epochs", "backbone_lr", "val_loss", "images_per_second", "device", "note", "model", "data", "started", "seconds", "lr", "train_share",
    "tags", "seed", "task",
)  # fmt: skip
"""Columns that are left out where there is too little room, the first one first. What the others say is what a run is told by."""


def left_out(widths: Mapping[str, int], room: int, *, empty: Collection[str] = (), kept: Collection[str] = ()) -> list[str]:
    """Which of the columns have no room. widths: of those that are wanted, by key, in pixels. empty: have nothing in them, and so give
    way first; kept: never give way."""
    missing, away = sum(widths.values()) - room, []
    for key in (*empty, *(key for key in _GIVES_WAY if key not in empty)):
        if missing <= 0:
            break
        if key in widths and key not in kept:
            away.append(key)
            missing -= widths[key]
    return away


def search_text(row: Row) -> str:
    """All that the filter looks through, in small letters: as it is shown, and the folder's name. Quick, as it is made for every run."""
    said = (
        row["title"], row["name"], row.get("model") or "", _images_of(row), row.get("note") or "", " ".join(row.get("tags") or ()),
        _setting_words(row.get("strategy"), row.get("task")), _state_word_of(state_of(row)),
    )  # fmt: skip
    return " ".join(map(str, said)).casefold()


@functools.lru_cache(maxsize=256)
def _setting_words(strategy: str | None, task: str | None) -> str:
    return f"{strategy_word(strategy) if strategy else ''} {tr('masks') if task == MASKS else tr('classes')}"


_state_word_of = functools.lru_cache(maxsize=16)(_state_word)


def chosen_columns(said: object) -> dict[str, bool]:
    """Which columns are shown or hidden by choice, as the settings keep it."""
    try:
        kept = json.loads(str(said))
    except ValueError:
        return {}
    return {str(key): bool(value) for key, value in kept.items()} if isinstance(kept, dict) else {}

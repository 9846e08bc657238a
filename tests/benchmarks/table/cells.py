"""Every cell of the table: a contestant in one mode. A cell is run as often as there are repeats, each time with another seed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONTESTANTS = Path(__file__).parent / "contestants"


@dataclass(frozen=True)
class Settings:
    """How long contestants train, and how many photos a batch has. tutorial: epochs measured of the 25; the rest is extrapolated."""

    head: int = 25
    last_block: int = 10
    full: int = 5
    tutorial: int = 8
    lightning: int = 5
    lightning_head: int = 5
    bare: int = 5
    fastai_batch: int = 64
    lightning_batch: int = 32
    record: int = 4
    rounds: int = 8
    batch: int = 32  # ours, and with it the bare loop's
    set: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """group: cells that are compared with each other run one after the other, in an order that alternates.

    peer: who has to be installed, "" for none. times: copies of the photos. minutes: what it takes on two quiet cores with these photos.
    malloc: run with the engine's malloc settings; tlstudio's own engine sets them itself.
    repeats: at most so many.
    """

    name: str
    title: str
    group: str
    script: str
    arguments: tuple[str, ...]
    minutes: float
    peer: str = ""
    times: int = 1
    malloc: bool = False
    repeats: int = 1000
    photos: bool = True
    epochs: int = 0
    extrapolated_to: int = 0

    def command(self, python: str, photos: Path, seed: int) -> list[str]:
        given = ["--photos", str(photos), "--seed", str(seed)] if self.photos else []
        return [python, str(_CONTESTANTS / self.script), *given, *self.arguments]

    @property
    def own(self) -> bool:
        return self.script == "ours.py"


def cells(s: Settings, photos: int = 400) -> list[Cell]:
    """In the order of what they tell, group by group. photos: how many there are, for the minutes that cells may take."""
    changes = tuple(word for change in s.set for word in ("--set", change))
    made: list[Cell] = []

    def add(name: str, title: str, group: str, script: str, *arguments: object, minutes: float, **more: Any) -> None:
        scaled = (minutes - 0.1) * photos / 400 + 0.1  # a tenth of a minute is imports
        words = tuple(str(argument) for argument in arguments)
        made.append(Cell(name=name, title=title, group=group, script=script, arguments=words, minutes=scaled, **more))

    def tutorial(learns: str, title: str, epoch: float) -> None:
        at_most = min(s.tutorial, 25)
        full = {"epochs": at_most, "extrapolated_to": 25 if at_most < 25 else 0}
        minutes = 0.2 + at_most * epoch / 60
        add(f"tutorial-{learns}", title, learns, "tutorial.py", "--learns", learns, "--epochs", at_most, minutes=minutes, **full)

    def ours(name: str, title: str, group: str, *arguments: object, minutes: float, **more: Any) -> None:
        add(name, title, group, "ours.py", *arguments, *changes, minutes=minutes, **more)

    head = ("--strategy", "head", "--epochs", s.head)
    ours("ours-head", "tlstudio, head only", "head", *head, "--again", minutes=0.4, epochs=s.head)
    tutorial("head", "tutorial loop, frozen", 12.2)
    ours(
        "ours-head-cli",
        "tlstudio, head only, by the command line (all from process start)",
        "head",
        *head,
        "--way",
        "cli",
        minutes=0.3,
        epochs=s.head,
    )
    add("fastai", "fastai fine_tune(1), batch 64", "head", "fastai_finetune.py", "--batch", s.fastai_batch, minutes=1.6, peer="fastai")
    full = ("--strategy", "full", "--epochs", s.full, "--set", f"training.batch_size={s.batch}")
    ours("ours-full", "tlstudio, full fine-tuning", "full", *full, minutes=0.4 + s.full * 14 / 60, epochs=s.full)
    tutorial("full", "tutorial loop, full fine-tuning", 25.3)
    lightning = ("--epochs", s.lightning, "--batch", s.lightning_batch)
    minutes = 0.2 + s.lightning * 33 / 60
    add(
        "lightning-full",
        "Lightning, full",
        "full",
        "lightning_trainer.py",
        *lightning,
        minutes=minutes,
        peer="lightning",
        epochs=s.lightning,
    )
    bare = ("--epochs", s.bare, "--batch", s.batch)
    minutes = 0.2 + s.bare * 14 / 60
    add("bare-full", "tuned bare loop, full", "full", "bare_loop.py", *bare, minutes=minutes, malloc=True, epochs=s.bare)
    last = ("--strategy", "last-block", "--epochs", s.last_block)
    ours("ours-last-block", "tlstudio, last block", "last-block", *last, minutes=0.5 + s.last_block * 3 / 60, epochs=s.last_block)
    tutorial("last-block", "tutorial loop, the same frozen", 14.0)
    add("peak", "resnet18 feature pass", "peak", "convolution_peak.py", "--rounds", s.rounds, minutes=0.5, malloc=True, photos=False)
    add("record", "events and checkpoints", "record", "record_cost.py", "--epochs", s.record, minutes=0.3 + s.record / 2, malloc=True)
    add("curves", "four curves of 10^6 points", "curves", "curves.py", minutes=0.5, photos=False)
    lightning = ("--learns", "head", "--epochs", s.lightning_head, "--batch", s.lightning_batch)
    title, minutes = "Lightning, frozen", 0.2 + s.lightning_head * 9 / 60
    add("lightning-head", title, "memory", "lightning_trainer.py", *lightning, minutes=minutes, peer="lightning", epochs=s.lightning_head)
    bare = ("--learns", "head", "--epochs", min(s.bare, 3), "--batch", s.batch)
    add("bare-head", "tuned bare loop, frozen", "memory", "bare_loop.py", *bare, minutes=0.6, malloc=True, epochs=min(s.bare, 3))
    for times in (1, 4, 16):
        title = f"tlstudio, head only, {times} times the photos"
        ours(f"growth-{times}", title, "growth", *head, minutes=0.2 + 0.16 * times, times=times, repeats=5, epochs=s.head)
    return made


def named(wanted: set[str], all_cells: list[Cell]) -> list[Cell]:
    return [cell for cell in all_cells if cell.name in wanted]


def python_for(cell: Cell) -> str:
    """Raises PeerMissing where the cell's peer cannot be installed."""
    if not cell.peer:
        return sys.executable
    from table.peers import python_of

    return python_of(cell.peer)

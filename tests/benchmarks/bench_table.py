"""The whole table: tlstudio and its peers side by side, one process at a time.

python tests/benchmarks/bench_table.py --photos FOLDER          (or: make bench PHOTOS=FOLDER)

Writes BENCHMARKS.md, BENCHMARKS.json (raw numbers) and the README's chart. After every cell the JSON is on disk: what was stopped goes on
with --resume. Photos: train/ and val/ with two or more classes; without --photos the generated leaves, which are too easy to tell anything
about accuracy. The peers are installed into .bench-venv on the way.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from table import machine, peers
from table import rows as rows_package
from table.cells import Cell, Settings, cells, python_for
from table.chart import svg
from table.document import document
from table.photos import NoPhotos, Photos, prepare
from table.results import Results
from table.row import Row
from table.watch import watched

HERE, TOP = Path(__file__).parent, Path(__file__).parents[2]
CHART = TOP / "packaging" / "screenshots"
MALLOC = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
QUICK = Settings(
    head=3,
    last_block=2,
    full=1,
    tutorial=1,
    lightning=1,
    lightning_head=1,
    bare=1,
    fastai_batch=8,
    lightning_batch=8,
    record=2,
    rounds=1,
    batch=8,
)
BUSY = 1.0  # processes that want a core before a cell begins
LEAST_LIMIT, LIMIT_FACTOR = 240.0, 4.0
ORDER = (
    *("head_training", "head_to_accuracy", "warm_second_run", "last_block_epoch", "full_epoch", "full_to_accuracy", "full_speed"),
    *("feature_pass", "record", "memory", "growth", "curves"),
)


def row_files() -> dict[str, ModuleType]:
    """By name, in the order of the table; a new file comes at its end."""
    names = [module.name for module in pkgutil.iter_modules(rows_package.__path__)]
    names.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return {name: importlib.import_module(f"table.rows.{name}") for name in names}


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="train/ and val/ with a folder a class, or a folder a class alone")
    parser.add_argument("--repeats", type=int, default=5, help="of every cell, each with its own seed; below 5 nothing should be reported")
    parser.add_argument("--rows", nargs="+", choices=list(row_files()), metavar="ROW", help=f"only these: {', '.join(row_files())}")
    parser.add_argument("--quick", action="store_true", help="a few photos and epochs, once: to see that it runs")
    parser.add_argument("--resume", action="store_true", help="keep what the JSON file holds, measure what is missing or failed")
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="begin no cell that would not be done by then")
    parser.add_argument("--out", type=Path, help="folder of the document (default: tests/benchmarks; with --quick a temporary one)")
    parser.add_argument(
        "--accuracy", type=float, nargs=2, default=(0.93, 0.94), metavar=("HEAD", "FULL"), help="times to these (0.93 0.94)"
    )
    parser.add_argument(
        "--limit-factor", type=float, default=LIMIT_FACTOR, help="a cell is cut off after so many times what it should take"
    )
    parser.add_argument("--malloc", action="store_true", help="run every peer with tlstudio's malloc and OMP settings")
    parser.add_argument("--chart", action="store_true", help="write the README's chart even with --quick or --rows")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the document from the JSON file")
    for field in dataclasses.fields(Settings):
        if field.type == "int":
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, help=f"epochs, batch or rounds (default {field.default})")
    parser.add_argument("--set", nargs="+", metavar="KEY=VALUE", help="changes of tlstudio's recipe")
    return parser.parse_args()


def settings_of(asked: argparse.Namespace) -> Settings:
    changed = {field.name: value for field in dataclasses.fields(Settings) if (value := getattr(asked, field.name)) is not None}
    if "set" in changed:
        changed["set"] = tuple(changed["set"])
    return dataclasses.replace(QUICK if asked.quick else Settings(), **changed)


def environment(cell: Cell, home: Path, malloc: bool) -> dict[str, str]:
    """What a user has, without settings of threads and memory; nothing kept of earlier runs."""
    settings = ("OMP_", "MKL_", "MALLOC_", "GLIBC_", "KMP_", "TLSTUDIO_")
    out = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    out |= {"TLSTUDIO_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1"}
    if os.environ.get("OMP_NUM_THREADS"):  # said by whoever runs the bench, for everybody
        out["OMP_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"]
    return out | (MALLOC if sys.platform == "linux" and (cell.malloc or (malloc and not cell.own)) else {})


def rounds(wanted: list[Cell], repeats: int) -> Iterator[tuple[int, Cell]]:
    """Every cell once, then again. Groups stay in their order, as the first tell most; within one the order alternates."""
    groups: dict[str, list[Cell]] = {}
    for cell in wanted:
        groups.setdefault(cell.group, []).append(cell)
    for repeat in range(1, repeats + 1):
        for group in groups.values():
            for cell in group if repeat % 2 else reversed(group):
                if repeat <= cell.repeats:
                    yield repeat, cell


def measure(results: Results, asked: argparse.Namespace, wanted: list[Cell], source: Path, few: int) -> None:
    ends = time.monotonic() + 60 * asked.budget if asked.budget else None
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folders: dict[int, Photos] = {}
        for repeat, cell in rounds(wanted, asked.repeats):
            if asked.resume and results.has(cell.name, repeat):
                continue
            expected = results.expected_seconds(cell)
            if ends is not None and time.monotonic() + expected > ends:
                print(f"{repeat}  {cell.name}: left out, no time for it ({expected:.0f} s)", flush=True)
                continue
            if cell.times not in folders:
                folders[cell.times] = prepare(source, Path(temporary) / f"photos-{cell.times}", times=cell.times, few=few)
            sample = missing.get(cell.peer) if cell.peer else None
            if sample is None:
                try:
                    python = python_for(cell)
                except peers.PeerMissing as error:
                    missing[cell.peer] = sample = str(error)
            if sample is not None:
                results.put(cell.name, repeat, absent(sample))
                print(f"{repeat}  {cell.name}: {sample}", flush=True)
                continue
            home = Path(temporary) / "home"
            load = machine.load()
            limit = max(LEAST_LIMIT, asked.limit_factor * expected)
            found = watched(cell.command(python, folders[cell.times].folder, repeat), environment(cell, home, asked.malloc), limit)
            shutil.rmtree(home, ignore_errors=True)
            results.about["peers"] |= found["versions"]
            results.about["minutes"] = results.about.get("minutes", 0.0) + found["seconds"] / 60
            # The load of a minute ago is partly that of the cell before, which takes all cores: only more than that is somebody else's.
            results.about["busy"] = max(results.about["busy"], load if load > BUSY + (os.cpu_count() or 1) + 4 else 0.0)
            results.put(cell.name, repeat, {**found, "load": load, "ended": time.time()})
            told = found["trouble"] or f"{found['seconds']:.1f} s, {found['memory'] / 1e9:.2f} GB"
            print(f"{repeat}  {cell.name}: {told}", flush=True)


def absent(why: str) -> dict[str, Any]:
    return {
        "marks": {},
        "epochs": [],
        "again": [],
        "figures": {},
        "versions": {},
        "trouble": why,
        "seconds": 0.0,
        "memory": 0,
        "memory_summed": 0,
    }


def write(results: Results, files: Mapping[str, ModuleType], chart: Path | None) -> None:
    found: list[Row] = []
    for name, file in files.items():
        try:
            found += file.rows(results)
        except Exception as error:  # a row that cannot be made says so, the others stand
            found.append(Row(name, f"{type(error).__name__}: {error}"))
    path = results.file.with_suffix(".md")
    path.write_text(document(results, found, results.file.name), encoding="utf-8")
    print(path)
    for tone in ("light", "dark") if chart else ():
        picture = svg(results, tone)
        if picture is not None and chart is not None:
            to = chart / f"benchmarks_{tone}.svg"
            to.write_text(picture, encoding="utf-8")
            print(to)


def main() -> int:
    asked = asked_for()
    settings = settings_of(asked)
    asked.repeats = 1 if asked.quick and asked.repeats == 5 else asked.repeats
    files = {name: file for name, file in row_files().items() if not asked.rows or name in asked.rows}
    out = asked.out or (Path(tempfile.mkdtemp(prefix="bench-out-")) if asked.quick else HERE)
    out.mkdir(parents=True, exist_ok=True)
    few = 8 if asked.quick else 0
    note = ""
    if asked.photos is None and not asked.report:
        from tlstudio import api

        source, note = Path(api.sample("classification")["path"]), "; generated leaves, which are too easy to tell anything about accuracy"
    else:
        source = (asked.photos or out).absolute()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        try:
            photos = None if asked.report else prepare(source, Path(temporary) / "photos", few=few)
        except (NoPhotos, OSError) as error:
            print(error, file=sys.stderr)
            return 2
        seen = photos.to_json() if photos else {}
    results = Results(out / "BENCHMARKS.json", dict(zip(("head", "full"), asked.accuracy, strict=True)))
    had = (asked.resume or asked.report) and results.load()
    needed = {name for file in files.values() for name in file.CELLS}
    if asked.report:
        if not had:
            print(f"{results.file} holds no table", file=sys.stderr)
            return 2
        said = results.about["settings"]
        settings = Settings(**{field.name: said[field.name] for field in dataclasses.fields(Settings) if field.name in said})
        results.know(cell for cell in cells(settings) if cell.name in needed)
        return write_from(results, files, asked)
    wanted = [cell for cell in cells(settings, photos.train + photos.val if photos else 400) if cell.name in needed]
    results.know(wanted)
    chosen = {**dataclasses.asdict(settings), "set": list(settings.set), "malloc": asked.malloc, "quick": asked.quick}
    if had and (results.about["photos"] != seen or results.about["settings"] != chosen):
        print(f"{results.file} was measured with other photos or settings; leave --resume out, or name another --out", file=sys.stderr)
        return 2
    if not had:
        about = {
            "machine": machine.machine(),
            "versions": machine.versions(),
            "peers": {},
            "photos": seen,
            "photos_note": note,
            "busy": 0.0,
        }
        results.about = {**about, "settings": chosen, "commit": machine.commit()}
    results.about |= {"repeats": asked.repeats, "threads": os.environ.get("OMP_NUM_THREADS", "")}
    results.about["date"] = time.strftime("%d %B %Y")
    results.save()
    to_do = [cell for repeat, cell in rounds(wanted, asked.repeats) if not results.has(cell.name, repeat)]
    print(f"{len(to_do)} cells, about {sum(results.expected_seconds(cell) for cell in to_do) / 60:.0f} minutes", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        measure(results, asked, wanted, source, few)
    except KeyboardInterrupt:
        print("stopped; --resume goes on")
    results.save()
    return write_from(results, files, asked)


def write_from(results: Results, files: Mapping[str, ModuleType], asked: argparse.Namespace) -> int:
    whole = not (asked.quick or asked.rows or asked.out)
    write(results, files, CHART if whole else results.file.parent if asked.chart or asked.out else None)
    return 0


if __name__ == "__main__":
    sys.exit(main())

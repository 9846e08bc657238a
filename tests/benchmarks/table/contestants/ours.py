"""tlstudio, in one of two ways.

--way cli: `tlstudio train`, a process from nothing; the wall clock of its events, imports included.
--way engine: as the window does it: an engine is started and warmed first (imports), then the run is asked for, with nothing kept of
earlier runs; with --again a second one with another rate follows in the same engine, which finds what the first kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[4])]

import tlstudio
from table import said


def tell(event: dict[str, Any], stage: dict[str, str]) -> None:
    """One event of a run, in the words of the table."""
    match event.get("kind"):
        case "stage":
            stage["name"] = event["name"]
        case "cache":
            said.figure("kept", {key: event[key] for key in ("stage", "how", "bytes", "dtype", "where", "seconds", "computed", "reused")})
        case "epoch":
            figures = {key: event[key] for key in ("seconds", "images_per_second")}
            said.epoch(event["epoch"], event["val_accuracy"], event["n"], **figures, stage=stage.get("name", ""), at=event["at"])


def by_cli(asked: argparse.Namespace, changes: list[str], folder: Path) -> None:
    command = [sys.executable, "-m", "tlstudio", "train", "--data", str(asked.photos), "--strategy", asked.strategy]
    for change in changes:
        command += ["--set", change]
    subprocess.run([*command, "--run-dir", str(folder), "--json"], check=True, stdout=subprocess.DEVNULL)
    ended = time.time()
    stage: dict[str, str] = {}
    for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines():
        tell(json.loads(line), stage)
    said.mark("done", ended)


def by_engine(asked: argparse.Namespace, changes: list[str], folder: Path) -> None:
    from tlstudio.engine.client import Engine
    from tlstudio.recipe import Recipe

    recipe = Recipe().set({"data.path": str(asked.photos)}).with_strategy(asked.strategy)
    recipe = recipe.set(dict(change.split("=", 1) for change in changes))
    with Engine("bench") as engine:
        engine.request("warm", {"engine": "trainer"}).result()
        for series in ("first", "again") if asked.again else ("first",):
            if series == "again":
                recipe = recipe.set({"optimizer.lr": 0.8 * recipe.optimizer.lr})
            said.mark("imported" if series == "first" else "series")
            run = engine.request("train", {"recipe": recipe.model_dump(mode="json"), "run": str(folder / series)})
            stage: dict[str, str] = {}
            for event in run:
                tell(event.to_json(), stage)
            summary = run.result()
            said.mark("done")
            said.figure("peak_memory", summary.get("peak_memory"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--strategy", default="head")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--way", choices=("cli", "engine"), default="engine")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    said.versions(tlstudio=getattr(tlstudio, "__version__", ""))
    changes = [f"training.epochs={asked.epochs}", f"training.seed={asked.seed}", *asked.set]
    with tempfile.TemporaryDirectory() as folder:
        {"cli": by_cli, "engine": by_engine}[asked.way](asked, changes, Path(folder) / "run")


if __name__ == "__main__":
    main()

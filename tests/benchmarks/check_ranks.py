"""torchrun itself, with two processes on this machine: come to what one process comes to; lose one, go on; be told to end; a study in
which runs fail, and one that is stopped; and the way the app starts it.

    OMP_NUM_THREADS=1 nice python tests/benchmarks/check_ranks.py

Prints what happened and how long the others took to notice; exit 1 where something else came out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch
from safetensors.torch import load_file

from tests.pictures import class_folders
from tlstudio import api
from tlstudio.control import Control
from tlstudio.events import EpochEnded, Event, PrefixCached, RunFailed, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

TORCHRUN = (sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "tlstudio")


def started(*argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*TORCHRUN, *argv], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def learning(run: Run, past: int = 0) -> None:
    """Wait until an epoch after `past` is done and a checkpoint is there."""
    until = time.monotonic() + 180
    while not (run.last.exists() and any(isinstance(event, EpochEnded) and event.epoch > past for event in run.events())):
        assert time.monotonic() < until, "it does not begin"
        time.sleep(0.1)


def rank(torchrun: subprocess.Popen[str], number: int) -> psutil.Process:
    return next(child for child in psutil.Process(torchrun.pid).children() if child.environ().get("RANK") == str(number))


def said_of_tlstudio(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("tlstudio:")]


def last_of(run: Run) -> Event:
    *_, last = run.events()
    return last


def same_as_one_process(recipe: Recipe, folder: Path, name: str) -> None:
    run, alone = Run(folder / name), Run(folder / f"{name}-alone")
    file = folder / f"{name}.toml"
    file.write_text(recipe.to_toml())
    _, stderr = started("train", str(file), "--run-dir", str(run.path)).communicate(timeout=300)
    assert run.summary() is not None, stderr
    home, os.environ["TLSTUDIO_HOME"] = os.environ["TLSTUDIO_HOME"], str(folder / "other-home")  # nothing is found that the two computed
    api.train(recipe.set({"training.batch_size": 2 * recipe.training.batch_size}), str(alone.path))
    os.environ["TLSTUDIO_HOME"] = home
    losses = [[loss for event in one.events() if isinstance(event, Steps) for loss in event.loss] for one in (run, alone)]
    ours, theirs = load_file(run.best), load_file(alone.best)
    loss = max(abs(a - b) for a, b in zip(*losses, strict=True))
    weight = max(float((ours[key].double() - theirs[key].double()).abs().max()) for key in ours)
    kept = [next(event for event in one.events() if isinstance(event, PrefixCached)) for one in (run, alone)]
    print(f"{name}: {len(losses[0])} losses differ by at most {loss:.1e} from those of one process, weights by {weight:.1e};")
    print(f"  computed once: {kept[0].computed} and {kept[1].computed} images")
    assert loss < 1e-5
    assert weight < 1e-4
    assert kept[0].computed == kept[1].computed


def a_study(recipe: Recipe, folder: Path) -> None:
    (folder / "empty").mkdir()
    for title, changes in (("refused", {"data.path": str(folder / "empty")}), ("sound", {}), ("long", {"training.epochs": 100_000})):
        api.enqueue(recipe.set(changes), name="study", title=title)
    torchrun = started("study", "resume", "study")
    until = time.monotonic() + 180
    while (entries := api.study("study")["entries"])[2]["state"] != "running":
        assert time.monotonic() < until, entries
        assert torchrun.poll() is None, torchrun.communicate()
        time.sleep(0.1)
    learning(Run(Path(entries[2]["run"])))
    os.killpg(torchrun.pid, signal.SIGINT)
    began = time.monotonic()
    torchrun.communicate(timeout=60)
    states = [one["state"] for one in api.study("study")["entries"]]
    print(f"study: {states}; {entries[0]['why']} Ctrl+C: over after {time.monotonic() - began:.1f} s")
    assert states == ["failed", "done", "running"]


def one_killed(recipe: Path, folder: Path, number: int) -> None:
    run = Run(folder / f"lost-{number}")
    torchrun = started("train", str(recipe), "--run-dir", str(run.path))
    learning(run)
    rank(torchrun, number).kill()
    began = time.monotonic()
    _, stderr = torchrun.communicate(timeout=60)
    last = last_of(run)
    print(f"rank {number} killed: all over after {time.monotonic() - began:.1f} s, exit {torchrun.returncode}; {said_of_tlstudio(stderr)}")
    assert torchrun.returncode == 1
    assert isinstance(last, RunFailed), last
    assert last.what == "One of the 2 processes that train together ended", last
    assert said_of_tlstudio(stderr), stderr
    assert not run.is_live()
    if number == 0:
        return
    done = max(event.epoch for event in run.events() if isinstance(event, EpochEnded))
    again = started("resume", str(run.path))
    learning(run, done)
    print(f"  resumed by torchrun after epoch {done}; Ctrl+C")
    os.killpg(again.pid, signal.SIGINT)
    stdout, _ = again.communicate(timeout=60)
    summary = run.summary()
    assert summary is not None, "a stop keeps the best"
    print(f"  exit {again.returncode}, {summary['reason']} after epoch {summary['epochs']}: {stdout.splitlines()[0]}")
    assert (again.returncode, summary["reason"]) in ((0, "stopped"), (1, "stopped"))


def ended_from_outside(recipe: Path, folder: Path) -> None:
    run = Run(folder / "told")
    torchrun = started("train", str(recipe), "--run-dir", str(run.path))
    learning(run)
    torchrun.terminate()
    began = time.monotonic()
    _, stderr = torchrun.communicate(timeout=60)
    print(f"torchrun told to end: over after {time.monotonic() - began:.1f} s; {said_of_tlstudio(stderr)}")
    assert not run.is_live()
    assert run.last.exists()


def as_the_app_does(recipe: Recipe, folder: Path) -> None:
    control, seen = Control(), []

    def tell(event: Event) -> None:
        seen.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 3:
            control.stop()

    summary = api.train(recipe.set({"training.gpus": 2}), str(folder / "app"), tell=tell, control=control)
    receipt = Run(folder / "app").receipt()
    assert receipt is not None
    print(f"training.gpus=2: {summary['reason']} after epoch {summary['epochs']}, {len(seen)} events, {receipt['ranks']}")
    assert summary["reason"] == "stopped"
    assert receipt["ranks"]["size"] == 2


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TLSTUDIO_HOME"] = str(folder / "home")
        photos = class_folders(folder / "photos")
        base = {"data.path": str(photos), "data.image_size": 64, "data.test_share": 0.0, "training.device": "cpu"}
        recipe = Recipe().set(base | {"training.epochs": 100_000, "training.batch_size": 4})
        file = folder / "recipe.toml"
        file.write_text(recipe.to_toml())
        torch.set_num_threads(1)
        short = Recipe().set(base | {"training.epochs": 3, "training.batch_size": 4})
        same_as_one_process(short.set({"data.path": str(class_folders(folder / "more", n=80))}), folder, "head")
        whole = {"frozen.strategy": "full", "model.name": "timm/test_vit", "model.weights": "random", "training.ema": 0.9}
        same_as_one_process(short.set(whole), folder, "full")
        a_study(short, folder)
        one_killed(file, folder, 1)
        one_killed(file, folder, 0)
        ended_from_outside(file, folder)
        as_the_app_does(recipe, folder)


if __name__ == "__main__":
    main()

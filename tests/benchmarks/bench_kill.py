"""SIGKILL at random moments, of the engine that trains and of the whole process group, each followed by a resume: the weights, the figures
and the losses have to be those of a run that was left alone, to the bit.

    python tests/benchmarks/bench_kill.py [PHOTOS] [--kills 30] [--images 12] [--seed 1] [--only gradual ...]

PHOTOS: a folder of class folders; the generated sample where none is named. Every run is of the next of the ways to train below, and is
killed up to three times before it may end. Exits 1 where one differs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tlstudio import api
from tlstudio.control import Control, Tell
from tlstudio.engine.client import Engine
from tlstudio.events import EpochEnded, Event, RateChanged, RunStarted, Steps, WentBack
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

HERE = Path(__file__).parent
BASE = {"data.image_size": 64, "training.batch_size": 4, "training.epochs": 4, "data.test_share": 0.0, "training.threads": 1}
DEEP = {**BASE, "stages.head_epochs": 1, "training.epochs": 2}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "head": ("head", {**BASE, "training.epochs": 60, "head.kind": "dropout_linear"}),
    "gradual": ("gradual", {**DEEP, "augment.enabled": True}),
    "average": ("last-block", {**DEEP, "training.ema": 0.9, "training.accumulate": 2, "augment.enabled": True}),
    "full": ("full", {**DEEP, "optimizer.clip_norm": 1.0, "optimizer.kind": "sgd", "schedule.kind": "plateau"}),
    "guard": ("last-block", {**DEEP, "training.epochs": 3, "schedule.kind": "constant"}),
    "rate": ("last-block", {**DEEP, "training.epochs": 3, "training.save_minutes": 0.01}),
}
"""A strategy and changes of the recipe. guard: the loss is no number above a certain rate; rate: the user changes the rates."""


def learn(run: str, way: str, *, tell: Tell, control: Control) -> dict[str, Any]:
    """What the engine does: train or resume."""
    found = Run(Path(run))
    if way == "guard":
        _go_wild()

    def heard(event: Event) -> None:
        tell(event)
        if way == "rate" and isinstance(event, EpochEnded) and event.epoch == 2:
            control.scale_rates(0.5)

    said = found.history()
    if way == "rate" and _any(said, EpochEnded, 2) and not any(isinstance(event, RateChanged) for event in said):
        control.scale_rates(0.5)  # the user said so, but was not heard before the kill
    return api.resume(run, tell=heard, control=control)


JOBS = {"learn": learn}


def _go_wild() -> None:
    from tlstudio.training.learner import Learner

    step = Learner.step

    def stepping(self: Learner, module: Any, inputs: Any, labels: Any, number: int, **more: Any) -> Any:
        loss, logits = step(self, module, inputs, labels, number, **more)
        wild = not self.keep_features and number % 3 == 2 and self.optimizer.param_groups[0]["lr"] > 0.0002
        return (loss * float("nan") if wild else loss), logits

    Learner.step = stepping  # type: ignore[method-assign]


def drive(run: str, way: str) -> None:
    """The app: owns an engine and waits for it."""
    with Engine("trainer", jobs="bench_kill", env={**os.environ, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"}) as engine:
        for _ in engine.request("learn", {"run": run, "way": way}):
            pass


def started(run: Path, way: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--drive", str(run), way]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(app: subprocess.Popen[bytes], whole: bool) -> str:
    """SIGKILL to the engine, or to the whole group of app and engine."""
    engines = psutil.Process(app.pid).children() if app.poll() is None else []
    if app.poll() is not None:
        return "nothing: it was over"
    if whole or not engines:
        os.killpg(app.pid, signal.SIGKILL)
    else:
        engines[0].kill()
    app.wait()
    for engine in engines:
        psutil.wait_procs([engine], timeout=10)
    return "the group" if whole or not engines else "the engine"


def result(run: Run) -> tuple[dict[str, Any], dict[str, Any], list[float], list[Any]]:
    """Best weights; the last place; all losses in order; what was judged."""
    import torch
    from safetensors.torch import load_file

    said = run.history()
    last = torch.load(run.last, weights_only=True)
    losses = [loss for event in said if isinstance(event, Steps) for loss in event.loss]
    judged = [(event.epoch, event.val_loss, event.val_accuracy) for event in said if isinstance(event, EpochEnded)]
    return load_file(run.best), last["moving"], losses, judged


def differs(one: Run, other: Run) -> list[str]:
    import torch

    (best, last, losses, judged), (best2, last2, losses2, judged2) = result(one), result(other)
    out = [] if losses == losses2 else ["losses"]
    out += [] if judged == judged2 else ["epochs"]
    for name, a, b in (("best", best, best2), ("last", last, last2)):
        out += [] if a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a) else [name]
    return out


def _any(said: list[Event], kind: type[Event], epoch: int) -> bool:
    return any(isinstance(event, kind) and getattr(event, "epoch", 0) == epoch for event in said)


def _sessions(run: Run) -> int:
    return sum(isinstance(event, RunStarted) for event in run.events())


def _begun(run: Run, sessions: int, app: subprocess.Popen[bytes]) -> float:
    """Wait until one more session than that has begun; when that was."""
    while _sessions(run) <= sessions and app.poll() is None:
        time.sleep(0.05)
    return time.monotonic()


def _made(photos: Path, folder: Path, way: str) -> Run:
    strategy, changes = WAYS[way]
    return Run.create(Recipe().set({"data.path": str(photos)}).with_strategy(strategy).set(changes), folder)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(WAYS))
    asked = parser.parse_args()
    chance, failed = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        os.environ["TLSTUDIO_HOME"] = str(home / "home")
        photos = asked.photos or Path(api.sample("classification")["path"])
        for folder in sorted(path for path in photos.iterdir() if path.is_dir()):
            (home / "photos" / folder.name).mkdir(parents=True)
            for picture in sorted(folder.iterdir())[: asked.images]:
                shutil.copy(picture, home / "photos" / folder.name)
        wholes: dict[str, tuple[Run, float]] = {}
        done = runs = 0
        while done < asked.kills:
            way = asked.only[runs % len(asked.only)]
            runs += 1
            if way not in wholes:
                run = _made(home / "photos", home / f"whole-{way}", way)
                app = started(run.path, way)
                began = _begun(run, 0, app)
                assert app.wait() == 0, run.path
                wholes[way] = run, time.monotonic() - began
                said = list(run.events())
                back, changed = (sum(isinstance(event, kind) for event in said) for kind in (WentBack, RateChanged))
                print(f"{way}: {wholes[way][1]:.0f} s, {back} times gone back, {changed} changes of rates", flush=True)
            whole, seconds = wholes[way]
            run, told = _made(home / "photos", home / f"killed-{runs}", way), []
            for _ in range(min(3, asked.kills - done)):
                sessions = _sessions(run)
                app = started(run.path, way)
                if chance.random() < 0.1:
                    time.sleep(chance.uniform(0.0, 3.0))
                else:
                    _begun(run, sessions, app)
                    time.sleep(chance.uniform(0.0, 0.8) * seconds)
                killed = kill(app, whole=chance.random() < 0.5)
                last = next((event for event in reversed(list(run.events())) if isinstance(event, EpochEnded | Steps)), None)
                told.append(f"{killed} in epoch {last.epoch}" if last is not None else f"{killed} before the first step")
                done += "nothing" not in killed
                if run.summary() is not None:
                    break
            if run.summary() is None:
                assert started(run.path, way).wait() == 0, run.path
            wrong = differs(whole, run)
            failed += bool(wrong)
            print(f"{way}: killed {', '.join(told)}: {'differs in ' + ', '.join(wrong) if wrong else 'the same to the bit'}", flush=True)
    print(f"{done} kills, {failed} runs that differ")
    return int(failed > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(*sys.argv[2:4])
    else:
        sys.exit(main())

"""Record the run that comes with the program: the generated leaves, trained in stages on this computer, to be replayed anywhere.

python packaging/record_demo.py [FOLDER]        (default: resources/recorded)

Nothing in it is made up: it is the events.jsonl of a run as it was written, with the paths of this computer taken out and the few
watched pictures copied beside it, made smaller. Record it again when the events of a run change, on a computer that does nothing else:
its pace is the pace of the replay.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

RECIPE = {
    "frozen.strategy": "gradual",
    "training.epochs": 10,
    "training.batch_size": 16,
    "stages.head_epochs": 5,
    "stages.head_lr": 0.0006,  # low, so that the audience can follow
    "optimizer.lr": 0.0006,
    "optimizer.backbone_lr": 0.0002,
    "data.image_size": 128,
    "data.val_share": 0.25,
    "data.test_share": 0.0,
}
SIDE = 224  # pixels of the longer side of a watched picture
LARGEST = 200_000  # bytes of the whole folder


def main(out: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="tlstudio-"))
    os.environ["TLSTUDIO_HOME"] = str(home)
    from tlstudio import api
    from tlstudio.recipe import Recipe

    try:
        sample = api.sample()
        recipe = Recipe().with_strategy("gradual").set({**RECIPE, "data.path": sample["path"], "name": "Generated leaves"})
        run = Path(api.train(recipe, tell=lambda event: print(event.to_line()[:100]))["run"])
        shutil.rmtree(out, ignore_errors=True)
        (out / "pictures").mkdir(parents=True)
        write(run, out, recipe, Path(sample["path"]))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size:,} bytes")
    assert size < LARGEST, "too large to come with the program: train fewer epochs"


def write(run: Path, out: Path, recipe: Any, sample: Path) -> None:
    """The run as it can be shipped."""
    (out / "recipe.toml").write_text(recipe.set({"data.path": ""}).to_toml(), encoding="utf-8")
    lines = []
    for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if said["kind"] == "watched":
            said["paths"] = [picture(Path(path), out) for path in said["paths"]]
        if said["kind"] == "run_started":
            said["run"] = ""
        if said["kind"] == "run_ended":
            said["summary"] = {key: value for key, value in said["summary"].items() if key != "run"}
        if said["kind"] != "checkpoint":  # there is none in the folder
            lines.append(json.dumps(said, separators=(",", ":")))
    text = "\n".join(lines) + "\n"
    assert str(sample.parents[1]) not in text, "a path of this computer is left in the events"
    (out / "events.jsonl").write_text(text, encoding="utf-8")


def picture(path: Path, out: Path) -> str:
    """Copy a watched picture, made smaller, once; its path in the folder."""
    from PIL import Image

    copy = out / "pictures" / path.name
    if not copy.exists():
        with Image.open(path) as image:
            image.thumbnail((SIDE, SIDE))
            image.convert("RGB").save(copy, quality=80)
    return copy.relative_to(out).as_posix()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "resources" / "recorded")

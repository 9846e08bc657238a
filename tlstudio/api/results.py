"""Results: what came out of runs."""

from __future__ import annotations

from tlstudio import runs
from tlstudio.api.given import Document
from tlstudio.control import Control, Tell, silent


def evaluate(run: str, *, data: str | None = None, split: str = "val", tell: Tell = silent, control: Control | None = None) -> Document:
    """The `evaluate` document of a run's best epoch on one of its splits, or on other images."""
    from tlstudio.evaluation.evaluate import evaluate as evaluate_

    return evaluate_(runs.Run.open(run), data=data, split=split, tell=tell, control=control)


def predict(
    run: str,
    paths: list[str],
    *,
    out: str | None = None,
    flips: bool = False,
    tile: int = 0,
    every: str = "",
    tell: Tell = silent,
    control: Control | None = None,
) -> list[Document]:
    """What a run says of pictures: [{path, label, probabilities, seconds} or {path, error}]; out: a folder for predictions.csv.

    Of masks: [{path, mask, confidence, entropy, classes: {name: share}, seconds} or {path, error}]; out: a folder for them, with
    index.json; what it holds of an earlier, equal job is kept. flips, tile: see `evaluation.mask_predict.judged_image`.

    Of videos: [{path, folder, table, frames, seconds, labels or classes and overlay} or {path, error}], after those of pictures; every:
    which frames, "10" for each tenth, "0.5s" for two a second. See `evaluation.video_predict`.
    """
    from tlstudio.evaluation.predict import predict as predict_
    from tlstudio.exporting.composite import painter

    asked = runs.Run.open(run)
    return predict_(asked, paths, out=out, flips=flips, tile=tile, every=every, painter=painter, tell=tell, control=control)


def list_runs() -> list[Document]:
    """Every run of the runs folder, newest first, one row each; null where not known."""
    from tlstudio.run_rows import row

    return [row(run) for run in runs.all_runs()]


def compare(names: list[str]) -> list[Document]:
    """The rows of those runs, in that order."""
    from tlstudio.run_rows import row

    return [row(runs.Run.open(name)) for name in names]

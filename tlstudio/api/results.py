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


def list_runs(known: Document | None = None, *, tell: Tell = silent, control: Control | None = None) -> list[Document] | Document:
    """Every run of the runs folder and those opened from elsewhere, newest first, one row each; null where not known.

    known: {id, seq} of an earlier answer, {} at first: then the answer is {id, seq, paths: of all runs, newest first, rows: only those
    that are new or changed since}, and rows can be read from the index while they are found; see `run_rows.index`.
    """
    from tlstudio.run_rows import index

    return index.listed(tell, control) if known is None else index.changed(known, tell, control)


def compare(names: list[str]) -> list[Document]:
    """The rows of those runs, in that order, each with what sets it apart.

    settings: {dotted key: value} of all that differs between the recipes. against_first: the run beside the first one, on the validation
    images of both, see `run_rows.judged.document`; null for the first, and where `why_not` says why.
    """
    from tlstudio.run_rows import beside

    return beside.rows([runs.Run.open(name) for name in names])

"""Finished runs as the arms of a verdict."""

from __future__ import annotations

from tlstudio.recipe import Recipe
from tlstudio.studies import judged


def test_arms_are_named_by_what_tells_them_apart() -> None:
    head, full = Recipe(), Recipe().with_strategy("full")
    assert judged._names([head, full]) == ["Head only", "Everything"]
    longer = head.set({"training.epochs": 40})
    assert judged._names([head, longer, full]) == ["Head only, 20 epochs", "Head only, 40 epochs", "Everything"]
    assert judged._names([head, longer]) == ["20 epochs", "40 epochs"]
    part = head.set({"data.train_share": 0.5})
    assert judged._names([head, part]) == ["Head only", "Head only"], "the share of the images has a column of its own"


def test_the_run_that_fills_what_is_kept_is_not_the_slow_one() -> None:
    kept = {"how": "features", "images": 100, "views": 1, "bytes": 4000}
    first, later = {"seconds": 12.0, "kept": [{**kept, "seconds": 10.0}]}, {"seconds": 2.5, "kept": [{**kept, "seconds": 0.5}]}
    cold = judged._cold([first, later])
    assert judged._seconds(first, cold) == judged._seconds(later, cold) == 12.0
    assert judged._seconds({"seconds": 60.0}, cold) == 60.0

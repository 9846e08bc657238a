from __future__ import annotations

import numpy as np
import pytest

from tlstudio.studies.verdict import Judged, verdict


def arm(name: str, accuracy: float, *, k: int = 5, n: int = 150, share: float = 1.0, seconds: float = 10.0, luck: float = 0.02) -> Judged:
    hard = np.random.default_rng(0).permutation(n) / n
    rng = np.random.default_rng([len(name), int(1000 * accuracy)])
    scores = (hard + rng.normal(0, luck, (k, n)) < accuracy).astype(float)
    return Judged(name, scores, share, runs=[f"/runs/{name}-{i}" for i in range(k)], seeds=range(k), seconds=[seconds] * k, epochs=[20] * k)


def test_two_alike():
    said = verdict([arm("Head only", 0.9), arm("Gradual", 0.905, seconds=5)], question="Which?")
    assert said["headline"].startswith("No detectable difference between the two (95% interval -")
    assert said["headline"].endswith(" points, 5 seeds)")
    (pair,) = said["pairs"]
    assert pair["verdict"] == "none"
    assert pair["sentence"].startswith("No detectable difference between Head only and Gradual (95% interval ")
    assert pair["time"] == "Gradual took half the time"
    assert "Every run had 20 epochs, and was judged by its best one on the same 150 validation images." in said["detail"]
    assert f"Telling 1 point apart would need about {said['needed_images']:,} validation images" in said["detail"]
    assert [row["name"] for row in said["arms"]] == ["Head only", "Gradual"]
    assert said["arms"][1]["seconds"] == 5
    assert said["arms"][0]["interval"][0] < said["arms"][0]["accuracy"] < said["arms"][0]["interval"][1]
    assert said["curve"] == []


def test_the_better_one_is_named_first_whichever_order_they_come_in():
    good, bad = arm("Everything", 0.95), arm("From scratch", 0.6)
    for arms, word, sign in (([good, bad], "better", 1), ([bad, good], "worse", -1)):
        said = verdict(arms)
        (pair,) = said["pairs"]
        assert pair["verdict"] == word
        assert pair["difference"] == pytest.approx(sign * 0.35, abs=0.02)
        assert pair["sentence"].startswith("Everything is better than From scratch by 3")
        assert "(95% interval +" in pair["sentence"]
        assert said["headline"] == pair["sentence"]
        assert pair["p"] < 0.001
        assert "1 point apart" not in said["detail"]


def test_three_arms_are_seen_from_the_best_and_holm_counts_the_pairs():
    said = verdict([arm("Head only", 0.9), arm("From scratch", 0.6), arm("Everything", 0.91)])
    assert said["headline"].startswith("Everything is ahead of From scratch by 3")
    assert said["headline"].endswith("; no detectable difference between Everything and Head only")
    assert len(said["pairs"]) == 3
    assert "3 pairs" in said["detail"]
    alike = verdict([arm("A", 0.9), arm("BB", 0.9), arm("CCC", 0.9)])
    assert alike["headline"] == "No detectable difference between any of the 3 (5 seeds)"


def test_what_is_only_just_seen_alone_is_not_claimed_among_many():
    a, b = np.ones((1, 80)), np.ones((1, 80))
    b[0, :6] = 0
    alone = verdict([Judged("A", a), Judged("B", b)])
    assert alone["pairs"][0]["verdict"] == "better"
    among = verdict([Judged("A", a), Judged("B", b), Judged("C", a)])
    assert among["pairs"][0]["verdict"] == "none"
    assert among["pairs"][0]["sentence"].endswith("as several pairs were looked at")


def test_one_run_each_says_so():
    said = verdict([arm("Head only", 0.95, k=1), arm("From scratch", 0.6, k=1)])
    assert "one run each" in said["headline"]
    assert "another seed may give something else" in said["detail"]


def test_shares_of_the_data_are_compared_each_for_itself():
    figures = {0.1: (0.85, 0.5), 0.5: (0.9, 0.7), 1.0: (0.92, 0.8)}
    arms = [arm(name, value[i], share=share) for share, value in figures.items() for i, name in enumerate(("Pretrained", "From scratch"))]
    said = verdict(arms)
    assert [pair["share"] for pair in said["pairs"]] == [0.1, 0.5, 1.0]
    assert said["headline"].startswith("Pretrained is better than From scratch by 3")
    assert said["headline"].endswith("points with all of the images")
    assert "Pretrained with 10 % of the images comes to 8" in said["detail"]
    assert [point["share"] for point in said["curve"] if point["arm"] == "Pretrained"] == [0.1, 0.5, 1.0]


def test_other_budgets_are_said():
    short = Judged("Short", arm("Short", 0.9).scores, epochs=[5] * 5)
    assert "not all have the same number of epochs: Head only 20, Short 5" in verdict([arm("Head only", 0.9), short])["detail"]


def test_one_arm_and_none():
    said = verdict([arm("Head only", 0.9)])
    assert said["headline"].startswith("These 5 runs differ in the seed alone: accuracy 9")
    assert said["pairs"] == []
    assert verdict([])["headline"] == "Nothing is known yet"

from __future__ import annotations

import math

import numpy as np
import pytest

from tlstudio.studies import chance
from tlstudio.studies.student_t import quantile, two_sided


def trials(rng: np.random.Generator, n: int, k: int, *, trials: int, better: float = 0.0, of_seed: float = 0.3, of_arm: float = 0.0):
    """Pairs of arms (k, n) of zeros and ones: pictures of very different hardness, shared by both; seeds that luck sets apart;
    of_arm: pictures that one arm finds harder than the other, though not on the whole. better: share that b gets wrong besides."""
    for _ in range(trials):
        hard = rng.normal(2.5, 2.0, n)
        arms = []
        for arm in range(2):
            logits = hard + rng.normal(0, of_arm, n) + rng.normal(0, of_seed, (k, 1)) + rng.normal(0, 0.7, (k, n))
            right = rng.random((k, n)) < 1 / (1 + np.exp(-logits))
            arms.append((right & ~((arm == 1) & (rng.random((k, n)) < better))).astype(float))
        yield arms[0], arms[1]


def test_students_t_is_that_of_the_tables():
    for df, of_95 in ((1, 12.7062), (2, 4.30265), (5, 2.57058), (30, 2.04227), (1e6, 1.95997)):
        assert quantile(0.95, df) == pytest.approx(of_95, abs=1e-4)
        assert two_sided(of_95, df) == pytest.approx(0.05, abs=1e-5)
    assert two_sided(1.0, 1) == pytest.approx(0.5)  # Cauchy
    assert two_sided(0.5, 2.5) == pytest.approx(0.656, abs=2e-3)  # between the 2 and 3 of the tables: 0.6667 and 0.6514
    assert two_sided(math.inf, 3) == 0.0


@pytest.mark.parametrize(("n", "k", "of_arm"), [(80, 3, 0.0), (120, 5, 1.5)])
def test_equal_arms_are_called_different_in_one_trial_of_twenty_at_most(n, k, of_arm):
    rng = np.random.default_rng(n)
    alarms = [chance.difference(a, b).p < 0.05 for a, b in trials(rng, n, k, trials=400, of_arm=of_arm)]
    assert np.mean(alarms) <= 0.06
    for first in range(0, 400, 20):  # 18 of any 20 trials and more are right
        assert sum(alarms[first : first + 20]) <= 4


def test_a_difference_of_ten_points_is_found():
    found = [chance.difference(a, b).p < 0.05 for a, b in trials(np.random.default_rng(1), 150, 5, trials=100, better=0.11, of_seed=0.1)]
    assert np.mean(found) >= 0.95


def test_the_interval_holds_the_truth_as_often_as_it_says():
    held = []
    for a, b in trials(np.random.default_rng(2), 120, 4, trials=200, better=0.05):
        low, high = chance.difference(a, b).interval
        held.append(low <= 0.05 * a.mean() <= high)
    assert np.mean(held) >= 0.93


def test_seeds_that_differ_wildly_are_not_taken_for_a_difference_of_arms():
    a = np.zeros((3, 100))
    a[0, :95], a[1, :60], a[2, :80] = 1, 1, 1
    b = np.zeros((3, 100))
    b[0, :62], b[1, :61], b[2, :60] = 1, 1, 1
    assert chance.difference(a, b).value > 0.15
    assert chance.difference(a, b).p > 0.1
    assert chance.difference(a[:1], b[:1]).p < 1e-6  # what two single runs would have had one believe


def test_identical_arms_differ_by_nothing_and_are_not_more_sure_than_their_pictures_allow():
    same = np.tile((np.arange(100) < 90).astype(float), (3, 1))
    found = chance.difference(same, same)
    assert found.value == 0
    assert found.p == 1
    low, high = found.interval
    assert -0.05 < low < -0.01
    assert high == -low
    smooth = np.tile(np.linspace(0.2, 0.8, 30), (3, 1))  # of masks
    assert chance.difference(smooth, smooth).p == 1
    assert chance.difference(smooth, smooth).interval == (0, 0)


def test_few_pictures_told_apart_prove_nothing():
    a, b = np.ones((1, 80)), np.ones((1, 80))
    b[0, :5] = 0  # 5 to none: 0.0625 by McNemar's exact test
    assert 0.05 < chance.difference(a, b).p < 0.08
    b[0, :7] = 0  # 7 to none: 0.016
    assert 0.01 < chance.difference(a, b).p < 0.03


def test_one_picture_tells_nothing():
    found = chance.difference(np.ones((3, 1)), np.zeros((3, 1)))
    assert (found.value, found.p, found.interval) == (1.0, None, None)
    assert chance.mean(np.ones((3, 1))) == (1.0, None)


def test_the_interval_of_an_arm_is_wilsons_where_seeds_agree_and_wider_where_not():
    agree = np.tile((np.arange(100) < 90).astype(float), (5, 1))
    value, (low, high) = chance.mean(agree)
    assert value == 0.9
    assert (low, high) == pytest.approx((0.826, 0.945), abs=0.003)
    apart = np.array([np.arange(100) < right for right in (70, 98, 92, 94, 96)], float)
    assert chance.mean(apart)[0] == 0.9
    assert chance.mean(apart)[1][0] < 0.79
    assert chance.mean(np.ones((3, 50)))[1][1] == 1.0
    assert 0.9 < chance.mean(np.ones((3, 50)))[1][0] < 0.95


def test_holm():
    assert chance.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert chance.holm([]) == []


def test_how_many_pictures_tell_a_point_apart():
    of_pictures = chance.Spread(images=0.0004, seeds=0.0001, variance=0.0004, df=20)
    assert chance.needed(of_pictures, 100, 5) == (1537, 5)  # 1.96^2 x 0.04 / 0.01^2
    some_luck = chance.Spread(images=0.0004, seeds=0.00001, variance=0.00041, df=20)
    assert chance.needed(some_luck, 100, 5)[0] > 2000
    much_luck = chance.Spread(images=0.0004, seeds=0.0004, variance=0.0008, df=20)
    assert chance.needed(much_luck, 100, 5) == (3074, 154)

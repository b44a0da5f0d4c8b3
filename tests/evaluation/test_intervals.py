"""Intervals against scipy and against values by hand."""

import math

import numpy as np
import pytest
from scipy import stats as reference

from mcsan_lite.evaluation.intervals import fold_interval, score_interval, share_interval


def test_fold_interval_by_hand():
    mean, half = fold_interval([0.5, 0.6, 0.7, 0.8])
    deviation = math.sqrt((0.15**2 + 0.05**2 + 0.05**2 + 0.15**2) / 3)
    assert mean == pytest.approx(0.65)
    assert half == pytest.approx(
        3.182446305 * deviation / 2, rel=1e-8
    )  # t table: 97.5 %, 3 degrees of freedom


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_fold_interval_against_scipy(level):
    values = np.random.default_rng(0).normal(0.6, 0.02, 10)
    mean, half = fold_interval(list(values), level)
    low, high = reference.t.interval(level, 9, loc=values.mean(), scale=reference.sem(values))
    assert (mean - half, mean + half) == (pytest.approx(low), pytest.approx(high))


def test_one_fold_has_no_interval():
    mean, half = fold_interval([0.6])
    assert mean == 0.6 and math.isnan(half)
    assert fold_interval([0.6, 0.6]) == (0.6, 0.0)


@pytest.mark.parametrize(("right", "n"), [(61, 100), (0, 20), (20, 20), (1, 3)])
def test_share_interval_is_wilsons(right, n):
    p, z = right / n, 1.959963984540054
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = share_interval(p, n)
    assert (low, high) == (
        pytest.approx((centre - half) / (1 + z**2 / n), abs=1e-12),
        pytest.approx((centre + half) / (1 + z**2 / n), abs=1e-12),
    )
    assert 0 <= low <= p <= high <= 1


def test_share_interval_narrows():
    widths = [high - low for low, high in (share_interval(0.6, n) for n in (10, 100, 1000))]
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    low, high = share_interval(0.6, 100, level=0.5)
    assert high - low < widths[1]


def test_score_interval_is_over_trainings_or_over_the_utterances_of_the_only_one():
    mean, half = fold_interval([0.5, 0.6, 0.7])
    assert score_interval([0.5, 0.6, 0.7], 100) == pytest.approx((mean, mean - half, mean + half))
    assert (
        score_interval([0.9, 1.0, 0.98], 100)[2] == 1
        and score_interval([0.0, 0.1, 0.01], 100)[1] == 0
    )  # no score passes
    assert score_interval([0.6], 100) == pytest.approx((0.6, *share_interval(0.6, 100)))

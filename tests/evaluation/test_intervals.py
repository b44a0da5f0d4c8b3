"""Intervals against scipy and against values by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as reference

from mcsan_lite.evaluation.comparison import run_interval
from mcsan_lite.evaluation.intervals import (
    difference_interval,
    fold_interval,
    paired_interval,
    score_interval,
    share_interval,
    with_interval,
)


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


def test_score_interval_of_one_training_is_wilsons():
    assert score_interval([0.6], 100) == pytest.approx((0.6, *share_interval(0.6, 100)))


def test_score_interval_of_seeds_has_both_parts_at_right_angles():
    mean, half = fold_interval([0.5, 0.6, 0.7])
    low, high = share_interval(0.6, 100)
    below, above = math.hypot(half, 0.6 - low), math.hypot(half, high - 0.6)
    expected = (mean, mean - below, mean + above)
    assert score_interval([0.5, 0.6, 0.7], 100) == pytest.approx(expected)


def test_no_interval_of_a_score_passes_0_or_1():
    assert score_interval([0.9, 1.0, 0.98], 100)[2] == 1
    assert score_interval([0.0, 0.1, 0.01], 100)[1] == 0


@pytest.mark.parametrize("dtype", [object, "boolean"])
def test_a_share_with_a_gap_gets_wilsons_interval_like_one_without(dtype):
    whole = with_interval(pd.DataFrame({"right": [True] * 7 + [False]}))
    gap = pd.Series([True] * 7 + [False, None], dtype=dtype)
    pd.testing.assert_frame_equal(with_interval(pd.DataFrame({"right": gap})), whole)
    assert whole.high.item() < 1


# --- coverage: how often an interval holds the true value, in worlds where that is known ----------


def share_covered(intervals, truth):
    return np.mean([low <= truth <= high for low, high in intervals])


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_over_folds_and_seeds_cover_what_they_promise(seeds):
    """Folds share training data, and the seeds of a fold share its utterances."""
    rng = np.random.default_rng(1)
    corrected, pooled = [], []
    index = pd.MultiIndex.from_product([range(10), range(seeds)], names=["fold", "seed"])
    sizes = {"n_test": 400, "n_train": 3200}
    for _ in range(400):
        shared = rng.normal(0, 0.02 * math.sqrt(1 / 8))
        folds = rng.normal(0, 0.02, (10, 1)) + rng.normal(0, 0.01, (10, seeds))
        scores = (0.6 + shared + folds).ravel()
        grid = pd.DataFrame({"wa": scores, **sizes}, index=index).reset_index()
        test = run_interval(grid, "wa")
        corrected.append((test.low, test.high))
        mean, half = fold_interval(scores)
        pooled.append((mean - half, mean + half))
    assert 0.93 < share_covered(corrected, 0.6) < 0.99
    # What was printed before: as if folds × seeds were so many independent trainings.
    assert share_covered(pooled, 0.6) < 0.93


def test_intervals_over_folds_speak_of_the_seeds_that_were_trained():
    """A seed gives all folds the same starting weights. What that does to all of them alike is no
    spread between folds, so that nothing is promised about other seeds.
    """
    rng = np.random.default_rng(2)
    index = pd.MultiIndex.from_product([range(10), range(3)], names=["fold", "seed"])
    of_these_seeds, of_any_seed = [], []
    for _ in range(400):
        of_seed = rng.normal(0, 0.02, (1, 3))
        folds = rng.normal(0, 0.02, (10, 1)) + rng.normal(0, 0.01, (10, 3))
        scores = (0.6 + rng.normal(0, 0.02 * math.sqrt(1 / 8)) + folds + of_seed).ravel()
        grid = pd.DataFrame({"wa": scores, "n_test": 400, "n_train": 3200}, index=index)
        test = run_interval(grid.reset_index(), "wa")
        of_any_seed.append(test.low <= 0.6 <= test.high)
        of_these_seeds.append(test.low <= 0.6 + of_seed.mean() <= test.high)
    assert 0.93 < np.mean(of_these_seeds) < 0.99
    assert np.mean(of_any_seed) < 0.85


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_intervals_of_seeds_on_one_test_part_cover_what_they_promise(seeds):
    rng = np.random.default_rng(2)
    n, both, seeds_alone = 500, [], []
    for _ in range(600):
        hardness = rng.normal(0, 2, n)  # of the utterances, for every seed
        skills = rng.normal(0, 0.05, (seeds, 1))
        right = rng.normal(0, 1, (seeds, n)) + hardness < 0.8 + skills
        scores = right.mean(1)
        both.append(score_interval(scores, n)[1:])
        mean, half = fold_interval(scores)
        seeds_alone.append((mean - half, mean + half))
    truth = reference.norm.cdf(0.8 / math.sqrt(1 + 2**2 + 0.05**2))
    assert share_covered(both, truth) > 0.94
    if seeds == 5:
        assert share_covered(seeds_alone, truth) < 0.9


def test_one_test_part_has_wilsons_for_wa_and_the_seeds_for_others():
    sizes = {"n_test": 40, "n_train": 320, "fold": "official"}
    one = pd.DataFrame({"wa": [0.75], "ua": [0.7], "seed": [0], **sizes})
    test = run_interval(one, "wa")
    assert (test.low, test.high) == share_interval(0.75, 40)
    assert math.isnan(run_interval(one, "ua").low)
    many = pd.DataFrame({"wa": [0.7, 0.8], "ua": [0.6, 0.7], "seed": [0, 1], **sizes})
    assert run_interval(many, "wa").low == score_interval([0.7, 0.8], 40)[1]
    mean, half = fold_interval([0.6, 0.7])
    assert run_interval(many, "ua").low == pytest.approx(mean - half)


def test_the_interval_of_a_difference_by_hand():
    # 0.8 ± 0.03 less 0.5 ± 0.04: legs of 0.03 and 0.04 make 0.05.
    mean, low, high = difference_interval((0.8, 0.77, 0.83), (0.5, 0.46, 0.54))
    assert (mean, low, high) == pytest.approx((0.3, 0.25, 0.35))
    # Ends that face each other count: below, a's lower and b's upper one.
    _, low, high = difference_interval((0.8, 0.77, 0.92), (0.5, 0.45, 0.54))
    assert (0.3 - low, high - 0.3) == pytest.approx((0.05, 0.13))


def test_the_interval_of_a_difference_turns_round_with_it():
    a, b = (0.8, 0.77, 0.83), (0.5, 0.42, 0.54)
    mean, low, high = difference_interval(a, b)
    assert difference_interval(b, a) == pytest.approx((-mean, -high, -low))


def test_a_paired_difference_covers_trainings_and_utterances():
    of_utterances = np.tile([0.0, 1.0], 50)
    mean, low, high = paired_interval([of_utterances])
    half = 1.96 * of_utterances.std(ddof=1) / 10
    assert (mean, low, high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    of_trainings = np.outer([0.4, 0.5, 0.6], np.ones(100))
    mean, low, high = paired_interval(of_trainings)
    assert (mean, high - mean) == pytest.approx(fold_interval([0.4, 0.5, 0.6]))
    both = of_trainings + of_utterances - 0.5
    mean, low, high = paired_interval(both)
    assert high - mean == pytest.approx(np.hypot(fold_interval([0.4, 0.5, 0.6])[1], half))

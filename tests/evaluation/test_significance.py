"""Tests held against scipy, against textbook numbers, against the paper's own, and against
simulated folds.
"""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats as reference

from mcsan_lite.evaluation import bootstrap, metrics, planning
from mcsan_lite.evaluation import significance as s
from mcsan_lite.evaluation.bootstrap import (
    SCORES_OF_COUNTS,
    Resampling,
    over_seeds_and_clusters,
)

SHARE = 1 / 8  # 8:1:1


@cache
def simulated(n=2000, folds=10, seeds=1, gap=0.0, fold_sd=1.0, seed_sd=0.0):
    """(n, folds, seeds) differences. What folds share has variance SHARE fold_sd², as Nadeau &
    Bengio assume.
    """
    random = np.random.default_rng(0)
    shared = random.normal(0, fold_sd * math.sqrt(SHARE), (n, 1, 1))
    return (
        gap
        + shared
        + random.normal(0, fold_sd, (n, folds, 1))
        + random.normal(0, seed_sd, (n, folds, seeds))
    )


def found(values, share):
    return np.mean([s.corrected_t(v, share).p < 0.05 for v in values])


# The t values of the paper's printed means and deviations (10 folds): Tables 1 and 3, worked out
# by hand beforehand.
@pytest.mark.parametrize(
    ("a", "b", "t"),
    [
        ((0.612, 0.012), (0.605, 0.013), 1.25),
        ((0.612, 0.012), (0.606, 0.011), 1.17),
        ((0.612, 0.012), (0.602, 0.012), 1.86),
        ((0.612, 0.012), (0.601, 0.015), 1.81),
        ((0.612, 0.012), (0.596, 0.012), 2.98),
        ((0.612, 0.012), (0.595, 0.012), 3.17),
        ((0.612, 0.012), (0.617, 0.016), -0.79),
        ((0.612, 0.012), (0.579, 0.019), 4.64),
        ((0.560, 0.019), (0.550, 0.026), 0.98),
    ],
)
def test_welch_from_the_papers_numbers(a, b, t):
    test = s.welch_from_summary(*a, *b, n=10)
    assert round(test.statistic, 2) == t
    p = reference.ttest_ind_from_stats(*a, 10, *b, 10, equal_var=False).pvalue
    assert test.p == pytest.approx(p) and (test.low < 0 < test.high) == (p > 0.05)


def test_corrected_t_by_hand():
    differences = np.array([0.010, 0.002, 0.008, -0.004, 0.014])
    test = s.corrected_t(differences, 0.25)
    sd = math.sqrt(sum((d - 0.006) ** 2 for d in differences) / 4)
    se = sd * math.sqrt(1 / 5 + 1 / 4)
    assert (test.mean, test.se, test.df, test.n) == pytest.approx((0.006, se, 4, 5))
    assert test.statistic == pytest.approx(0.006 / se)
    assert (test.low, test.high) == pytest.approx(
        (0.006 - 2.776445 * se, 0.006 + 2.776445 * se), rel=1e-6
    )  # t table
    plain = reference.ttest_1samp(differences, 0)
    assert s.corrected_t(differences, 0).p == pytest.approx(plain.pvalue) and test.p > plain.pvalue


def test_plain_t_finds_what_is_not_there_and_the_corrected_one_does_not():
    plain, corrected = found(simulated(), 0), found(simulated(), SHARE)
    assert plain > 0.15  # three times what it promises
    assert corrected == pytest.approx(0.05, abs=0.012)


def test_seeds_are_no_folds():
    values = np.array([[0.01, 0.03], [0.00, 0.02], [0.04, 0.02]])
    assert s.corrected_t(values, SHARE) == s.corrected_t(values.mean(1), SHARE)
    # Wilcoxon's has no interval: nan, which since Python 3.13 equals no nan in a dataclass either.
    assert repr(s.wilcoxon(values)) == repr(s.wilcoxon(values.mean(1)))
    noisy = simulated(n=1000, seeds=5, seed_sd=0.3)
    counted = np.mean([s.corrected_t(v.ravel(), SHARE).p < 0.05 for v in noisy])
    assert found(noisy, SHARE) < 0.07 < counted


@pytest.mark.parametrize(
    "values", [[0.01], [0.01, 0.01, 0.01], [0.6 - 0.5, 0.7 - 0.6, 0.8 - 0.7], [0, 0]]
)
def test_no_spread_no_test(values):
    for test in (s.corrected_t(values, SHARE), s.equivalence(values, 0.01, SHARE)):
        assert (
            test.mean == pytest.approx(np.mean(values))
            and np.isnan([test.low, test.high, test.p, test.statistic]).all()
        )


@pytest.mark.parametrize("values", [[], [0.1, float("nan")], [[[0.1]]]])
def test_incomplete_values_are_refused(values):
    for call in (
        lambda: s.corrected_t(values, SHARE),
        lambda: s.wilcoxon(values),
        lambda: s.spread(values),
    ):
        with pytest.raises(ValueError, match=r"(?s)Given: .*Expected: .*Do: "):
            call()


def test_spread_splits_the_variance():
    fold_sd, seed_sd = s.spread(simulated(n=1, folds=4000, seeds=3, fold_sd=2.0, seed_sd=1.0)[0])
    assert (fold_sd, seed_sd) == pytest.approx((2, 1), rel=0.05)
    assert s.spread([[1, 3], [3, 1]]) == pytest.approx(
        (0, math.sqrt(2))
    )  # folds agree: all of it is the seeds'
    alone = s.spread([0.1, 0.2, 0.3])
    assert (
        alone[0] == pytest.approx(0.1)
        and math.isnan(alone[1])
        and math.isnan(s.spread([[1, 2]])[0])
    )


def test_wilcoxon_against_its_table():
    few = s.wilcoxon([0.01, 0.02, 0.03, 0.04, 0.05])
    assert few.p == pytest.approx(2 / 2**5) and few.p > 0.05  # all on one side, and still
    assert s.wilcoxon([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]).p == pytest.approx(2 / 2**6)
    assert s.wilcoxon([-0.01, 0.02, 0.03, 0.04, 0.05, 0.06]).p == pytest.approx(4 / 2**6)
    assert math.isnan(s.wilcoxon([0, 0, 0]).p)


def test_mcnemar():
    a, b = (
        np.repeat([1, 1, 0, 0], (50, 9, 2, 20)).astype(bool),
        np.repeat([1, 0, 1, 0], (50, 9, 2, 20)).astype(bool),
    )
    few = s.mcnemar(a, b)
    assert (
        few.p == pytest.approx(reference.binomtest(2, 11).pvalue)
        and few.mean == pytest.approx(7 / 81)
        and few.n == 81
    )
    a, b = (
        np.repeat([1, 1, 0, 0], (50, 60, 40, 20)).astype(bool),
        np.repeat([1, 0, 1, 0], (50, 60, 40, 20)).astype(bool),
    )
    many = s.mcnemar(a, b)
    assert many.statistic == pytest.approx((60 - 40 - 1) ** 2 / 100)
    assert many.p == pytest.approx(reference.chi2.sf(3.61, 1))
    with pytest.raises(ValueError, match=r"Given: .*Expected: .*Do: "):
        s.mcnemar([True], [True, False])


def test_holm_by_hand():
    assert s.holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert s.holm([0.01, float("nan"), 0.9]).tolist() == pytest.approx(
        [0.02, float("nan"), 0.9], nan_ok=True
    )
    assert np.isnan(s.holm([float("nan")])).all() and len(s.holm([])) == 0


def test_equivalence_is_not_the_absence_of_a_difference():
    steady, wild = (
        np.array([0.001, -0.001, 0.002, 0, -0.002] * 2),
        np.array([0.03, -0.03, 0.05, -0.04, 0.01] * 2),
    )
    assert (
        s.corrected_t(steady, SHARE).p > 0.05 and s.corrected_t(wild, SHARE).p > 0.05
    )  # neither differs,
    alike, unknown = s.equivalence(steady, 0.01, SHARE), s.equivalence(wild, 0.01, SHARE)
    assert alike.p < 0.05 < unknown.p  # one is shown to be alike
    assert -0.01 < alike.low < alike.high < 0.01 < unknown.high
    one_sided = [
        reference.ttest_1samp(wild, m, alternative=side).pvalue
        for m, side in ((-0.01, "greater"), (0.01, "less"))
    ]
    assert s.equivalence(wild, 0.01, 0).p == pytest.approx(max(one_sided))
    assert s.equivalence(-wild - 0.005, 0.01, 0).p == pytest.approx(
        s.equivalence(wild + 0.005, 0.01, 0).p
    )
    far = s.equivalence(steady + 0.02, 0.01, SHARE)
    assert far.p > 0.5 and far.low > 0.01
    with pytest.raises(ValueError, match="Given: margin 0"):
        s.equivalence(steady, 0, SHARE)


def test_apart_is_the_two_sided_test_without_a_margin():
    test = s.corrected_t([0.01, 0.03, 0.02, 0.05], SHARE)
    assert s.apart(test, 0).p == pytest.approx(test.p)
    assert s.apart(test, 0.01).p > test.p
    assert math.isnan(s.apart(s.corrected_t([0.1, 0.1], SHARE), 0.01).p)


def test_a_gap_within_the_margin_is_seldom_called_apart():
    """At the margin itself, the worst case, in one of twenty; against zero far more often."""
    margin = 1.0
    worlds = simulated(gap=margin)
    apart = np.mean([s.apart(s.corrected_t(v, SHARE), margin).p < 0.05 for v in worlds])
    assert 0.01 < apart < 0.06
    assert found(worlds, SHARE) > 0.3
    far = simulated(gap=4 * margin)
    assert np.mean([s.apart(s.corrected_t(v, SHARE), margin).p < 0.05 for v in far]) > 0.9


@pytest.mark.parametrize(
    ("folds", "seeds", "seed_sd"), [(10, 1, 0.0), (10, 1, 1.0), (10, 4, 1.0), (5, 2, 0.5)]
)
def test_power_is_how_often_the_corrected_test_finds_it(folds, seeds, seed_sd):
    values = simulated(folds=folds, seeds=seeds, gap=1.2, seed_sd=seed_sd)
    predicted = planning.power(1.2, s.Spread(1.0, seed_sd), folds, seeds, SHARE)
    assert found(values, SHARE) == pytest.approx(predicted, abs=0.03) and 0.3 < predicted < 0.9


def test_power_against_the_plain_t_of_statsmodels():
    from statsmodels.stats.power import TTestPower

    one, none, little, least = (s.Spread(fold_sd, 0.0) for fold_sd in (1, 0, 0.15, 0.001))
    assert planning.power(0.5, one, 20, test_share=0) == pytest.approx(
        TTestPower().power(0.5, 20, 0.05), abs=1e-6
    )
    assert planning.power(0, one, 20) == pytest.approx(0.05)
    assert (
        planning.power(0.5, none, 20)
        == planning.power(1, little, 10)
        == planning.power(1, least, 10)
        == 1
    )
    assert planning.power(0.5, one, math.inf) == pytest.approx(
        planning.power(0.5, one, 1e7), abs=1e-4
    )
    with pytest.raises(ValueError, match="Given: 1 folds"):
        planning.power(0.5, one, 1)


def test_trials_needed_for_the_papers_0_7_points():
    noise = s.Spread(0.006, 0.012)
    table = planning.trials_needed(0.007, noise).set_index("folds")
    for folds, line in table[table.seeds > 0].iterrows():
        at = lambda seeds, folds=folds: planning.power(0.007, noise, folds, seeds)  # noqa: E731
        assert at(line.seeds) >= 0.8 > at(line.seeds - 1) and line.power == at(line.seeds)
        assert line.trainings == folds * line.seeds
    assert table.seeds[10] == 0 < table.seeds[50] and table.power[10] == pytest.approx(
        planning.power(0.007, noise, 10, math.inf)
    )
    assert (
        table.enough[10] == "no number of seeds is enough"
        and table.enough[50] == f"{table.seeds[50]} seeds per fold"
    )
    # as spread as the paper's own folds are: no amount of work on this one corpus is enough
    hopeless = planning.trials_needed(0.007, s.Spread(0.012, 0.008))
    assert (
        (hopeless.seeds == 0).all()
        and hopeless.power.max() < 0.4
        and hopeless.trainings.isna().all()
    )
    steady = s.Spread(0.001, 0.001)
    assert planning.trials_needed(0.007, steady, folds=(10,)).enough.tolist() == ["1 seed per fold"]


@pytest.mark.parametrize("noise", [s.spread([0.1, 0.2, 0.3]), s.spread([[0.1, 0.2]])])
def test_a_part_of_the_spread_that_is_not_known_is_not_no_noise(noise):
    assert np.isnan(noise).any()
    for plan in (
        lambda: planning.power(0.007, noise, 10),
        lambda: planning.trials_needed(0.007, noise),
    ):
        with pytest.raises(
            ValueError, match=r"Given: Spread\(.*nan.* Expected: both parts .* Do: "
        ):
            plan()


# --- resampling


def dialogues(n=60, size=10, seed=0, strength=1.0):
    """True and two predicted labels whose errors come in whole dialogues, and the dialogue of
    every turn.
    """
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n), size)
    true = random.integers(0, 3, n * size)
    wrong = (
        random.random((2, n)).repeat(size, 1) * strength
        + random.random((2, n * size)) * (1 - strength)
        > 0.6
    )
    return true, *np.where(wrong, (true + 1) % 3, true), cluster


@pytest.mark.parametrize("score", SCORES_OF_COUNTS)
def test_resampled_scores_are_those_of_metrics(score):
    true, a, b, cluster = dialogues(strength=0)
    true[true == 2] = 1  # class 2 is only predicted
    test = over_seeds_and_clusters(true, a, b, cluster, score, Resampling(draws=10))
    reference_score = getattr(metrics, score)
    assert (
        test.mean == pytest.approx(reference_score(true, a) - reference_score(true, b))
        and test.n == 60
    )
    alone = over_seeds_and_clusters(true, a, None, cluster, score, Resampling(draws=500))
    assert (
        alone.mean == pytest.approx(reference_score(true, a))
        and alone.low < alone.mean < alone.high
    )


def test_dialogues_widen_the_interval():
    true, a, b, cluster = dialogues()
    by_dialogue = over_seeds_and_clusters(true, a, b, cluster)
    by_turn = over_seeds_and_clusters(true, a, b, np.arange(len(true)))
    assert by_dialogue.se == pytest.approx(
        math.sqrt(10) * by_turn.se, rel=0.1
    )  # ten turns say what one says
    right = (a == true).astype(float) - (b == true)
    assert by_turn.se == pytest.approx(right.std() / math.sqrt(len(true)), rel=0.05)


def test_bootstrap_holds_its_level():
    """Two equal systems: p under 0.05 about once in twenty, and the interval covers zero as often
    as it should.
    """
    few = Resampling(draws=200)
    tests = [over_seeds_and_clusters(*dialogues(seed=i), resampling=few) for i in range(300)]
    assert np.mean([t.p < 0.05 for t in tests]) < 0.09
    assert np.mean([t.low <= 0 <= t.high for t in tests]) > 0.9


def test_both_systems_are_scored_on_the_same_draw():
    true, a, _, cluster = dialogues()
    same = over_seeds_and_clusters(true, a, a, cluster)
    assert same.mean == 0 and math.isnan(same.p)  # no spread, no test
    better = a.copy()
    better[::10] = true[::10]
    ahead = over_seeds_and_clusters(true, better, a, cluster)
    assert ahead.low > 0
    assert ahead == over_seeds_and_clusters(true, better, a, cluster)
    backwards = over_seeds_and_clusters(true, a, better, cluster)
    assert backwards.mean == -ahead.mean and backwards.p < 0.05


def test_seeds_add_their_own_error():
    true, a, b, cluster = dialogues()
    twice = over_seeds_and_clusters(true, [a, a], [b, b], cluster)
    once = over_seeds_and_clusters(true, a, b, cluster)
    assert twice.se == pytest.approx(once.se)
    other = a.copy()
    other[:150] = (true[:150] + 1) % 3
    test = over_seeds_and_clusters(true, [a, other], [b, b], cluster)
    seeds = np.array([metrics.wa(true, x) - metrics.wa(true, b) for x in (a, other)])
    drawn = bootstrap._draw_difference(true, [a, other], [b, b], cluster, "wa", Resampling())
    dialogue_part = drawn.by_draw.std(ddof=1)
    assert test.mean == pytest.approx(seeds.mean())
    assert (
        test.se == pytest.approx(math.sqrt(seeds.var(ddof=1) / 2 + dialogue_part**2))
        and 1 <= test.df < once.df == 59
    )
    with pytest.raises(ValueError, match=r"Given: .*Expected: .*Do: "):
        over_seeds_and_clusters(true, a[1:], b, cluster)


def test_less_a_number_the_interval_moves_and_the_p_of_zero_is_gone():
    score = s.corrected_t(np.array([[0.5], [0.6], [0.7]]), SHARE)
    above = score.less(0.55)
    assert above.mean == pytest.approx(0.05)
    assert above.high - above.low == pytest.approx(score.high - score.low)
    assert score.p < 0.05 and above.low < 0  # the score is above 0, and not shown above 0.55
    assert math.isnan(above.p) and math.isnan(above.statistic)
    assert (above.n, above.df, above.se) == (score.n, score.df, score.se)

"""What a difference of scores allows to say: corrected tests, and equivalence.

In: scores or paired differences of folds and seeds, as shares (0.007 is 0.7 points). Out: a `Test`.
How much work a gap needs is in `planning`.

Folds of one corpus share most of their training utterances, and so their scores err together. A
plain paired t takes them for independent and finds differences that are not there (Dietterich
1998). Everything here that speaks of folds carries the correction of Nadeau & Bengio (2003).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

NAN = float("nan")


@dataclass(frozen=True)
class Test:
    """A mean with its interval and the test of "it is zero".

    `n` counts the folds, dialogues or utterances that it was made of. What a method does not give
    is nan. So is everything but the mean where nothing varies: no spread, no test.
    """

    mean: float
    low: float = NAN
    high: float = NAN
    statistic: float = NAN
    df: float = NAN
    p: float = NAN
    n: int = 0
    se: float = NAN

    def less(self, height: float) -> Test:
        """This value less a number that is taken as exact, such as the score of a floor.

        The p that was found is of "the value is zero". Of the difference nothing was tested, so
        it has none.
        """
        ends = {"low": self.low - height, "high": self.high - height}
        return replace(self, mean=self.mean - height, **ends, statistic=NAN, p=NAN)


class Spread(NamedTuple):
    """The two parts of how much scores or differences vary, as standard deviations."""

    fold_sd: float  # what another fold changes once seeds no longer matter
    seed_sd: float  # what another seed on the same fold changes


def student(mean: float, se: float, df: float, n: int, level: float = 0.95) -> Test:
    """The test of a mean from its standard error and degrees of freedom.

    Args:
        mean: the mean.
        se: its standard error.
        df: the degrees of freedom; below 1 there is no test.
        n: what the mean was counted over.
        level: the confidence of the interval, 0 to 1.
    """
    from scipy.stats import t

    if df < 1 or not se > 1e-12:
        return Test(float(mean), n=n)
    half_width = t.ppf(0.5 + level / 2, df) * se
    return Test(
        mean=float(mean),
        low=float(mean - half_width),
        high=float(mean + half_width),
        statistic=float(mean / se),
        df=float(df),
        p=float(2 * t.sf(abs(mean / se), df)),
        n=n,
        se=float(se),
    )


def _fold_means(values) -> np.ndarray:
    """(folds,) or (folds, seeds) -> (folds,).

    Seeds of a fold share its training and its test utterances. They are repeated readings of one
    observation, and counting each as one more would shrink the interval for nothing.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim not in (1, 2) or not values.size or np.isnan(values).any():
        raise ValueError(
            f"Given: values of shape {values.shape}, {np.isnan(values).sum()} of them missing. "
            "Expected: (folds,) or (folds, seeds), complete. "
            "Do: run what is missing, or leave it out on both sides."
        )
    return values if values.ndim == 1 else values.mean(1)


def corrected_t(differences: Sequence[float], test_share: float, level: float = 0.95) -> Test:
    """Corrected resampled t-test of paired differences.

    The variance of the mean over k folds is (1/k + test_share) S²: what folds share does not
    average out. Seeds are averaged within their fold first. Source: Nadeau & Bengio 2003, eq. 8.

    Args:
        differences: (folds,) or (folds, seeds).
        test_share: n_test / n_train of a fold (1/8 for 8:1:1); 0 gives the plain paired t.
        level: the confidence of the interval, 0 to 1.
    """
    folds = _fold_means(differences)
    k, deviation = len(folds), NAN
    if k > 1:
        deviation = folds.std(ddof=1)
    return student(folds.mean(), math.sqrt(1 / k + test_share) * deviation, k - 1, k, level)


def spread(values) -> Spread:
    """Split the variance of scores or differences, (folds, seeds), into that of folds and that of
    seeds.

    One-way random effects by analysis of variance. fold_sd is 0 where folds differ less than their
    seeds explain. nan stands for what was not repeated: one seed leaves both parts in fold_sd.
    """
    values = np.asarray(values, dtype=float)
    folds = _fold_means(values)
    within, seeds, fold_sd, seed_sd = 0.0, 1, NAN, NAN
    if values.ndim == 2 and values.shape[1] > 1:
        seeds = values.shape[1]
        within = values.var(axis=1, ddof=1).mean()
        seed_sd = math.sqrt(within)
    if len(folds) > 1:
        fold_sd = math.sqrt(max(0.0, folds.var(ddof=1) - within / seeds))
    return Spread(fold_sd, seed_sd)


def wilcoxon(differences: Sequence[float]) -> Test:
    """Wilcoxon's signed-rank test of paired differences, seeds averaged within their fold (scipy;
    exact for few folds).

    It asks for no bell shape, but knows nothing of what folds share: read it beside the corrected
    t, not instead. Below six folds its p cannot fall under 0.05, whatever the differences are.
    """
    from scipy import stats

    folds = _fold_means(differences).round(12)  # 0.6 - 0.5 and 0.7 - 0.6 are a tie
    if not folds.any():
        return Test(0.0, n=len(folds))
    result = stats.wilcoxon(folds)
    statistic, p = float(result.statistic), float(result.pvalue)
    return Test(float(folds.mean()), statistic=statistic, p=p, n=len(folds))


def mcnemar(right_a: Sequence[bool], right_b: Sequence[bool]) -> Test:
    """McNemar's test of two systems on the same utterances: only those that exactly one gets right
    count (statsmodels).

    Exact below 25 of these, else chi-square with continuity correction. It takes utterances for
    independent, which turns of one dialogue are not: `bootstrap` has an interval for them.

    Args:
        right_a: (N,) whether the first system is right.
        right_b: (N,) whether the second one is.

    Returns:
        The test; its mean is the difference in accuracy, a - b.
    """
    from statsmodels.stats.contingency_tables import mcnemar as reference

    a, b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(
            f"Given: {a.shape} and {b.shape} utterances. Expected: the same ones, at least one. "
            "Do: pair the predictions by id."
        )
    both, neither = int((a & b).sum()), int((~a & ~b).sum())
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    result = reference([[both, only_a], [only_b, neither]], exact=only_a + only_b < 25)
    statistic, p = float(result.statistic), float(result.pvalue)
    return Test(float(a.mean() - b.mean()), statistic=statistic, p=p, n=len(a))


def welch_from_summary(
    mean_a: float, sd_a: float, mean_b: float, sd_b: float, n: int, level: float = 0.95
) -> Test:
    """Welch's t of a - b from printed means and standard deviations: all that a paper's table
    allows.

    Indicative only: the folds are paired, which this cannot use, and share training data, which it
    does not know.

    Args:
        mean_a: the first system's mean.
        sd_a: its standard deviation over folds.
        mean_b: the second system's mean.
        sd_b: its standard deviation over folds.
        n: how many folds each has.
        level: the confidence of the interval, 0 to 1.
    """
    a, b, df = sd_a**2 / n, sd_b**2 / n, 0
    if a + b:
        df = (a + b) ** 2 / (a**2 + b**2) * (n - 1)
    return student(mean_a - mean_b, math.sqrt(a + b), df, n, level)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's (1979) adjusted p values of a family of tests (statsmodels); nan, a test that was not
    made, does not count.
    """
    from statsmodels.stats.multitest import multipletests

    adjusted = np.array(p_values, dtype=float)
    tested = np.isfinite(adjusted)
    if tested.any():
        _, adjusted[tested], *_ = multipletests(adjusted[tested], method="holm")
    return adjusted


def alike(test: Test, margin: float) -> Test:
    """Two one-sided t tests (TOST, Schuirmann 1987) that a tested difference lies within ± margin.

    A small p shows that the systems are alike; a large p of a difference does not, it only fails
    to show one.

    Args:
        test: the test of the difference.
        margin: the gap that is too small to matter, above 0.

    Returns:
        p is the larger one of the two. low and high are the 90 % interval: inside the margin
        exactly where p < 0.05.

    Raises:
        ValueError: a margin that is not above 0.
    """
    from scipy.stats import t

    if not margin > 0:
        raise ValueError(
            f"Given: margin {margin}. Expected: a gap too small to matter, above 0. "
            "Do: 0.01 is a point."
        )
    if math.isnan(test.se):
        return Test(test.mean, n=test.n)
    nearest = (margin - abs(test.mean)) / test.se
    half_width = t.ppf(0.95, test.df) * test.se
    ends = {"low": test.mean - half_width, "high": test.mean + half_width}
    return replace(test, **ends, statistic=nearest, p=float(t.sf(nearest, test.df)))


def apart(test: Test, margin: float) -> Test:
    """The test that a difference lies outside ± margin: the other side of `alike`.

    Args:
        test: the test of the difference.
        margin: the gap that is too small to matter; 0 gives the two-sided p of `test`.

    Returns:
        p that a true gap within ± margin would look as large as this one, at most; the rest is
        that of `test`.
    """
    from scipy.stats import t

    if math.isnan(test.se):
        return Test(test.mean, n=test.n)
    beyond = (abs(test.mean) - margin) / test.se
    other_side = (abs(test.mean) + margin) / test.se
    p = float(t.sf(beyond, test.df) + t.sf(other_side, test.df))
    return replace(test, statistic=beyond, p=p)


def equivalence(differences: Sequence[float], margin: float, test_share: float) -> Test:
    """`alike` of the corrected t of paired differences: is the gap within ± margin?

    Args:
        differences: (folds,) or (folds, seeds).
        margin: the gap that is too small to matter, above 0.
        test_share: n_test / n_train of a fold.
    """
    return alike(corrected_t(differences, test_share), margin)

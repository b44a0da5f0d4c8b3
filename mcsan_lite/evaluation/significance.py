"""What a difference of scores allows to say: corrected tests, equivalence, and how much work a gap of 0.7 points needs.

Scores and differences are shares (0.007 is 0.7 points). Folds of one corpus share most of their training utterances, and so
their scores err together; a plain paired t takes them for independent and finds differences that are not there
(Dietterich 1998). Everything here that speaks of folds carries the correction of Nadeau & Bengio (2003).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

NAN = float("nan")


@dataclass(frozen=True)
class Test:
    """A mean with its interval, the test of "it is zero", and what it was counted over: n folds, dialogues or utterances.

    What a method does not give is nan. So is everything but the mean where nothing varies: no spread, no test.
    """

    mean: float
    low: float = NAN
    high: float = NAN
    statistic: float = NAN
    df: float = NAN
    p: float = NAN
    n: int = 0
    se: float = NAN


def student(mean: float, se: float, df: float, n: int, level: float = 0.95) -> Test:
    """The test of a mean from its standard error and degrees of freedom."""
    from scipy.stats import t

    if df < 1 or not se > 1e-12:
        return Test(float(mean), n=n)
    half = t.ppf(0.5 + level / 2, df) * se
    return Test(
        float(mean),
        float(mean - half),
        float(mean + half),
        float(mean / se),
        float(df),
        float(2 * t.sf(abs(mean / se), df)),
        n,
        float(se),
    )


def _fold_means(values) -> np.ndarray:
    """(folds,) or (folds, seeds) -> (folds,). Seeds of a fold share its training and its test utterances: they are
    repeated readings of one observation, and counting each as one more would shrink the interval for nothing."""
    values = np.asarray(values, dtype=float)
    if values.ndim not in (1, 2) or not values.size or np.isnan(values).any():
        raise ValueError(
            f"Given: values of shape {values.shape}, {np.isnan(values).sum()} of them missing. Expected: "
            "(folds,) or (folds, seeds), complete. Do: run what is missing, or leave it out on both sides."
        )
    return values if values.ndim == 1 else values.mean(1)


def corrected_t(differences: Sequence[float], test_share: float, level: float = 0.95) -> Test:
    """Corrected resampled t-test (Nadeau & Bengio 2003, eq. 8) of paired differences, (folds,) or (folds, seeds).

    The variance of the mean over k folds is (1/k + test_share) S²: what folds share does not average out. `test_share` is
    n_test / n_train of a fold (1/8 for 8:1:1); 0 gives the plain paired t. Seeds are averaged within their fold first.
    """
    folds = _fold_means(differences)
    k = len(folds)
    deviation = folds.std(ddof=1) if k > 1 else NAN
    return student(folds.mean(), math.sqrt(1 / k + test_share) * deviation, k - 1, k, level)


def spread(values) -> tuple[float, float]:
    """(fold_sd, seed_sd) of scores or differences, (folds, seeds): one-way random effects by analysis of variance.

    seed_sd is what another seed on the same fold changes; fold_sd what another fold changes once seeds no longer matter
    (0 where folds differ less than their seeds explain). nan for what was not repeated: one seed leaves both in fold_sd.
    """
    values = np.asarray(values, dtype=float)
    folds = _fold_means(values)
    seeds = values.shape[1] if values.ndim == 2 else 1
    within = values.var(axis=1, ddof=1).mean() if seeds > 1 else 0.0
    between = math.sqrt(max(0.0, folds.var(ddof=1) - within / seeds)) if len(folds) > 1 else NAN
    return between, (math.sqrt(within) if seeds > 1 else NAN)


def wilcoxon(differences: Sequence[float]) -> Test:
    """Wilcoxon's signed-rank test of paired differences, seeds averaged within their fold (scipy; exact for few folds).

    It asks for no bell shape, but knows nothing of what folds share: read it beside the corrected t, not instead. Below
    six folds its p cannot fall under 0.05 whatever the differences are.
    """
    from scipy import stats

    folds = _fold_means(differences).round(12)  # 0.6 - 0.5 and 0.7 - 0.6 are a tie
    if not folds.any():
        return Test(0.0, n=len(folds))
    found = stats.wilcoxon(folds)
    return Test(
        float(folds.mean()), statistic=float(found.statistic), p=float(found.pvalue), n=len(folds)
    )


def mcnemar(right_a: Sequence[bool], right_b: Sequence[bool]) -> Test:
    """McNemar's test of two systems on the same utterances: only those that exactly one gets right count (statsmodels).

    Exact below 25 of these, else chi-square with continuity correction. `mean` is the difference in accuracy, a - b. It
    takes utterances for independent, which turns of one dialogue are not: resampling.py has an interval for them.
    """
    from statsmodels.stats.contingency_tables import mcnemar as reference

    a, b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(
            f"Given: {a.shape} and {b.shape} utterances. Expected: the same ones, at least one. Do: pair the "
            "predictions by id."
        )
    table = [[int((a & b).sum()), int((a & ~b).sum())], [int((~a & b).sum()), int((~a & ~b).sum())]]
    found = reference(table, exact=table[0][1] + table[1][0] < 25)
    return Test(
        float(a.mean() - b.mean()),
        statistic=float(found.statistic),
        p=float(found.pvalue),
        n=len(a),
    )


def welch_from_summary(
    mean_a: float, sd_a: float, mean_b: float, sd_b: float, n: int, level: float = 0.95
) -> Test:
    """Welch's t of a - b from printed means and standard deviations over n folds each: all that a paper's table allows.

    Indicative only: the folds are paired, which this cannot use, and share training data, which it does not know.
    """
    a, b = sd_a**2 / n, sd_b**2 / n
    df = (a + b) ** 2 / (a**2 + b**2) * (n - 1) if a + b else 0
    return student(mean_a - mean_b, math.sqrt(a + b), df, n, level)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's (1979) adjusted p values of a family of tests (statsmodels); nan, a test that was not made, does not count."""
    from statsmodels.stats.multitest import multipletests

    adjusted = np.array(p_values, dtype=float)
    if (made := np.isfinite(adjusted)).any():
        adjusted[made] = multipletests(adjusted[made], method="holm")[1]
    return adjusted


def alike(test: Test, margin: float) -> Test:
    """Two one-sided t tests (TOST, Schuirmann 1987) that a tested difference lies within ± margin: p is the larger one.

    A small p shows that the systems are alike; a large p of a difference does not, it only fails to show one. low and high
    are the 90 % interval: inside the margin exactly where p < 0.05.
    """
    from scipy.stats import t

    if not margin > 0:
        raise ValueError(
            f"Given: margin {margin}. Expected: a gap too small to matter, above 0. Do: 0.01 is a point."
        )
    if math.isnan(test.se):
        return Test(test.mean, n=test.n)
    nearest = (margin - abs(test.mean)) / test.se
    half = t.ppf(0.95, test.df) * test.se
    return replace(
        test,
        low=test.mean - half,
        high=test.mean + half,
        statistic=nearest,
        p=float(t.sf(nearest, test.df)),
    )


def equivalence(differences: Sequence[float], margin: float, test_share: float) -> Test:
    """`alike` of the corrected t of paired differences, (folds,) or (folds, seeds): is the gap within ± margin?"""
    return alike(corrected_t(differences, test_share), margin)


def power(
    gap: float,
    fold_sd: float,
    folds: float,
    seeds: float = 1,
    test_share: float = 1 / 8,
    *,
    seed_sd: float = 0.0,
    alpha: float = 0.05,
) -> float:
    """The chance that `corrected_t` at `alpha` shows a true mean difference `gap`, by the noncentral t.

    `fold_sd` and `seed_sd` are the two parts of the spread of the paired difference (see `spread`); `folds` and `seeds` may
    be inf. Seeds err apart, folds together (test_share): V = fold_sd² (1/k + share) + seed_sd² / (k seeds) is the variance
    of the mean, (fold_sd² + seed_sd² / seeds) (1/k + share) the test's estimate of it.
    """
    from scipy.stats import nct, norm, t

    if not folds >= 2 or not seeds >= 1:
        raise ValueError(
            f"Given: {folds} folds, {seeds} seeds. Expected: at least 2 folds and 1 seed. Do: one fold has no "
            "spread to test against."
        )
    true = fold_sd**2 * (1 / folds + test_share) + seed_sd**2 / (folds * seeds)
    estimated = (fold_sd**2 + seed_sd**2 / seeds) * (1 / folds + test_share)
    if not true > 0:
        return 1.0 if gap else alpha
    shift, df = abs(gap) / math.sqrt(true), folds - 1
    limit = (norm.isf(alpha / 2) if math.isinf(df) else t.isf(alpha / 2, df)) * math.sqrt(
        estimated / true
    )
    curve = norm(shift) if math.isinf(df) else nct(df, shift)
    return float(
        curve.sf(limit) + np.nan_to_num(curve.cdf(-limit))
    )  # scipy: nan where that tail is below 1e-40


def trials_needed(
    gap: float,
    fold_sd: float,
    seed_sd: float,
    test_share: float = 1 / 8,
    *,
    wanted: float = 0.8,
    folds: Sequence[float] = (5, 10, 20, 50, 100, math.inf),
    most: int = 10_000,
) -> pd.DataFrame:
    """For each number of folds: how many seeds a fold show `gap` with a chance of `wanted` (alpha 0.05, two-sided).

    Columns folds, seeds (0 where no number up to `most` is enough), trainings (pairs), power (with these seeds, or with
    endless ones), enough. More seeds shrink only seed_sd, and more folds of one corpus (repeated cross-validation) shrink
    only what folds do not share. Where even endless folds and seeds stay below `wanted`, the last line says so, and only
    another corpus, or a larger one, can show the gap.
    """
    lines = []
    for k in folds:
        seeds, low = 0, 0
        if power(gap, fold_sd, k, most, test_share, seed_sd=seed_sd) >= wanted:
            seeds = most
            while seeds - low > 1:  # power rises with seeds
                middle = (low + seeds) // 2
                enough = power(gap, fold_sd, k, middle, test_share, seed_sd=seed_sd) >= wanted
                low, seeds = (low, middle) if enough else (middle, seeds)
        reached = power(gap, fold_sd, k, seeds or math.inf, test_share, seed_sd=seed_sd)
        lines.append(
            {
                "folds": k,
                "seeds": seeds,
                "trainings": k * seeds if seeds else NAN,
                "power": reached,
                "enough": f"{seeds} seed{'s' * (seeds > 1)} a fold"
                if seeds
                else "no number of seeds is enough",
            }
        )
    return pd.DataFrame(lines)

"""How much work a gap of 0.7 points needs: the power of the corrected t test.

In: a gap and how much it varies, as shares (0.007 is 0.7 points). Out: the chance to show it, or
how many trainings show it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mcsan_lite.evaluation.significance import NAN, Spread


def power(
    gap: float,
    noise: Spread,
    folds: float,
    seeds: float = 1,
    test_share: float = 1 / 8,
    *,
    alpha: float = 0.05,
) -> float:
    """The chance that `corrected_t` at `alpha` shows a true mean difference `gap`, by the
    noncentral t.

    Seeds err apart, folds together (test_share): V = fold_sd² (1/k + share) + seed_sd² / (k seeds)
    is the variance of the mean, (fold_sd² + seed_sd² / seeds) (1/k + share) the test's estimate of
    it.

    Args:
        gap: the true mean difference, a share.
        noise: the two parts of the spread of the paired difference, as `spread` gives them.
        folds: how many there are, 2 to inf.
        seeds: how many there are in each fold, 1 to inf.
        test_share: n_test / n_train of a fold.
        alpha: the p below which a difference counts as shown.

    Raises:
        ValueError: fewer than 2 folds or 1 seed, or a part of the noise that is not known (nan).
    """
    from scipy.stats import nct, norm, t

    if not folds >= 2 or not seeds >= 1:
        raise ValueError(
            f"Given: {folds} folds, {seeds} seeds. Expected: at least 2 folds and 1 seed. "
            "Do: one fold has no spread to test against."
        )
    if np.isnan(noise).any():
        raise ValueError(
            f"Given: {noise}. Expected: both parts of the spread. "
            "Do: give `spread` at least 2 folds with 2 seeds each."
        )
    fold_sd, seed_sd = noise
    true = fold_sd**2 * (1 / folds + test_share) + seed_sd**2 / (folds * seeds)
    estimated = (fold_sd**2 + seed_sd**2 / seeds) * (1 / folds + test_share)
    if not true > 0:
        return 1.0 if gap else alpha
    shift, df = abs(gap) / math.sqrt(true), folds - 1
    if math.isinf(df):
        critical, curve = norm.isf(alpha / 2), norm(shift)
    else:
        critical, curve = t.isf(alpha / 2, df), nct(df, shift)
    limit = critical * math.sqrt(estimated / true)
    far_tail = np.nan_to_num(curve.cdf(-limit))  # scipy: nan where that tail is below 1e-40
    return float(curve.sf(limit) + far_tail)


def _fewest_seeds(
    gap: float, noise: Spread, folds: float, test_share: float, *, wanted: float, most: int
) -> int:
    """The smallest number of seeds up to `most` whose power is `wanted` or more; 0 where there is
    none.
    """
    if power(gap, noise, folds, most, test_share) < wanted:
        return 0
    too_few, enough = 0, most
    while enough - too_few > 1:  # power rises with seeds, so halving finds the border
        middle = (too_few + enough) // 2
        if power(gap, noise, folds, middle, test_share) >= wanted:
            enough = middle
        else:
            too_few = middle
    return enough


def trials_needed(
    gap: float,
    noise: Spread,
    test_share: float = 1 / 8,
    *,
    wanted: float = 0.8,
    folds: Sequence[float] = (5, 10, 20, 50, 100, math.inf),
    most: int = 10_000,
) -> pd.DataFrame:
    """For each number of folds: how many seeds per fold show `gap` with a chance of `wanted`
    (alpha 0.05, two-sided).

    More seeds shrink only seed_sd, and more folds of one corpus (repeated cross-validation) shrink
    only what folds do not share. Where even endless folds and seeds stay below `wanted`, the last
    row says so, and only another corpus, or a larger one, can show the gap.

    Args:
        gap: the true mean difference, a share.
        noise: the two parts of the spread of the paired difference, as `spread` gives them.
        test_share: n_test / n_train of a fold.
        wanted: the chance that is asked for.
        folds: the numbers of folds to try.
        most: the largest number of seeds to try.

    Returns:
        One row per number of folds: folds, seeds (0 where no number up to `most` is enough),
        trainings (pairs), power (with these seeds, or with endless ones), enough (the same in
        words).

    Raises:
        ValueError: as `power`, for a part of the noise that is not known.
    """
    rows = []
    for k in folds:
        seeds = _fewest_seeds(gap, noise, k, test_share, wanted=wanted, most=most)
        in_words = f"{seeds} seed{'s' * (seeds > 1)} per fold"
        rows.append(
            {
                "folds": k,
                "seeds": seeds,
                "trainings": k * seeds if seeds else NAN,
                "power": power(gap, noise, k, seeds or math.inf, test_share),
                "enough": in_words if seeds else "no number of seeds is enough",
            }
        )
    return pd.DataFrame(rows)

"""Intervals: no mean without one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fold_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Mean over folds or seeds and the half-width of its Student-t interval (nan for a single value)."""
    from scipy.stats import t

    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float(values.mean()), float("nan")
    return float(values.mean()), float(t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)


def share_interval(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (low, high) for a share of n utterances: one model on one test set."""
    from scipy.stats import binomtest

    result = binomtest(round(share * n), n).proportion_ci(level, method="wilson")
    return float(result.low), float(result.high)


def score_interval(values: Sequence[float], n: int) -> tuple[float, float, float]:
    """Mean, low and high of an accuracy: over folds and seeds, or over its n utterances where there is one training."""
    mean, half = fold_interval(values)
    return (mean, mean - half, mean + half) if len(values) > 1 else (mean, *share_interval(mean, n))

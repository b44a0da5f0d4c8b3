"""Intervals: no mean without one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def fold_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Mean over folds or seeds and the half-width of its Student-t interval (nan for a single value)."""
    from scipy.stats import t

    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float(values.mean()), float("nan")
    return float(values.mean()), float(
        t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    )


def share_interval(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (low, high) for a share of n utterances: one model on one test set."""
    from scipy.stats import binomtest

    result = binomtest(round(share * n), n).proportion_ci(level, method="wilson")
    return float(result.low), float(result.high)


def score_interval(values: Sequence[float], n: int) -> tuple[float, float, float]:
    """Mean, low and high of an accuracy: over folds and seeds (cut at 0 and 1, which no score can pass), or over its n
    utterances where there is one training."""
    mean, half = fold_interval(values)
    return (
        (mean, max(0.0, mean - half), min(1.0, mean + half))
        if len(values) > 1
        else (mean, *share_interval(mean, n))
    )


def reliability(prob: np.ndarray, true: Sequence[int], bins: int = 10) -> pd.DataFrame:
    """How often a model is right when it is so sure: utterances in `bins` equal steps of their highest probability.

    `prob`: (N, C), rows sum to 1; `true`: (N,) class numbers. A line a bin: low, high (its edges), n, confidence and
    accuracy (means; nan in an empty bin), accuracy_low and accuracy_high (Wilson, 95 %; utterances as if independent).
    """
    prob, true = np.asarray(prob, dtype=float), np.asarray(true)
    if (
        prob.ndim != 2
        or true.shape != prob.shape[:1]
        or not len(true)
        or not np.allclose(prob.sum(1), 1, atol=1e-3)
    ):
        raise ValueError(
            f"Given: probabilities {prob.shape} and {true.shape} true classes. Expected: (N, C) with rows that "
            "sum to 1, and (N,). Do: softmax the logits, and pair by id."
        )
    sure, right = prob.max(1), prob.argmax(1) == true
    edges = np.linspace(0, 1, bins + 1)
    of = np.minimum(
        (sure * bins).astype(int), bins - 1
    )  # a bin holds its lower edge, the last one 1.0 as well
    lines = []
    for i in range(bins):
        line = {"low": edges[i], "high": edges[i + 1], "n": int((of == i).sum())}
        if line["n"]:
            line |= {
                "confidence": float(sure[of == i].mean()),
                "accuracy": float(right[of == i].mean()),
            }
            line["accuracy_low"], line["accuracy_high"] = share_interval(
                line["accuracy"], line["n"]
            )
        lines.append(line)
    return pd.DataFrame(lines)


def calibration_error(table: pd.DataFrame) -> float:
    """ECE of a `reliability` table: |accuracy - confidence| averaged over its utterances (Guo et al. 2017, eq. 3)."""
    return float(((table.accuracy - table.confidence).abs() * table.n).sum() / table.n.sum())

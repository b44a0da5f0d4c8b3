"""Intervals: no mean without one.

In: scores of folds or seeds, shares of utterances, or whole tables of them. Out: means with their
95 % intervals, and the table of how often a model is right when it is so sure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def fold_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Mean over folds or seeds, and the half-width of its Student-t interval.

    Args:
        values: (folds,) one value per fold or seed.
        level: the confidence, 0 to 1.

    Returns:
        (mean, half-width); the half-width of a single value is nan.
    """
    from scipy.stats import t

    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float(values.mean()), float("nan")
    quantile = t.ppf(0.5 + level / 2, len(values) - 1)
    half_width = quantile * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean()), float(half_width)


def share_interval(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share: one model on one test set.

    Args:
        share: 0 to 1, of `n` utterances.
        n: how many utterances there are.
        level: the confidence, 0 to 1.

    Returns:
        (low, high).
    """
    from scipy.stats import binomtest

    result = binomtest(round(share * n), n).proportion_ci(level, method="wilson")
    return float(result.low), float(result.high)


def at_chance(trainings: pd.DataFrame, chance: float) -> pd.Series:
    """Which trainings end where guessing ends: Wilson's interval does not lie above it.

    Args:
        trainings: wa (a share) and n_test of each training.
        chance: what guessing gives, as a share.

    Returns:
        True or False for each training.
    """
    pairs = zip(trainings.wa, trainings.n_test, strict=True)
    intervals = [share_interval(wa, int(n_test)) for wa, n_test in pairs]
    return pd.Series([low for low, _ in intervals], trainings.index) <= chance


def score_interval(values: Sequence[float], n: int) -> tuple[float, float, float]:
    """Mean, low and high of an accuracy: one test part, one training or several seeds.

    Two things could have come out otherwise. Other utterances could have been tested, for which
    Wilson's interval stands; and other seeds could have been trained, for which Student's stands
    over those at hand. Their half-widths are added as the legs of a right angle (Zou & Donner
    2008, the method of variance estimates recovery). A single training has no second part: another
    seed may say otherwise. Folds are tested on other utterances each and share what they are
    trained on; `comparison.run_interval` is for them.

    Args:
        values: one accuracy per seed.
        n: how many utterances each training was tested on.
    """
    mean, seeds_half_width = fold_interval(values)
    low, high = share_interval(mean, n)
    if len(values) == 1:
        return mean, low, high
    below, above = np.hypot(seeds_half_width, (mean - low, high - mean))
    return mean, max(0.0, float(mean - below)), min(1.0, float(mean + above))


def paired_interval(differences: np.ndarray) -> tuple[float, float, float]:
    """Mean, low and high of a difference that was measured on the same utterances and trainings.

    As in `score_interval`, the half-widths over trainings (Student) and over utterances (normal)
    are added as the legs of a right angle. A single training has no first part.

    Args:
        differences: (trainings, utterances).
    """
    differences = np.asarray(differences, dtype=float)
    trainings, utterances = differences.shape
    mean, of_trainings = fold_interval(differences.mean(axis=1))
    of_utterances = 1.96 * differences.mean(axis=0).std(ddof=1) / np.sqrt(utterances)
    half = float(of_utterances if trainings == 1 else np.hypot(of_trainings, of_utterances))
    return mean, mean - half, mean + half


def difference_interval(
    a: tuple[float, float, float], b: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Mean, low and high of a - b from two means with their intervals, taken as independent.

    The distances to the ends that face each other are added as the legs of a right angle (Zou &
    Donner 2008). Where both were measured on the same utterances, the true interval is narrower.

    Args:
        a: mean, low and high.
        b: the same of what is subtracted.
    """
    mean_a, low_a, high_a = a
    mean_b, low_b, high_b = b
    below = np.hypot(mean_a - low_a, high_b - mean_b)
    above = np.hypot(high_a - mean_a, mean_b - low_b)
    mean = mean_a - mean_b
    return mean, float(mean - below), float(mean + above)


def with_interval(table: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Mean, low, high and n of each column over its rows: Wilson's for bool, else Student's t.

    Args:
        table: one row per utterance; nan is left out.
        level: the confidence, 0 to 1.

    Returns:
        One row per column of `table`.
    """
    rows = []
    for name in table:
        column = table[name].dropna().infer_objects()  # bool with a gap is an object column
        mean, half_width = fold_interval(column, level)
        low, high = mean - half_width, mean + half_width
        if pd.api.types.is_bool_dtype(column):
            low, high = share_interval(mean, len(column), level)
        rows.append((mean, low, high, len(column)))
    return pd.DataFrame(rows, table.columns, ["mean", "low", "high", "n"])


def reliability(prob: np.ndarray, true: Sequence[int], bins: int = 10) -> pd.DataFrame:
    """How often a model is right when it is so sure.

    Args:
        prob: (N, C) probabilities, whose rows sum to 1.
        true: (N,) class numbers.
        bins: how many equal steps of the highest probability there are.

    Returns:
        One row per bin: low and high (its edges), n, confidence and accuracy (means; nan in an
        empty bin), accuracy_low and accuracy_high (Wilson, 95 %, as if utterances were
        independent).

    Raises:
        ValueError: shapes that do not fit each other, or rows that do not sum to 1.
    """
    prob, true = np.asarray(prob, dtype=float), np.asarray(true)
    paired = prob.ndim == 2 and true.shape == prob.shape[:1] and len(true) > 0
    if not paired or not np.allclose(prob.sum(1), 1, atol=1e-3):
        raise ValueError(
            f"Given: probabilities {prob.shape} and {true.shape} true classes. "
            "Expected: (N, C) with rows that sum to 1, and (N,). "
            "Do: softmax the logits, and pair by id."
        )
    confidence, right = prob.max(1), prob.argmax(1) == true
    edges = np.linspace(0, 1, bins + 1)
    # A bin holds its lower edge, and the last one 1.0 as well.
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    rows = []
    for i in range(bins):
        inside = bin_of == i
        row = {"low": edges[i], "high": edges[i + 1], "n": int(inside.sum())}
        if row["n"]:
            row["confidence"] = float(confidence[inside].mean())
            row["accuracy"] = float(right[inside].mean())
            low, high = share_interval(row["accuracy"], row["n"])
            row["accuracy_low"], row["accuracy_high"] = low, high
        rows.append(row)
    return pd.DataFrame(rows)


def calibration_error(table: pd.DataFrame) -> float:
    """ECE of a `reliability` table: |accuracy - confidence| averaged over its utterances.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", eq. 3.
    """
    return float(((table.accuracy - table.confidence).abs() * table.n).sum() / table.n.sum())

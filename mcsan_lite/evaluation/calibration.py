"""Is a model as sure as it is right? One number, fitted on validation, makes it so.

In: class probabilities, and the true classes. Out: a temperature; the same probabilities at that
temperature; the calibration error before and after; and what an answer is worth that is only given
where the model is sure enough.

A temperature of 2 halves the differences between the logits, and one below 1 sharpens them. The
order of the classes stays, so no score of a table changes (C. Guo et al. 2017, "On Calibration of
Modern Neural Networks", section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcsan_lite.evaluation.intervals import calibration_error, reliability, share_interval

# Below this probability of its first class, a calibrated answer is more likely wrong than right.
ABSTAIN_BELOW = 0.5
_LEAST = 1e-30  # a probability that float32 rounded to 0
_RANGE = (0.05, 20.0)  # of temperatures


def with_temperature(prob: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities as they would be with all logits divided by a temperature.

    Args:
        prob: (..., C) probabilities, whose rows sum to 1.
        temperature: above 0; 1 changes nothing.

    Returns:
        (..., C) in float64, with the classes in the same order of likelihood.

    Raises:
        ValueError: for a temperature that is not above 0.
    """
    if not temperature > 0:
        raise ValueError(
            f"Given: temperature {temperature}. Expected: a number above 0. "
            "Do: take the one that fit_temperature returns."
        )
    logits = np.log(np.maximum(np.asarray(prob, dtype=float), _LEAST)) / temperature
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def negative_log_likelihood(prob: np.ndarray, true: Sequence[int]) -> float:
    """Mean of -log p(true class), in nats: the lower, the better.

    Args:
        prob: (N, C) probabilities.
        true: (N,) class numbers.
    """
    true = np.asarray(true)
    of_truth = np.asarray(prob, dtype=float)[np.arange(len(true)), true]
    return float(-np.log(np.maximum(of_truth, _LEAST)).mean())


def fit_temperature(prob: np.ndarray, true: Sequence[int]) -> float:
    """The temperature with the least negative log-likelihood, between 0.05 and 20.

    No finite validation part proves certainty: where all N answers are right, likelihood alone
    would sharpen without end. So the true class counts as (N + 1) / (N + 2) true, and the rest is
    shared by the other classes (J. Platt 1999, "Probabilistic Outputs for Support Vector
    Machines", section 2.2).

    Args:
        prob: (N, C) probabilities of the validation part, never of the test part.
        true: (N,) class numbers.

    Raises:
        ValueError: as `reliability` does, for shapes that do not fit each other.
    """
    from scipy.optimize import minimize_scalar

    reliability(prob, true)  # refuses what is not paired
    prob = np.asarray(prob, dtype=float)
    count, classes = prob.shape
    target = np.full(prob.shape, 1 / (count + 2) / max(1, classes - 1))
    target[np.arange(count), np.asarray(true)] = (count + 1) / (count + 2)

    def loss(log_temperature: float) -> float:
        at_temperature = with_temperature(prob, np.exp(log_temperature))
        return -(target * np.log(np.maximum(at_temperature, _LEAST))).sum(1).mean()

    found = minimize_scalar(loss, bounds=tuple(np.log(_RANGE)), method="bounded")
    return float(np.exp(found.x))


def expected_calibration_error(prob: np.ndarray, true: Sequence[int], bins: int = 10) -> float:
    """ECE: how far the probability of the first class is from the share of right answers.

    Args:
        prob: (N, C) probabilities.
        true: (N,) class numbers.
        bins: as for `reliability`.
    """
    return calibration_error(reliability(prob, true, bins))


@dataclass(frozen=True)
class Answered:
    """What is left where a model abstains from what it is not sure of.

    Attributes:
        share: of the utterances that are answered.
        accuracy: of those answers; nan where there is none.
        low: of Wilson's 95 % interval of the accuracy.
        high: of the same.
        n: how many are answered.
    """

    share: float
    accuracy: float
    low: float
    high: float
    n: int


def answered(
    prob: np.ndarray, true: Sequence[int], abstain_below: float = ABSTAIN_BELOW
) -> Answered:
    """How many utterances are answered, and how many of those answers are right.

    Args:
        prob: (N, C) calibrated probabilities.
        true: (N,) class numbers.
        abstain_below: no answer where the first class is less probable.
    """
    prob, true = np.asarray(prob, dtype=float), np.asarray(true)
    given = prob.max(1) >= abstain_below
    count = int(given.sum())
    if not count:
        return Answered(0.0, float("nan"), float("nan"), float("nan"), 0)
    accuracy = float((prob[given].argmax(1) == true[given]).mean())
    low, high = share_interval(accuracy, count)
    return Answered(count / len(true), accuracy, low, high, count)

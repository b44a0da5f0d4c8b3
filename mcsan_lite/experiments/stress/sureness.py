"""How sure a model is, and how right: calibration with an interval, and what luck alone gives.

In: probabilities of one or several trainings on the same utterances. Out: the expected calibration
error, and the confidence beside it.

The error is never below zero, so that a perfectly calibrated model has one too: of 200 utterances,
some bins are right more often than they are sure, and others less. `by_luck` says how much that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mcsan_lite.evaluation.significance import student

_BINS = 10
_DRAWS = 400


class Sureness(NamedTuple):
    """Calibration of a model, the mean over its trainings.

    Attributes:
        ece: expected calibration error (Guo et al. 2017, eq. 3), 0 to 1.
        low: of its 95 % interval, over utterances and trainings.
        high: as `low`.
        by_luck: the error that the same confidences give on average where they are exactly right.
        luck_high: luck gives more than this in one case of forty.
        confidence: the mean highest probability.
    """

    ece: float
    low: float
    high: float
    by_luck: float
    luck_high: float
    confidence: float


def sureness(prob: np.ndarray, true: Sequence[int], clusters: Sequence, seed: int = 0) -> Sureness:
    """How far a model is from being right as often as it is sure.

    Args:
        prob: (trainings, n, C).
        true: (n,) class numbers.
        clusters: (n,) what is drawn as a whole for the interval, such as the dialogue.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    names, cluster_of = np.unique(np.asarray(clusters), return_inverse=True)
    n = len(names)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=_DRAWS)[:, cluster_of]  # (draws, n)
    errors, drawn, lucky = [], np.zeros(_DRAWS), []
    for of_training in prob:
        confidence = of_training.max(1)
        right = of_training.argmax(1) == true
        once = np.ones((1, len(right)))
        errors.append(float(_error(confidence, right[None], once)[0]))
        drawn += _error(confidence, right[None], weights) / len(prob)
        as_sure = rng.random((_DRAWS, len(right))) < confidence
        lucky.append(_error(confidence, as_sure, once))
    of_trainings = np.var(errors, ddof=1) / len(errors) if len(errors) > 1 else 0.0
    of_clusters = drawn.var(ddof=1)
    total = of_trainings + of_clusters
    shares = of_trainings**2 / max(1, len(errors) - 1) + of_clusters**2 / max(1, n - 1)
    df = total**2 / shares if shares else np.inf  # Satterthwaite, as in evaluation.bootstrap
    own = student(float(np.mean(errors)), float(np.sqrt(total)), df, n, 0.95)
    low, high = np.clip((own.low, own.high), 0, 1)
    luck_high = np.quantile(lucky, 0.975, axis=1).mean()  # of each training, then their mean
    confidence = float(prob.max(2).mean())
    ends = (float(low), float(high))
    return Sureness(own.mean, *ends, float(np.mean(lucky)), float(luck_high), confidence)


def _error(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """ECE of every draw: (n,), then (draws or 1, n) twice -> (draws,)."""
    bin_of = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = (right - confidence) * weights  # (draws, n)
    inside = np.eye(_BINS)[bin_of]  # (n, bins)
    return np.abs(gaps @ inside).sum(1) / weights.sum(1)

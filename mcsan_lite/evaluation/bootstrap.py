"""One test part, drawn again: intervals where there are no folds, by whole dialogues."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mcsan_lite.evaluation.significance import NAN, Test, student


def _wa(counts: np.ndarray) -> np.ndarray:
    return np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))


def _ua(counts: np.ndarray) -> np.ndarray:
    n = counts.sum(-1)
    recall = np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(n, 1)
    return recall.sum(-1) / (n > 0).sum(
        -1
    )  # a class that a draw misses is left out, as in metrics.ua


def _weighted_f1(counts: np.ndarray) -> np.ndarray:
    n, predicted = counts.sum(-1), counts.sum(-2)
    f1 = 2 * np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(n + predicted, 1)
    return (f1 * n).sum(-1) / n.sum(-1)


SCORES = {
    "wa": _wa,
    "ua": _ua,
    "weighted_f1": _weighted_f1,
}  # from (..., true, predicted) counts; metrics.py has the rest


def _by_cluster(
    true, predicted, clusters, score: str, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """(seeds,) scores, (draws,) seed means when whole clusters are drawn with replacement, and the number of clusters."""
    predicted = np.atleast_2d(predicted)
    true, clusters = np.asarray(true), np.asarray(clusters)
    if not len(true) or len(clusters) != len(true) or predicted.shape[1:] != true.shape:
        raise ValueError(
            f"Given: {true.shape} true labels, {predicted.shape} predicted ones, {clusters.shape} clusters. "
            "Expected: one of each an utterance. Do: pair the predictions by id."
        )
    names, where = np.unique(clusters, return_inverse=True)
    classes, n = int(max(true.max(), predicted.max())) + 1, len(names)
    weights = np.random.default_rng(seed).multinomial(
        n, np.full(n, 1 / n), size=draws
    )  # (draws, clusters)
    found, drawn = [], np.zeros(draws)
    for row in predicted:
        counts = np.zeros((n, classes, classes))
        np.add.at(counts, (where, true, row), 1)
        found.append(SCORES[score](counts.sum(0)))
        # (draws, clusters) @ (clusters, classes²) -> (draws, classes, classes)
        drawn += SCORES[score](
            (weights @ counts.reshape(n, -1)).reshape(draws, classes, classes)
        ) / len(predicted)
    return np.array(found), drawn, n


def cluster_bootstrap(
    true: Sequence[int],
    a,
    b,
    clusters: Sequence,
    score: str = "wa",
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Test:
    """score(a) - score(b) on one test part, with a percentile interval over its dialogues (Field & Welsh 2007).

    Turns of a dialogue share their speakers, room and topic, so whole dialogues are drawn with replacement, the same ones
    for both systems. `a`, `b`: predicted classes, (utterances,) or (seeds, utterances); `clusters`: the dialogue of every
    utterance; `score`: "wa", "ua" or "weighted_f1". b None: the score of `a` itself, without a p. This is the error from
    having tested on these dialogues; that of having trained with these seeds is added by `over_seeds_and_clusters`.
    """
    mean, drawn, n = _paired_draws(true, a, b, clusters, score, draws, seed)
    if n < 2 or np.ptp(drawn) < 1e-12:
        return Test(float(mean.mean()), n=n)
    low, high = np.quantile(drawn, (0.5 - level / 2, 0.5 + level / 2))
    tail = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return Test(
        float(mean.mean()),
        float(low),
        float(high),
        p=NAN if b is None else min(1.0, 2 * (tail + 1) / (draws + 1)),
        n=n,
        se=float(drawn.std(ddof=1)),
    )


def _paired_draws(true, a, b, clusters, score, draws, seed) -> tuple[np.ndarray, np.ndarray, int]:
    """Differences a - b: (seeds,), (draws,), and the number of clusters. The seed makes both draw the same clusters."""
    of_a, drawn_a, n = _by_cluster(true, a, clusters, score, draws, seed)
    if b is None:
        return of_a, drawn_a, n
    of_b, drawn_b, _ = _by_cluster(true, b, clusters, score, draws, seed)
    return of_a - of_b, drawn_a - drawn_b, n


def over_seeds_and_clusters(
    true: Sequence[int],
    a,
    b,
    clusters: Sequence,
    score: str = "wa",
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Test:
    """As `cluster_bootstrap`, with the error of the seeds added: `a` and `b` are (seeds, utterances), paired by seed.

    The squared standard errors of the two sources add up, and Satterthwaite's (1946) degrees of freedom say how little a
    few seeds are. Another draw of the training part is not in it. One seed: the dialogues' part alone.
    """
    by_seed, drawn, n = _paired_draws(true, a, b, clusters, score, draws, seed)
    seeds = len(by_seed)
    of_seeds = by_seed.var(ddof=1) / seeds if seeds > 1 else 0.0
    of_clusters = drawn.var(ddof=1) if n > 1 else 0.0
    total = of_seeds + of_clusters
    inverse = (
        (of_seeds**2 / max(1, seeds - 1) + of_clusters**2 / max(1, n - 1)) / total**2
        if total > 1e-24
        else math.inf
    )
    return student(by_seed.mean(), math.sqrt(total), 1 / inverse, n, level)

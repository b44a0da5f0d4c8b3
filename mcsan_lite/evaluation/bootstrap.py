"""One test part, drawn again: intervals where there are no folds, by whole dialogues.

In: true and predicted classes of one test part, and the dialogue of every utterance. Out: a `Test`
of a score, or of the difference of two systems, whose error comes from the dialogues and from the
seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcsan_lite.evaluation.significance import Test, student

# The scores below are those of `metrics`, of whole stacks of confusion counts at once: (..., true,
# predicted) -> (...). `metrics` keeps scikit-learn's: it sums over the classes that occur, and
# these also add the zeros of absent ones. From eight classes on, numpy then adds in another order,
# and the last bit can differ. A test holds the two together.


def _wa(counts: np.ndarray) -> np.ndarray:
    return np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))


def _ua(counts: np.ndarray) -> np.ndarray:
    n = counts.sum(-1)
    recall = np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(n, 1)
    # A class that a draw misses is left out, as in metrics.ua.
    return recall.sum(-1) / (n > 0).sum(-1)


def _weighted_f1(counts: np.ndarray) -> np.ndarray:
    n, predicted = counts.sum(-1), counts.sum(-2)
    f1 = 2 * np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(n + predicted, 1)
    return (f1 * n).sum(-1) / n.sum(-1)


SCORES_OF_COUNTS = {"wa": _wa, "ua": _ua, "weighted_f1": _weighted_f1}


@dataclass(frozen=True)
class Resampling:
    """How often the dialogues are drawn, from which seed, and the confidence of the interval."""

    draws: int = 2000
    seed: int = 0
    level: float = 0.95


@dataclass(frozen=True)
class _Draws:
    """A score, or a difference of scores, as it is and when whole dialogues are drawn."""

    by_seed: np.ndarray  # (seeds,) on the test part as it is
    by_draw: np.ndarray  # (draws,) means over seeds, when clusters are drawn with replacement
    clusters: int  # how many dialogues there are


def _draw(true, predicted, clusters, score: str, resampling: Resampling) -> _Draws:
    """The score of one system; `predicted` is (utterances,) or (seeds, utterances)."""
    predicted = np.atleast_2d(predicted)
    true, clusters = np.asarray(true), np.asarray(clusters)
    if not len(true) or len(clusters) != len(true) or predicted.shape[1:] != true.shape:
        raise ValueError(
            f"Given: {true.shape} true labels, {predicted.shape} predicted ones, "
            f"{clusters.shape} clusters. Expected: one of each per utterance. "
            "Do: pair the predictions by id."
        )
    names, cluster_of = np.unique(clusters, return_inverse=True)
    n, draws = len(names), resampling.draws
    classes = int(max(true.max(), predicted.max())) + 1
    random = np.random.default_rng(resampling.seed)
    weights = random.multinomial(n, np.full(n, 1 / n), size=draws)  # (draws, clusters)
    score_of = SCORES_OF_COUNTS[score]
    by_seed, by_draw = [], np.zeros(draws)
    for classes_of_seed in predicted:
        counts = np.zeros((n, classes, classes))
        np.add.at(counts, (cluster_of, true, classes_of_seed), 1)
        by_seed.append(score_of(counts.sum(0)))
        # (draws, clusters) @ (clusters, classes²) -> (draws, classes, classes)
        drawn = (weights @ counts.reshape(n, -1)).reshape(draws, classes, classes)
        by_draw += score_of(drawn) / len(predicted)
    return _Draws(np.array(by_seed), by_draw, n)


def _draw_difference(true, a, b, clusters, score: str, resampling: Resampling) -> _Draws:
    """a - b, or `a` itself where b is None. The seed makes both draw the same clusters."""
    of_a = _draw(true, a, clusters, score, resampling)
    if b is None:
        return of_a
    of_b = _draw(true, b, clusters, score, resampling)
    return _Draws(of_a.by_seed - of_b.by_seed, of_a.by_draw - of_b.by_draw, of_a.clusters)


def over_seeds_and_clusters(
    true: Sequence[int],
    a,
    b,
    clusters: Sequence,
    score: str = "wa",
    resampling: Resampling = Resampling(),
) -> Test:
    """score(a) - score(b) on one test part, with the error of its dialogues and of the seeds.

    Turns of a dialogue share their speakers, room and topic. So whole dialogues are drawn with
    replacement, the same ones for both systems (Field & Welsh 2007): this is the error from having
    tested on these dialogues. That from having trained with these seeds is added: the squared
    standard errors of the two sources add up, and Satterthwaite's (1946) degrees of freedom say
    how little a few seeds are. Another draw of the training part is not in it.

    Args:
        true: (utterances,) class numbers.
        a: predicted classes of the first system, (utterances,) or (seeds, utterances).
        b: those of the second one, paired by seed; None for the score of `a` itself.
        clusters: (utterances,) the dialogue of each.
        score: "wa", "ua" or "weighted_f1".
        resampling: how often, from which seed, at which confidence.

    Returns:
        The test, with n dialogues. With one seed it holds the dialogues' part alone.

    Raises:
        ValueError: labels, predictions and clusters that are not one of each per utterance.
    """
    drawn = _draw_difference(true, a, b, clusters, score, resampling)
    n, seeds = drawn.clusters, len(drawn.by_seed)
    of_seeds, of_clusters = 0.0, 0.0
    if seeds > 1:
        of_seeds = drawn.by_seed.var(ddof=1) / seeds
    if n > 1:
        of_clusters = drawn.by_draw.var(ddof=1)
    total = of_seeds + of_clusters
    inverse_df = math.inf
    if total > 1e-24:
        shares = of_seeds**2 / max(1, seeds - 1) + of_clusters**2 / max(1, n - 1)
        inverse_df = shares / total**2
    return student(drawn.by_seed.mean(), math.sqrt(total), 1 / inverse_df, n, resampling.level)

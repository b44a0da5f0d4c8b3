"""Is this like what the model was trained on? Two distances and one kind of threshold.

In: numbers that describe a clip, or the words of a transcript, and the same of the training part.
Out: how far it is from them; and the distance beyond which it is called unlike, which the
validation part sets.

The sound's distance is Mahalanobis': steps in a direction in which training clips vary much count
little. Its covariance is shrunk (O. Ledoit & M. Wolf 2004), since there may be fewer clips than it
has numbers. The words' distance asks how surprising it is that so many of them are new. Neither
knows anything of emotions: "like" does not mean that an answer is right.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

# So many of a model's own validation utterances are called unlike, by each of the two distances.
UNLIKE_SHARE = 0.02
_CORRELATED = 13  # of the MFCC; as many as speech recognition used for decades
_MOST_ALIKE = 0.999  # correlations beyond it would be infinite on Fisher's scale
_LEAST_VARIANCE = 0.1  # added, in squared units of the MFCC: silence correlates with nothing
_LEAST_STEP = 1e-3  # so that the logarithm of a constant is finite


@dataclass(frozen=True)
class TrainingCloud:
    """Where the clips of a training part lie.

    Attributes:
        center: (D,) their mean.
        scale: (D,) their deviations; 1 where all clips agree.
        whitener: (D, D) lower triangle; it turns a difference from the center, in units of scale,
            into one of unit covariance.
    """

    center: np.ndarray
    scale: np.ndarray
    whitener: np.ndarray

    def distances(self, rows: np.ndarray) -> np.ndarray:
        """Mahalanobis distance of every clip, divided by the square root of D.

        So a training clip lies at about 1, whatever D is.

        Args:
            rows: (N, D) numbers of N clips, as the cloud was fitted on.

        Returns:
            (N,)
        """
        steps = (np.asarray(rows, dtype=float) - self.center) / self.scale @ self.whitener
        return np.sqrt(np.square(steps).mean(1))


def fit_cloud(rows: np.ndarray) -> TrainingCloud:
    """The mean of a training part, and its shrunk covariance, inverted.

    Args:
        rows: (N, D) numbers of N clips, never of validation or test.

    Raises:
        ValueError: for fewer than two clips, and for numbers that are not finite.
    """
    from sklearn.covariance import LedoitWolf

    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or len(rows) < 2 or not np.isfinite(rows).all():
        raise ValueError(
            f"Given: an array of shape {rows.shape}. Expected: (N, D), finite, of two clips or "
            "more. Do: pass one row per training clip."
        )
    center, deviation = rows.mean(0), rows.std(0)
    scale = np.where(deviation > _LEAST_STEP, deviation, 1.0)
    shrunk = LedoitWolf(assume_centered=True).fit((rows - center) / scale)
    return TrainingCloud(center, scale, np.linalg.cholesky(shrunk.precision_))


def clip_statistics(frames: np.ndarray) -> np.ndarray:
    """A clip as one vector that its loudness hardly changes.

    For each MFCC the mean over its frames, the logarithm of its deviation, and that of its mean
    step from frame to frame. For each pair of the first 13, Fisher's z of their correlation: how
    the shapes of the vocal tract go together tells one source of speech from another best. The
    mean of the first MFCC, the loudness, is left out.

    Args:
        frames: (T, F), of one frame or more, not normalised.

    Returns:
        (3 F - 1 + pairs,); for 40 MFCC 197.
    """
    frames = np.asarray(frames, dtype=float)
    count = frames.shape[1]
    mean, deviation = frames.mean(0), frames.std(0)
    step = np.zeros(count)
    if len(frames) > 1:
        step = np.abs(np.diff(frames, axis=0)).mean(0)
    first = min(_CORRELATED, count)
    differences = (frames - mean)[:, :first]
    covariance = differences.T @ differences / len(frames) + _LEAST_VARIANCE * np.eye(first)
    spread = np.sqrt(np.diag(covariance))
    pairs = np.triu_indices(first, 1)
    correlation = (covariance / np.outer(spread, spread))[pairs]
    return np.concatenate(
        [
            mean[1:],
            np.log(deviation + _LEAST_STEP),
            np.log(step + _LEAST_STEP),
            np.arctanh(_MOST_ALIKE * correlation),
        ]
    )


def new_words(words: Sequence[str], vocabulary: Collection[str]) -> list[str]:
    """The words that the training part never had, in their order, repeats included.

    Args:
        words: of one transcript.
        vocabulary: all words of the training part.
    """
    return [word for word in words if word not in vocabulary]


def new_word_rate(transcripts: Sequence[Sequence[str]], vocabulary: Collection[str]) -> float:
    """How often a word of these transcripts is new: (new + 1) / (words + 2), Laplace's rule.

    Args:
        transcripts: the words of each, of the validation part.
        vocabulary: all words of the training part.
    """
    total = sum(map(len, transcripts))
    new = sum(len(new_words(words, vocabulary)) for words in transcripts)
    return (new + 1) / (total + 2)


def surprise(new: int, words: int, rate: float) -> float:
    """How surprising it is that `new` of `words` words, or more, are new: -log10 of the chance.

    1 is what happens once in ten transcripts of that length, 2 once in a hundred. The chance is
    that of a binomial, as if words were new independently of each other.

    Args:
        new: how many are new.
        words: how many there are.
        rate: how often a word is new, above 0 and below 1.
    """
    terms = [
        math.lgamma(words + 1)
        - math.lgamma(count + 1)
        - math.lgamma(words - count + 1)
        + count * math.log(rate)
        + (words - count) * math.log1p(-rate)
        for count in range(new, words + 1)
    ]
    largest = max(terms)
    log_chance = largest + math.log(sum(math.exp(term - largest) for term in terms))
    return max(0.0, -log_chance / math.log(10))


def unlike_threshold(scores: Sequence[float], share: float = UNLIKE_SHARE) -> float:
    """The distance that an utterance of the same source exceeds with a chance of at most `share`.

    It is the k-th smallest of n validation distances, k = ⌈(n + 1)(1 - share)⌉ (V. Vovk et al.,
    split conformal prediction). With fewer than 1 / share - 1 of them it is the largest, and the
    chance is then 1 / (n + 1).

    Args:
        scores: the distances of the validation part, never of the test part.
        share: of like utterances that may be called unlike.

    Raises:
        ValueError: without any score.
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    if not len(ordered):
        raise ValueError(
            "Given: no distance at all. Expected: those of the validation part. "
            "Do: pass one per validation utterance."
        )
    place = math.ceil((len(ordered) + 1) * (1 - share))
    return float(ordered[min(place, len(ordered)) - 1])

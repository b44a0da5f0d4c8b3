"""Distances from a training part: against SciPy, and on what is like and unlike by construction."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import binom

from mcsan_lite.evaluation.likeness import (
    clip_statistics,
    fit_cloud,
    new_word_rate,
    new_words,
    surprise,
    unlike_threshold,
)

RNG = np.random.default_rng(0)


def clips(n, mix, seed):
    """n clips of 80 frames of 14 numbers, mixed from independent ones by a matrix."""
    rng = np.random.default_rng(seed)
    return [10 * rng.standard_normal((80, 14)) @ mix for _ in range(n)]


def test_the_distance_is_mahalanobis_where_nothing_is_shrunk():
    rows = np.random.default_rng(1).standard_normal((20_000, 3)) @ np.diag([1, 5, 0.1]) + 7
    cloud = fit_cloud(rows)
    inverse = np.linalg.inv(np.cov(rows.T))
    new = rows[:5] + 1
    expected = [mahalanobis(row, rows.mean(0), inverse) / 3**0.5 for row in new]
    assert cloud.distances(new) == pytest.approx(expected, rel=0.02)
    assert np.square(cloud.distances(rows)).mean() == pytest.approx(1, rel=0.02)


def test_a_number_that_never_varies_divides_by_nothing():
    rows = np.c_[RNG.standard_normal(50), np.full(50, 3.0)]
    assert np.isfinite(fit_cloud(rows).distances(rows)).all()


@pytest.mark.parametrize("rows", [np.zeros((1, 4)), np.zeros(4), np.full((5, 2), np.nan)])
def test_no_cloud_without_two_finite_clips(rows):
    with pytest.raises(ValueError, match="two clips or more"):
        fit_cloud(rows)


def test_statistics_have_one_number_each_and_are_finite_even_for_silence():
    assert clip_statistics(RNG.standard_normal((50, 40))).shape == (197,)
    assert clip_statistics(RNG.standard_normal((50, 5))).shape == (5 * 3 - 1 + 10,)
    for frames in (np.zeros((30, 40)), RNG.standard_normal((1, 40))):
        assert np.isfinite(clip_statistics(frames)).all()


def test_loudness_alone_changes_nothing():
    frames = RNG.standard_normal((50, 20))
    louder = frames.copy()
    louder[:, 0] += 100  # a gain is a constant on the first MFCC
    assert clip_statistics(louder) == pytest.approx(clip_statistics(frames))


def test_another_source_with_the_same_means_and_deviations_is_unlike():
    """What only the correlations tell."""
    mix = np.eye(14)
    mix[1:, :] += 0.5 * mix[:-1, :]
    spread = np.sqrt((mix**2).sum(0))
    train, valid, own, other = (
        np.stack([clip_statistics(frames) for frames in clips(n, matrix, seed)])
        for seed, (n, matrix) in enumerate(
            [(600, mix), (200, mix), (200, mix), (200, np.diag(spread))]
        )
    )
    cloud = fit_cloud(train)
    beyond = unlike_threshold(cloud.distances(valid))
    assert (cloud.distances(own) > beyond).mean() < 0.06
    assert (cloud.distances(other) > beyond).mean() > 0.95


@pytest.mark.parametrize(("new", "words", "rate"), [(0, 4, 0.1), (3, 8, 0.02), (40, 40, 0.3)])
def test_surprise_is_the_tail_of_a_binomial(new, words, rate):
    expected = -np.log10(binom.sf(new - 1, words, rate))
    assert surprise(new, words, rate) == pytest.approx(expected, abs=1e-9)


def test_a_thousand_new_words_do_not_overflow():
    assert surprise(1000, 1000, 1e-4) == pytest.approx(4000)


def test_new_words_and_their_rate():
    vocabulary = {"so", "it", "is"}
    assert new_words(["so", "sad", "it", "sad"], vocabulary) == ["sad", "sad"]
    assert new_word_rate([["so", "sad"], ["it"]], vocabulary) == (1 + 1) / (3 + 2)
    assert new_word_rate([], vocabulary) == 0.5


def test_the_threshold_is_exceeded_as_rarely_as_it_says():
    rng = np.random.default_rng(2)
    exceeded = []
    for _ in range(300):
        beyond = unlike_threshold(rng.exponential(size=99), 0.1)
        exceeded.append((rng.exponential(size=200) > beyond).mean())
    assert np.mean(exceeded) == pytest.approx(0.1, abs=0.01)


def test_the_threshold_by_hand():
    assert unlike_threshold(range(1, 100), 0.02) == 98  # ⌈100 × .98⌉
    assert unlike_threshold([3.0, 1.0], 0.02) == 3  # too few: the largest
    with pytest.raises(ValueError, match="one per validation utterance"):
        unlike_threshold([])

"""Each check passes its solution and fails each wrong answer with the matching hint."""

import math

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson03 as check
from mcsan_lite.explain.steps import frame_times
from mcsan_lite.features.extraction import mfcc

SOURCE = "03_from_sound_to_frames"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_notebooks_own_solution_passes(number, capsys):
    solution(SOURCE, number)
    assert capsys.readouterr().out.startswith("✓")


def test_the_ruler_of_the_solution_is_the_packages():
    ruler = solution(SOURCE, 1)["frame_to_seconds"]
    assert np.allclose([ruler(k) for k in range(1, 30)], frame_times(30)[1:])


@pytest.mark.parametrize("seconds", [0.025, 0.5, 2.375, 9.995, 10.0, 10.5])
def test_the_count_of_the_solution_is_the_packages(seconds):
    count = solution(SOURCE, 3)["frame_count"]
    noise = np.random.default_rng(0).normal(size=round(seconds * 16_000)).astype(np.float32)
    assert count(seconds) == len(mfcc(noise))


class _Right:
    mean = None

    def fit(self, train):
        if self.mean is not None:
            raise RuntimeError("already fitted")
        self._learn(train)

    def _learn(self, train):
        frames = np.concatenate(train)
        self.mean, self.deviation = frames.mean(0), frames.std(0)

    def apply(self, frames):
        return (frames - self.mean) / self.deviation


class _OwnStatistics(_Right):
    def apply(self, frames):
        return (frames - frames.mean(0)) / frames.std(0)


class _RefitsSilently(_Right):
    def fit(self, train):
        self._learn(train)


class _KeepsTheFirstSilently(_Right):
    def fit(self, train):
        if self.mean is None:
            self._learn(train)


class _RefusesTooLate(_Right):
    def fit(self, train):
        again = self.mean is not None
        self._learn(train)
        if again:
            raise RuntimeError("already fitted")


class _PrintsOnly(_Right):
    def apply(self, frames):
        print(frames.shape)


class _Variance(_Right):
    def apply(self, frames):
        return (frames - self.mean) / self.deviation**2


class _OneMean(_Right):
    def _learn(self, train):
        frames = np.concatenate(train)
        self.mean, self.deviation = frames.mean(), frames.std()


class _ClipsEqual(_Right):
    def _learn(self, train):
        self.mean = np.mean([clip.mean(0) for clip in train], 0)
        self.deviation = np.mean([clip.std(0) for clip in train], 0)


class _OnlyCentred(_Right):
    def apply(self, frames):
        return frames - self.mean


class _InPlace(_Right):
    def apply(self, frames):
        frames -= self.mean
        frames /= self.deviation
        return frames


class _Transposed(_Right):
    def apply(self, frames):
        return super().apply(frames).T


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.frame_to_seconds, lambda k: 9 * k * 0.010, "forgot the offset"),
        (check.frame_to_seconds, lambda k: (9 * k + 4) * 10, "milliseconds"),
        (check.frame_to_seconds, lambda k: 0.030 * k, "one pooling"),
        (check.frame_to_seconds, lambda k: (3 * k + 1) * 0.010, "one pooling"),
        (check.frame_to_seconds, lambda k: (9 * k - 4) * 0.010, "one end"),
        (check.frame_to_seconds, lambda k: (9 * k + 8) * 0.010, "+0.040 s off"),
        (check.frame_to_seconds, lambda k: k * 0.010, "frame 10 sees"),
        (check.normaliser, _OwnStatistics, "That is the leak"),
        (check.normaliser, _RefitsSilently, "went through silently"),
        (check.normaliser, _KeepsTheFirstSilently, "the second fit was ignored silently"),
        (check.normaliser, _PrintsOnly, "apply returns nothing"),
        (check.normaliser, _RefusesTooLate, "too late"),
        (check.normaliser, _Variance, "divide by the variance"),
        (check.normaliser, _OneMean, "one mean for the whole table"),
        (check.normaliser, _ClipsEqual, "averaged over clips"),
        (check.normaliser, _OnlyCentred, "only took the mean off"),
        (check.normaliser, _InPlace, "changed the array"),
        (check.normaliser, _Transposed, "keeps the shape"),
        (check.frame_count, lambda s: min(1000, int(s * 100)), "one short"),
        (check.frame_count, lambda s: 1 + int(s * 100), "the paper cuts at 1,000"),
        (check.frame_count, lambda s: min(1000, 1 + int(s / 0.025)), "starts every hop"),
        (check.frame_count, lambda s: min(1000, int(s / 0.025)), "starts every hop"),
        (check.frame_count, lambda s: min(1000, 1 + int((s - 0.025) * 100)), "without padding"),
        (check.frame_count, lambda s: min(1000, 1 + s * 100), "whole"),
        (
            check.frame_count,
            lambda s: min(1000, 1 + int(s // 0.010)),
            "0.5 // 0.010 is 49 in floating point. Count samples",
        ),
        (check.frame_count, lambda s: 1 + int(s // 0.010), "is 49 in floating point"),
        (check.frame_count, lambda s: int(s // 0.010), "is 49 in floating point"),
        (check.frame_count, lambda s: min(1000, 1 + round(100 * s)), "round down"),
        (check.frame_count, lambda s: min(1000, 1 + math.ceil(100 * s)), "round down"),
        (check.frame_count, lambda s: 7, "not what the package makes"),
        (check.what_is_lost, "a", "c0 is the mean level"),
        (check.what_is_lost, "b", "holds for 13"),
        (check.what_is_lost, "d", "threw the phase away"),
        (check.what_is_lost, "A", "c0 is the mean level"),
        (check.what_is_lost, "e", "take one of the letters a, b, c, d"),
        (check.frame_count, lambda s: 1 / 0, "stops with ZeroDivisionError"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


def test_a_letter_may_be_a_capital():
    assert check.what_is_lost(" C")


def test_an_open_exercise_is_a_verdict(capsys):
    def open_function(value):
        raise NotImplementedError

    class Open:
        def fit(self, train):
            raise NotImplementedError

    assert not any(
        [
            check.frame_to_seconds(open_function),
            check.normaliser(Open),
            check.frame_count(open_function),
            check.what_is_lost(...),
        ]
    )
    assert capsys.readouterr().out.count("not solved yet") == 4

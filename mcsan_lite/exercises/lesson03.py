"""Checks of lesson 03, From sound to frames: seconds, normalising, counting, what MFCC lose.

In: a student's answer, function or class. Out: a hint, or None where it is right.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for, letter_hint


@exercise
def frame_to_seconds(student) -> str | None:
    """E3.1: student(pooled frame) -> the middle of what it sees, in seconds."""
    frames = np.array([1, 4, 10, 50])
    right = (9 * frames + 4) * 0.010
    found = np.array([float(student(int(frame))) for frame in frames])
    if np.allclose(found, right):
        return None
    hint = hint_for(found, _mistaken_seconds(frames), np.allclose)
    if hint:
        return hint
    if np.allclose(np.diff(found), np.diff(right)):
        return (
            f"the step is right, but everything lies {found[0] - right[0]:+.3f} s off. Average "
            "first and last frame."
        )
    _, _, of_frame_10, _ = found
    return f"frame 10 sees MFCC frames 86 to 102; you put its middle at {of_frame_10:.3f} s."


def _mistaken_seconds(frames: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes give for these pooled frames, and their hints."""
    yield (
        (9 * frames + 4) * 10,
        "those are milliseconds. The exercise, and every axis of the course, wants seconds.",
    )
    yield (
        0.09 * frames,
        "you forgot the offset: 9k is the first frame under the two poolings, but the 17 frames "
        "that frame k sees have their middle further right.",
    )
    for offset in range(6):
        yield (
            (3 * frames + offset) * 0.010,
            "a step of 30 ms is one pooling. There are two, 3 × 3 = 9 frames, so a step of 90 ms.",
        )
    for end in (-4, 12):
        yield (
            (9 * frames + end) * 0.010,
            "that is one end of what frame k sees. Take the middle of the first and the last "
            "frame.",
        )


@exercise
def normaliser(student) -> str | None:
    """E3.2: a class with fit(clips of (T, F)) and apply((T, F)), which refuses a second fit."""
    rng = np.random.default_rng(0)
    train = [rng.normal((5, -2, 0), (2, 9, 1), (200, 3)), rng.normal((1, 3, 2), (1, 4, 3), (50, 3))]
    other = rng.normal((9, 9, -9), (3, 3, 3), (80, 3))
    given = other.copy()
    fitted = student()
    fitted.fit([clip.copy() for clip in train])
    found = fitted.apply(given)
    if not np.array_equal(given, other):
        return (
            "apply changed the array that it was given. Return a new one: whoever called you still "
            "needs the old."
        )
    if found is None:
        return "apply returns nothing: end it with `return …`."
    found = np.asarray(found)
    if found.shape != other.shape:
        return (
            f"apply gave shape {found.shape} for frames of shape {other.shape}. Normalising keeps "
            "the shape."
        )
    hint = hint_for(found, _mistaken_normals(train, other), _nearly_equal)
    if hint:
        return hint
    frames = np.concatenate(train)
    right = (other - frames.mean(0)) / frames.std(0)
    if not np.allclose(found, right, atol=0.02, rtol=0.02):
        return (
            "apply does not give (x − mean) / deviation with the training part's mean and "
            "deviation."
        )
    return _second_fit(fitted, other, found)


def _nearly_equal(a: np.ndarray, b: np.ndarray) -> bool:
    return np.allclose(a, b, atol=1e-3)


def _mistaken_normals(
    train: Sequence[np.ndarray], other: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes make of `other`, and their hints."""
    frames = np.concatenate(train)
    mean, deviation = frames.mean(0), frames.std(0)
    yield (
        (other - other.mean(0)) / other.std(0),
        "apply took mean and deviation of what it was given. That is the leak: use those of the "
        "training part.",
    )
    yield (
        (other - mean) / deviation**2,
        "you divide by the variance. Its square root, the deviation, has the unit of the data.",
    )
    yield (
        (other - frames.mean()) / frames.std(),
        "you took one mean for the whole table. Each coefficient has its own: average over frames "
        "only, axis 0.",
    )
    mean_of_clips = np.mean([clip.mean(0) for clip in train], 0)
    deviation_of_clips = np.mean([clip.std(0) for clip in train], 0)
    yield (
        (other - mean_of_clips) / deviation_of_clips,
        "you averaged over clips, so a short clip counts as much as a long one. Put all frames "
        "into one table first.",
    )
    yield other - mean, "you only took the mean off. Divide by the deviation too."


def _second_fit(fitted, other: np.ndarray, before: np.ndarray) -> str | None:
    """Whether a second fit is refused, and before it changes anything."""
    try:
        fitted.fit([other])
    except Exception:
        if np.allclose(fitted.apply(other), before):
            return None
        return (
            "the refusal comes too late: the second fit had already changed the statistics. Look "
            "before you compute."
        )
    if np.allclose(fitted.apply(other), before):
        return "the second fit was ignored silently: the caller believes that it worked. Raise."
    return (
        "a second fit went through silently. Raise an error: sooner or later somebody fits on the "
        "test part."
    )


@exercise
def frame_count(student) -> str | None:
    """E3.3: student(seconds) -> how many MFCC frames the package makes of so long a clip."""
    seconds = (0.5, 2.0, 2.375, 9.5, 12.5)  # exact in binary; 0.010 is not
    right = [51, 201, 238, 951, 1000]
    found = [student(s) for s in seconds]
    if found == right:
        return None
    if any(count != int(count) for count in found):
        return (
            "a number of frames is whole: a frame that would begin after the last hop does not "
            "exist, so round down."
        )
    if hint := hint_for(found[:4], _mistaken_counts(seconds[:4]), operator.eq):
        return hint
    half_a_second, two_seconds, *_, too_long = found
    if found[:4] == right[:4]:
        return f"a clip of 12.5 s cannot have {too_long} frames: the paper cuts at 1,000."
    if (half_a_second, two_seconds) == (50, 200):
        return (
            "one short: frame 0 is centred on 0 s, before the first hop. Count the frames, not the "
            "gaps between them."
        )
    if abs(two_seconds - 80) <= 1:
        return (
            "a new frame starts every hop, 10 ms. 25 ms is how long each one is; that is why they "
            "overlap."
        )
    if half_a_second == 48:
        return (
            "that is right without padding. Here half a window of zeros is put at both ends, so "
            "that no frame is lost."
        )
    length, count = _first_wrong(seconds, found, right)
    return f"a clip of {length} s: you say {count} frames, and that is not what the package makes."


def _mistaken_counts(seconds: Sequence[float]) -> Iterator[tuple[list[int], str]]:
    """What is counted by right rules in floating point, and by rounding; and their hints."""
    binary = "0.5 // 0.010 is 49 in floating point. Count samples: round(seconds · 16,000) // 160."
    for first in (1, 0):
        yield [first + int(length // 0.010) for length in seconds], binary
    yield (
        [1 + math.ceil(100 * length) for length in seconds],
        "2.375 s are 237.5 hops: round down. A frame that would begin after the end of the clip "
        "does not exist.",
    )


def _first_wrong(
    seconds: Sequence[float], found: Sequence[int], right: Sequence[int]
) -> tuple[float, int]:
    """The first length, with the count that was found for it, whose count is wrong."""
    rows = zip(seconds, found, right, strict=True)
    return next((length, count) for length, count, wanted in rows if count != wanted)


@exercise
def what_is_lost(answer: str) -> str | None:
    """E3.4: the letter of what 40 MFCC lose of a voice."""
    hints = {
        "a": "loudness is still there: c0 is the mean level of the bands. Look at the figure of "
        "the stressed word.",
        "b": "that holds for 13 coefficients. Look at the same figure for 40: high voices keep "
        "their pitch.",
        "d": "the DCT alone could be undone with all 64 coefficients. But 24 of them are dropped, "
        "201 bins became 64 bands, and |·|² threw the phase away before that.",
    }
    return letter_hint({"answer": answer}, "answer", "c", hints)

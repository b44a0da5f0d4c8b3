"""Checks of lesson 10: seeing attention.

The maps are made so that no two mistakes give the same picture.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from mcsan_lite.exercises.exercise import exercise, hint_for


def _same(a: object, b: np.ndarray) -> bool:
    return isinstance(a, np.ndarray) and a.shape == np.shape(b) and np.allclose(a, b, atol=1e-6)


def _attention(*shape: int) -> np.ndarray:
    """Weights whose last axis adds up to one; every cell differs."""
    weights = np.random.default_rng(8).uniform(0.2, 1, shape)
    return weights / weights.sum(-1, keepdims=True)


@exercise
def pictures(student) -> str | None:
    """E10.1: student(maps (H, A', L'), words, frames) -> (H, words, frames), top of the scale."""
    words, frames = 3, 5
    sharp, even = _attention(frames, words), np.full((frames, words), 1 / words)
    maps = np.zeros((2, 7, 4))  # padded to 7 frames and 4 words
    maps[:, :frames, :words] = np.stack([sharp, even])
    found = student(maps.copy(), words, frames)
    is_pair = isinstance(found, tuple | list) and len(found) == 2
    if not is_pair or not isinstance(found[0], np.ndarray):
        return "return two things: the pictures as an array, then the top of the scale."
    shown, top = found
    if shown.shape in ((2, 4, 7), (2, 7, 4), (2, 4, 5), (2, 3, 7)):
        return (
            f"padding is shown: the pictures are {shown.shape[1:]}, the utterance has {words} "
            f"words and {frames} frames. Cut before you draw."
        )
    if shown.shape == (2, 5, 3):
        return (
            "the axes are exchanged: words go down and seconds across, so a picture is (words, "
            "frames) = (3, 5)."
        )
    if shown.shape != (2, words, frames):
        return f"the shape is {shown.shape}; expected (H, words, frames) = {(2, words, frames)}."
    return _wrong_pictures(shown, maps) or _wrong_top(top, maps.max())


def _wrong_pictures(shown: np.ndarray, maps: np.ndarray) -> str | None:
    """The mistake in pictures of the right shape, or None."""
    real = maps[:, :5, :3]
    right = real.transpose(0, 2, 1)
    reshaped = real.reshape(right.shape)
    reshaped_padding = maps.reshape(2, 4, 7)[:, :3, :5]
    for picture in (right, reshaped, reshaped_padding):
        if _same(shown, picture / picture.max((1, 2), keepdims=True)):
            return (
                "every head has a scale of its own: each was divided by its own maximum, so an "
                "even head looks as sharp as a sharp one. Leave the weights, and give one top for "
                "all."
            )
        if _same(shown, picture / picture.max(2, keepdims=True)):
            return (
                "every word has a scale of its own: each row was divided by its maximum. Leave the "
                "weights as they are."
            )
    if _same(shown, reshaped) or _same(shown, reshaped_padding):
        return (
            "reshape does not exchange axes: it reads the same numbers in the same order into "
            "other rows, so the moments no longer add up to one. Transpose the two last axes."
        )
    if not _same(shown, right):
        return "the weights were changed. Cut and transpose only."
    return None


def _wrong_top(top: object, highest: float) -> str | None:
    """The mistake in the top of the scale, or None."""
    if np.shape(top) != ():
        return (
            "the top has a value for each head or word. One scale has one top: the maximum over "
            "everything."
        )
    if not np.isclose(top, highest):
        return (
            f"the top of the scale is {float(top):.3f}; the highest weight of all heads is "
            f"{highest:.3f}. A lower top hides what lies above it, a higher one dims everything."
        )
    return None


@exercise
def describe(student) -> str | None:
    """E10.2: student(tokens, times (A,), weights (L, A)) -> text, one line per word."""
    tokens = ["she", "said", "pain"]
    times = 0.04 + 0.09 * np.arange(10)
    heaviest, shares = (5, 2, 6), (0.61, 0.37, 0.82)
    weights = np.stack([np.full(10, (1 - share) / 9) for share in shares])
    weights[range(3), heaviest] = shares
    found = student(list(tokens), times.copy(), weights.copy())
    if not isinstance(found, str):
        kind = type(found).__name__
        return f"return a text; this is a {kind}. (print shows it and returns nothing.)"
    lines = found.strip().splitlines()
    if len(lines) != 3:
        return f"{len(lines)} lines for 3 words: one line per word, joined by a line break."
    for token, frame, row, line in zip(tokens, heaviest, weights, lines, strict=True):
        if token not in line:
            return (
                f"the line of “{token}” does not name it: {line!r}. A listener who cannot see the "
                "picture needs the word, in order."
            )
        mistake = _wrong_time(line, frame, row, times) or _wrong_share(line, row[frame])
        if mistake:
            return f"“{token}”{mistake}"
    return None


def _wrong_time(line: str, frame: int, row: np.ndarray, times: np.ndarray) -> str | None:
    """The mistake in the time that a line names, or None where it is that of `frame`."""
    if f"{times[frame]:.2f} s" in line:
        return None
    if f"{times[row.argmin()]:.2f} s" in line:
        return ": this is the lightest frame. Take the argmax."
    if f"{0.09 * frame:.2f} s" in line:
        return ": the middle of what a frame sees lies 0.04 s after index × 0.09. `times` has it."
    numbers = re.sub(r"[\d.]+\s?%", "", line).split()
    if str(frame) in numbers:
        return (
            f": frame {frame} is a number of the array. A listener needs seconds: times[{frame}]."
        )
    return f" looks most at {times[frame]:.2f} s; that is not in {line!r}."


def _wrong_share(line: str, share: float) -> str | None:
    """The mistake in the shares that a line names, or None."""
    if not _says_percent(line, share):
        return (
            f": how much? Its heaviest frame has {share:.0%} of the row, which is not in {line!r}. "
            "A place without a share sounds the same for 5% and for 95%."
        )
    if not _says_percent(line, 0.1):
        over = "3 words" if _says_percent(line, 1 / 3) else "what"
        return (
            f": an even spread over {over}? The row is shared out among 10 frames: say 10%, so "
            "that the share has something to stand beside."
        )
    return None


def _says_percent(line: str, share: float) -> bool:
    """Whether a line has a share as "61%", "61 %" or "61.0%"."""
    return bool(re.search(rf"(?<![\d.]){100 * share:.0f}(\.0+)?\s?%", line))


# E10.3: the points of each head. The best head is 2; every other one is what a mistake gives.
_POINTS = {
    "valid": {0: [0.3] * 6, 2: [0.9, 0.7], 5: [1.0, 0, 0.1], 7: [0.5] * 3, 9: [0.1] * 3},
    "test": {0: [0.1] * 2, 2: [0.2] * 8, 5: [0.3, 1.0], 7: [0.8] * 8, 9: [0.99, 0.8, 0.8]},
}
_WRONG_HEADS = {
    9: "head 9 is the best on the test utterances, or the worst on validation. The shown utterance "
    "is a test one: its part must not choose, and the best head has the highest mean.",
    7: 'head 7 is the best when test lines speak too. Only split == "valid" may choose.',
    5: "head 5 has the highest single value, on one utterance. One utterance is an anecdote: take "
    "the mean.",
    0: "head 0 has the largest sum: it was scored on more utterances. Take the mean, not the sum.",
    1: "this is the position of the best head in the table of means, not the head's own number: "
    "idxmax, not argmax.",
}


def _scores() -> pd.DataFrame:
    """_POINTS with one row per utterance and head."""
    rows = []
    for split, heads in _POINTS.items():
        for head, values in heads.items():
            for i, value in enumerate(values):
                name = f"{split}_{i:03}"
                rows.append({"id": name, "split": split, "head": head, "points": value})
    return pd.DataFrame(rows)


@exercise
def choose(student) -> str | None:
    """E10.3: student(scores: id, split, head, points) -> the head that is best on validation."""
    found = student(_scores())
    try:
        head, number = int(found), float(found)
    except (TypeError, ValueError):
        return f"return one number, the head; this is a {type(found).__name__}."
    if number != head:
        return "this is the score of a head. Return its number: idxmax, not max."
    if head == 2:
        return None
    return _WRONG_HEADS.get(
        head, f"{head} is not one of the heads 0, 2, 5, 7, 9. Return the head, not its score."
    )


_HALF_WINDOW_S = 0.0125  # an MFCC frame hears 25 ms


def _close(found: tuple[float, float], expected: tuple[float, float]) -> bool:
    return np.allclose(found, expected, atol=1e-6)


@exercise
def seen(student) -> str | None:
    """E10.4: student(row (A,)) -> the seconds (start, end) that the heaviest frame sees.

    That is before the BiLSTM.
    """
    for k in (7, 0, 20):
        row = np.full(24, 0.02)
        row[k] = 0.5
        found = student(row)
        if not (isinstance(found, tuple | list | np.ndarray) and len(found) == 2):
            return "return two numbers: the first and the last second."
        start, end = map(float, found)
        right_start, right_end = _seen_by(k)
        if _close((start, end), (right_start, right_end)):
            continue
        if hint := hint_for((start, end), _seen_mistakes(k), _close):
            return hint
        _, end_of_lightest = _seen_by(int(row.argmin()))
        if np.isclose(end, end_of_lightest):
            return "this is the lightest frame. Take the argmax."
        return (
            f"heaviest frame {k}: {start:.4f} to {end:.4f} s came out, {right_start:.4f} to "
            f"{right_end:.4f} s expected."
        )
    return None


def _seen_by(k: int) -> tuple[float, float]:
    """The seconds that pooled frame k sees: MFCC frames 9k - 4 to 9k + 12, each with its window."""
    start, end = (9 * k - 4) * 0.01, (9 * k + 12) * 0.01
    return max(0.0, start - _HALF_WINDOW_S), end + _HALF_WINDOW_S


def _seen_mistakes(k: int) -> list[tuple[tuple[float, float], str]]:
    """What mistakes in E10.4 give, and their hints."""
    start, end = (9 * k - 4) * 0.01, (9 * k + 12) * 0.01  # middles of the outer MFCC frames
    right_start, right_end = _seen_by(k)
    hop_start = k * 0.09
    half_missing = (
        "half a window is missing on either side: an MFCC frame is centred on its time and hears "
        "12.5 ms before and after it."
    )
    hop = "this is the hop, 90 ms. A frame sees more than its hop: 17 MFCC frames, 185 ms."
    return [
        (
            (start - _HALF_WINDOW_S, right_end),
            "the start is before the sound: nothing is heard below 0 s.",
        ),
        ((right_start * 1000, right_end * 1000), "these are milliseconds. Return seconds."),
        (
            (9 * k - 4, 9 * k + 12),
            "these are numbers of MFCC frames. Each stands for 10 ms: times 0.010.",
        ),
        ((start, end), half_missing),
        ((max(0.0, start), end), half_missing),
        (
            (start - 0.025, end + 0.025),
            "a whole window was added on either side. The frame is centred: half of its 25 ms lies "
            "before it.",
        ),
        ((hop_start, hop_start + 0.09), hop),
        ((hop_start - 0.045, hop_start + 0.045), hop),
        (
            (hop_start - 0.0925, hop_start + 0.0925),
            "the middle is off by 40 ms: 9k - 4 to 9k + 12 has its middle at 9k + 4.",
        ),
        (
            ((k - 4) * 0.01 - _HALF_WINDOW_S, (k + 12) * 0.01 + _HALF_WINDOW_S),
            "the factor 9 is missing: a pooled frame comes every 9 MFCC frames. Without it, the "
            "axis is nine times too short.",
        ),
    ]

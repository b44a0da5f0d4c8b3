"""Checks of lesson 08: seeing attention. The maps are made so that no two mistakes give the same picture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mcsan_lite.exercises.exercise import exercise


def _same(a, b) -> bool:
    return isinstance(a, np.ndarray) and a.shape == np.shape(b) and np.allclose(a, b, atol=1e-6)


def _attention(*shape: int) -> np.ndarray:
    """Weights whose last axis adds up to one; every cell differs."""
    weights = np.random.default_rng(8).uniform(0.2, 1, shape)
    return weights / weights.sum(-1, keepdims=True)


@exercise
def pictures(student) -> str | None:
    """E8.1: student(maps (H, A', L'), words, frames) -> pictures (H, words, frames), top of the common scale."""
    words, frames = 3, 5
    real = np.stack(
        [_attention(frames, words), np.full((frames, words), 1 / words)]
    )  # a sharp head and an even one
    maps = np.zeros((2, 7, 4))  # padded to 7 frames and 4 words
    maps[:, :frames, :words] = real
    found = student(maps.copy(), words, frames)
    if not (
        isinstance(found, tuple | list) and len(found) == 2 and isinstance(found[0], np.ndarray)
    ):
        return "return two things: the pictures as an array, then the top of the scale."
    shown, top = found
    right = real.transpose(0, 2, 1)
    if shown.shape in ((2, 4, 7), (2, 7, 4), (2, 4, 5), (2, 3, 7)):
        return (
            f"padding is shown: the pictures are {shown.shape[1:]}, the utterance has {words} words and {frames} "
            "frames. Cut before you draw."
        )
    if shown.shape == (2, 5, 3):
        return "the axes are exchanged: words go down and seconds across, so a picture is (words, frames) = (3, 5)."
    if shown.shape != right.shape:
        return f"the shape is {shown.shape}; expected (H, words, frames) = {right.shape}."
    unscaled = {
        "right": right,
        "reshaped": real.reshape(right.shape),
        "reshaped padding": maps.reshape(2, 4, 7)[:, :3, :5],
    }
    for name, each in unscaled.items():
        if _same(shown, each / each.max((1, 2), keepdims=True)):
            return (
                "every head has a scale of its own: each was divided by its own maximum, so an even head looks as sharp "
                "as a sharp one. Leave the weights, and give one top for all."
            )
        if _same(shown, each / each.max(2, keepdims=True)):
            return "every word has a scale of its own: each row was divided by its maximum. Leave the weights as they are."
        if name != "right" and _same(shown, each):
            return (
                "reshape does not exchange axes: it reads the same numbers in the same order into other rows, so the "
                "moments no longer add up to one. Transpose the two last axes."
            )
    if not _same(shown, right):
        return "the weights were changed. Cut and transpose only."
    if np.shape(top) != ():
        return "the top has a value for each head or word. One scale has one top: the maximum over everything."
    if not np.isclose(top, right.max()):
        return (
            f"the top of the scale is {float(top):.3f}; the highest weight of all heads is {right.max():.3f}. A lower "
            "top hides what lies above it, a higher one dims everything."
        )
    return None


@exercise
def describe(student) -> str | None:
    """E8.2: student(tokens, times (A,), weights (L, A)) -> text, a line a word."""
    tokens, times = (
        ["she", "said", "pain"],
        np.array([0.04, 0.13, 0.22, 0.31, 0.4, 0.49, 0.58, 0.67]),
    )
    tops, shares = (5, 2, 6), (0.61, 0.37, 0.82)
    weights = np.stack([np.full(8, (1 - share) / 7) for share in shares])
    weights[range(3), tops] = shares
    found = student(list(tokens), times.copy(), weights.copy())
    if not isinstance(found, str):
        return f"return a text; this is a {type(found).__name__}. (print shows it and returns nothing.)"
    lines = found.strip().splitlines()
    if len(lines) != 3:
        return f"{len(lines)} lines for 3 words: one line a word, joined by a line break."
    for token, top, share, line in zip(tokens, tops, shares, lines, strict=True):
        if token not in line:
            return f"the line of “{token}” does not name it: {line!r}. Who cannot see the picture needs the word, in order."
        if f"{times[top]:.2f} s" not in line:
            if f"{times[weights.argmin(1)[tokens.index(token)]]:.2f} s" in line:
                return f"“{token}”: this is the lightest frame. Take the argmax."
            if f"{0.09 * top:.2f} s" in line:
                return f"“{token}”: the middle of what a frame sees lies 0.04 s behind index × 0.09. `times` has it."
            if str(top) in line.replace(f"{share:.0%}", "").replace("%", "").split():
                return f"“{token}”: frame {top} is a number of the array. A listener needs seconds: times[{top}]."
            return f"“{token}” looks most at {times[top]:.2f} s; that is not in {line!r}."
        if f"{share:.0%}" not in line:
            return (
                f"“{token}”: how much? Its heaviest frame has {share:.0%} of the row, which is not in {line!r}. A place "
                "without a share sounds the same for 5% and for 95%."
            )
        if "12%" not in line:
            over = "3 words" if "33%" in line else "what"
            return (
                f"“{token}”: an even spread over {over}? The row is shared out among 8 frames: say 12%, so that the "
                "share has something to stand beside."
            )
    return None


@exercise
def choose(student) -> str | None:
    """E8.3: student(scores: id, split, head, points) -> the head that is best on validation."""
    points = {
        "valid": {0: [0.3] * 6, 2: [0.9, 0.7], 5: [1.0, 0, 0.1], 7: [0.5] * 3, 9: [0.1] * 3},
        "test": {0: [0.1] * 2, 2: [0.2] * 8, 5: [0.3, 1.0], 7: [0.8] * 8, 9: [0.99, 0.8, 0.8]},
    }
    scores = pd.DataFrame(
        [
            {"id": f"{split}_{i:03}", "split": split, "head": head, "points": value}
            for split, heads in points.items()
            for head, values in heads.items()
            for i, value in enumerate(values)
        ]
    )
    found = student(scores.copy())
    try:
        found = int(found)
    except (TypeError, ValueError):
        return f"return one number, the head; this is a {type(found).__name__}."
    return {
        2: None,
        9: "head 9 is the best on the test utterances, or the worst on validation. The shown utterance is a test one: its "
        "part must not choose, and the best head has the highest mean.",
        7: 'head 7 is the best when test lines speak too. Only split == "valid" may choose.',
        5: "head 5 has the highest single value, on one utterance. One utterance is an anecdote: take the mean.",
        0: "head 0 has the largest sum: it was scored on more utterances. Take the mean, not the sum.",
        1: "this is the position of the best head in the table of means, not the head's own number: idxmax, not argmax.",
    }.get(found, f"{found} is not one of the heads 0, 2, 5, 7, 9. Return the head, not its score.")


@exercise
def seen(student) -> str | None:
    """E8.4: student(row (A,)) -> (start_s, end_s) that the heaviest frame sees before the BiLSTM."""
    for k in (7, 0, 20):
        row = np.full(24, 0.02)
        row[k] = 0.5
        right = (max(0.0, (9 * k - 4) * 0.01 - 0.0125), (9 * k + 12) * 0.01 + 0.0125)
        found = student(row)
        if not (isinstance(found, tuple | list | np.ndarray) and len(found) == 2):
            return "return two numbers: the first and the last second."
        found = tuple(float(x) for x in found)
        if np.allclose(found, right, atol=1e-6):
            continue
        start, end, mid = (
            (9 * k - 4) * 0.01,
            (9 * k + 12) * 0.01,
            k * 0.09,
        )  # centres of the outer MFCC frames; hops
        half_missing = (
            "half a window is missing on either side: an MFCC frame is centred on its time and hears 12.5 ms "
            "before and behind it."
        )
        hop = "this is the hop, 90 ms. A frame sees more than its hop: 17 MFCC frames, 185 ms."
        mistakes = [
            (
                (start - 0.0125, right[1]),
                "the start is before the sound: nothing is heard below 0 s.",
            ),
            ((right[0] * 1000, right[1] * 1000), "these are milliseconds. Return seconds."),
            (
                (9 * k - 4, 9 * k + 12),
                "these are numbers of MFCC frames. Each stands for 10 ms: times 0.010.",
            ),
            ((start, end), half_missing),
            ((max(0.0, start), end), half_missing),
            (
                (start - 0.025, end + 0.025),
                "a whole window was added on either side. The frame is centred: half of its 25 "
                "ms lies before it.",
            ),
            ((mid, mid + 0.09), hop),
            ((mid - 0.045, mid + 0.045), hop),
            (
                (mid - 0.0925, mid + 0.0925),
                "the middle is off by 40 ms: 9k - 4 to 9k + 12 has its middle at 9k + 4.",
            ),
            (
                ((k - 4) * 0.01 - 0.0125, (k + 12) * 0.01 + 0.0125),
                "the factor 9 is missing: a pooled frame comes every 9 "
                "MFCC frames. Without it, the axis is nine times too "
                "short.",
            ),
        ]
        if hint := next(
            (hint for wrong, hint in mistakes if np.allclose(found, wrong, atol=1e-6)), None
        ):
            return hint
        lightest = int(row.argmin())
        if np.allclose(found[1], (9 * lightest + 12) * 0.01 + 0.0125):
            return "this is the lightest frame. Take the argmax."
        return (
            f"heaviest frame {k}: {found[0]:.4f} to {found[1]:.4f} s came out, {right[0]:.4f} to {right[1]:.4f} s "
            "expected."
        )
    return None

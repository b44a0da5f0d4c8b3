"""Checks of lesson 09: training you can trust."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mcsan_lite.exercises.exercise import exercise, hint_for, letter_set


@exercise
def ua(student) -> str | None:
    """E9.1: student(true, pred) -> the unweighted accuracy."""
    true = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
    pred = np.array([0, 0, 0, 0, 0, 3, 1, 0, 0, 0])  # class 3 is predicted but never true
    recalls, precisions = [5 / 6, 1 / 2, 0], [5 / 8, 1, 0]
    right, found = np.mean(recalls), float(student(true, pred))
    if np.isclose(found, right):
        return None
    precision_hint = (
        "that is precision: you divide by how often a class was *predicted*. Recall divides by how "
        "often it is true."
    )
    mistakes = [
        (
            np.mean(true == pred),
            "that is WA, the share that is right. UA averages the recall of each class.",
        ),
        (
            np.mean([*recalls, 0]),
            "a class that never occurs in `true` has no recall: leave it out instead of counting "
            "0.",
        ),
        (np.mean(precisions), precision_hint),
        (np.mean([*precisions, 0]), precision_hint),
    ]
    return hint_for(found, mistakes, np.isclose) or (
        f"on a small example it gives {found:.3f}; the recalls 5/6, 1/2 and 0 average to "
        f"{right:.3f}."
    )


_LEAKS = {
    "a": "the mean over *all* utterances has the test utterances in it.",
    "c": "choosing a seed by its test score is choosing on test.",
}
_NO_LEAKS = {
    "b": "this is what validation is for. The test part plays no role in it.",
    "d": "innocent: cutting one utterance looks at that utterance alone.",
}


@exercise
def leaks(student) -> str | None:
    """E9.2: the letters of the steps that leak."""
    return letter_set(student, _LEAKS, _NO_LEAKS)


_WRONG_EPOCHS = {
    5: "epoch 5 is the best on *test*: you chose by looking at what you report.",
    2: "you returned the row's index: epochs count from one.",
    4: "epochs 3 and 4 tie; take the earlier one.",
}


@exercise
def choose(student) -> str | None:
    """E9.3: student(history with epoch, valid_wa, test_wa) -> the epoch to keep."""
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4, 5],
            "valid_wa": [0.4, 0.6, 0.7, 0.7, 0.5],
            "test_wa": [0.4, 0.5, 0.6, 0.65, 0.8],
        }
    )
    found = int(student(history))
    if found == 3:
        return None
    return _WRONG_EPOCHS.get(
        found, f"it returns {found}; the best validation WA comes first in epoch 3."
    )


@exercise
def points(answer: float) -> str | None:
    """E9.4: the points of UA that one utterance of surprise is worth in a test fold."""
    in_a_fold, in_all, classes = 10.7, 107, 7
    if abs(answer - 100 / in_a_fold / classes) < 0.1:
        return None
    if abs(answer - 100 / in_a_fold) < 0.2:
        return "that is the recall of surprise itself. UA averages seven recalls."
    if abs(answer - 100 / in_all / classes) < 0.02:
        return "you used all 107: a test fold holds a tenth of them."
    if abs(answer - 1 / in_a_fold / classes) < 0.002:
        return "as a share that is right; the question asks for percentage points, so times 100."
    return "one of 10.7 surprise utterances, and surprise is one of seven classes."


_WRONG_GAINS = (
    (0.11, "as a share that is right; the question asks for percentage points, so times 100."),
    (-11, "the sign is turned: subtract the honest score from the one with peeking."),
    (0, "epochs 3 and 4 tie on validation; the honest choice is the earlier one."),
    (2, "the honest score is a *test* score, too: that of the epoch that is best on validation."),
    (15, "the honest choice is not the last epoch but the one that is best on validation."),
    (34, "the honest choice is not the first epoch but the one that is best on validation."),
    (16.6, "the honest choice is one epoch, not the mean of all."),
    (64, "that is what is reported honestly. The question is by how much peeking lifts it."),
    (75, "that is the score with peeking. Subtract the honest one."),
)


@exercise
def bought(student) -> str | None:
    """E9.5: student(history) -> points of test WA that choosing the epoch on test buys."""
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4, 5],
            "valid_wa": [0.40, 0.62, 0.73, 0.73, 0.50],
            "test_wa": [0.41, 0.52, 0.64, 0.75, 0.60],
        }
    )
    found = float(student(history))
    if np.isclose(found, 11):
        return None
    return hint_for(found, _WRONG_GAINS, np.isclose) or (
        f"on a small example it gives {found:.3g}; from 64 % (epoch 3) to 75 % (epoch 4) are 11 "
        "points."
    )

"""Checks of lesson 07, Training you can trust."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mcsan_lite.exercises.exercise import exercise


@exercise
def ua(student) -> str | None:
    true = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
    pred = np.array(
        [0, 0, 0, 0, 0, 3, 1, 0, 0, 0]
    )  # recalls 5/6, 1/2, 0; class 3 is predicted but never true
    right, given = np.mean([5 / 6, 1 / 2, 0]), float(student(true, pred))
    if np.isclose(given, right):
        return None
    if np.isclose(given, np.mean(true == pred)):
        return "that is WA, the share that is right. UA averages the recall of each class."
    if np.isclose(given, np.mean([5 / 6, 1 / 2, 0, 0])):
        return (
            "a class that never occurs in `true` has no recall: leave it out instead of counting 0."
        )
    if np.isclose(given, np.mean([5 / 8, 1, 0])) or np.isclose(given, np.mean([5 / 8, 1, 0, 0])):
        return "that is precision: you divide by how often a class was *predicted*. Recall divides by how often it is true."
    return f"on a small example it gives {given:.3f}; the recalls 5/6, 1/2 and 0 average to {right:.3f}."


@exercise
def leaks(answer: set) -> str | None:
    answer = set(answer)
    if "d" in answer:
        return "d is innocent: cutting one utterance looks at that utterance alone."
    if "b" in answer:
        return "b is what validation is for. The test part plays no role in it."
    if "a" not in answer:
        return "look at a again: the mean over *all* utterances has the test utterances in it."
    if "c" not in answer:
        return "look at c again: choosing a seed by its test score is choosing on test."
    return None


@exercise
def choose(student) -> str | None:
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4, 5],
            "valid_wa": [0.4, 0.6, 0.7, 0.7, 0.5],
            "test_wa": [0.4, 0.5, 0.6, 0.65, 0.8],
        }
    )
    given = int(student(history))
    hints = {
        5: "epoch 5 is the best on *test*: you chose by looking at what you report.",
        2: "you returned the row's index: epochs count from one.",
        4: "epochs 3 and 4 tie; take the earlier one.",
    }
    return (
        None
        if given == 3
        else hints.get(given, f"it returns {given}; the best validation WA comes first in epoch 3.")
    )


@exercise
def points(answer: float) -> str | None:
    if abs(answer - 100 / 10.7 / 7) < 0.1:
        return None
    if abs(answer - 100 / 10.7) < 0.2:
        return "that is the recall of surprise itself. UA averages seven recalls."
    if abs(answer - 100 / 107 / 7) < 0.02:
        return "you used all 107: a test fold holds a tenth of them."
    if abs(answer - 0.0134) < 0.002:
        return "as a share that is right; the question asks for percentage points, so times 100."
    return "one of 10.7 surprise utterances, and surprise is one of seven classes."


@exercise
def bought(student) -> str | None:
    """E7.5: student(history with epoch, valid_wa, test_wa) -> points of test WA that choosing the epoch on test buys."""
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4, 5],
            "valid_wa": [0.40, 0.62, 0.73, 0.73, 0.50],
            "test_wa": [0.41, 0.52, 0.64, 0.75, 0.60],
        }
    )
    given = float(student(history))
    hints = {
        11: None,
        0.11: "as a share that is right; the question asks for percentage points, so times 100.",
        -11: "the sign is turned: peeking less honest.",
        0: "epochs 3 and 4 tie on validation; the honest choice is the earlier one.",
        2: "the honest score is a *test* score, too: that of the epoch that is best on validation.",
        15: "the honest choice is not the last epoch but the one that is best on validation.",
        34: "the honest choice is not the first epoch but the one that is best on validation.",
        16.6: "the honest choice is one epoch, not the mean of all.",
        64: "that is what is reported honestly. Asked is by how much peeking lifts it.",
        75: "that is the score with peeking. Subtract the honest one.",
    }
    for wrong, hint in hints.items():
        if np.isclose(given, wrong):
            return hint
    return f"on a small example it gives {given:.3g}; from 64 % (epoch 3) to 75 % (epoch 4) are 11 points."

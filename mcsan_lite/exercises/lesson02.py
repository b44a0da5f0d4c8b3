"""Checks of lesson 02, Scores and floors.

In: a student's answer or function. Out: a hint, or None where it is right.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcsan_lite.evaluation.metrics import ua
from mcsan_lite.exercises.exercise import exercise, hint_for


@exercise
def weighted_f1(student) -> str | None:
    """E2.1: student(counts (C, C)) -> F1 by class, weighted by its share of the true labels."""
    # class 2 is never predicted, class 3 is never true
    counts = np.array([[6, 2, 0, 0], [3, 5, 0, 2], [2, 1, 0, 0], [0, 0, 0, 0]])
    n, predicted, right = counts.sum(1), counts.sum(0), counts.diagonal()
    f1 = 2 * right / (n + predicted)
    wanted = (f1 @ n) / n.sum()
    given = counts.copy()
    found = float(student(given))
    if not np.array_equal(given, counts):
        return "you changed the matrix that was given."
    if np.isnan(found):
        return "nan: a class that is never predicted, or never true, gave 0/0. Its F1 is 0."
    if not np.isclose(found, wanted):
        unknown = (
            f"on a small matrix it gives {found:.3f}; F1 by class is {f1.round(3).tolist()}, "
            f"weighted by n {wanted:.3f}."
        )
        return hint_for(found, _f1_mistakes(counts, f1), np.isclose) or unknown
    with_empty_class = float(student(np.array([[3, 1, 0], [1, 2, 0], [0, 0, 0]])))
    if not np.isclose(with_empty_class, 5 / 7):
        return f"a class neither true nor predicted turns the score into {with_empty_class}."
    return None


def _f1_mistakes(counts: np.ndarray, f1: np.ndarray) -> Iterator[tuple[float, str]]:
    """What other scores than weighted F1 give for counts (C, C), and their hints."""
    n, predicted, right = counts.sum(1), counts.sum(0), counts.diagonal()
    macro = (
        "that is macro F1: every class counts alike. Here a class counts by its share of the true "
        "labels."
    )
    for classes in (2, 3, 4):
        yield f1.sum() / classes, macro
    yield (
        (f1 @ predicted) / n.sum(),
        "you weighted by how often a class was *predicted*: the columns. Rows are the true "
        "classes.",
    )
    recall = right.sum() / n.sum()
    yield recall, "that is WA: recall weighted by class size. F1 needs precision too."
    precision = (right / np.maximum(predicted, 1) @ n) / n.sum()
    yield (
        precision,
        "that is weighted precision, the score that was once called accuracy. F1 needs recall too.",
    )
    yield (
        2 * precision * recall / (precision + recall),
        "you averaged precision and recall first. F1 is computed for each class and then averaged.",
    )


@exercise
def flattering(student) -> str | None:
    """E2.2: student(true (N,)) -> predictions of high macro precision and low UA."""
    true = np.repeat([0, 1, 2], [20, 20, 10])
    given = true.copy()
    pred = np.asarray(student(given))
    if not np.array_equal(given, true):
        return "you changed the true labels. Make a list of your own."
    if pred.shape != true.shape:
        return f"{pred.shape} predictions for {true.shape} utterances: one for each is needed."
    if not np.isin(pred, (0, 1, 2)).all():
        return "only the classes 0, 1 and 2 exist."
    named = np.bincount(pred.astype(int), minlength=3)
    if (named == 0).any():
        return (
            f"class {named.argmin()} is never named, so its precision counts as 0. Name every "
            "class at least once."
        )
    found = ua(true, pred)
    if found > 0.45:
        return f"UA is {found:.2f}: your model finds too much. It should be at most 0.45."
    right = np.bincount(true[pred == true], minlength=3)
    precision = float((right / named).mean())
    if precision < 0.8:
        return (
            f"macro precision is {precision:.2f}, and 0.80 is wanted. Name the two rarer answers "
            "only where you are certain."
        )
    return None


@exercise
def needed(answer: float) -> str | None:
    """E2.3: how many utterances make the 95 % interval of WA reach one point to each side."""
    share = 0.612
    variance = share * (1 - share)
    right = 1.96**2 * variance / 0.01**2
    if abs(answer - right) < 0.01 * right:
        return None
    mistakes = [
        (
            right / 1.96**2,
            "that is one standard deviation, about 68 %. For 95 % take 1.96 of them.",
        ),
        (
            right / 4,
            "that makes the *whole* interval one point wide. The question asks for one point on "
            "each side.",
        ),
        (1.96**2 * 0.25 / 0.01**2, "that is for p = .5, the worst case. Here p = .612."),
        (right * 0.01**2, "you divided by 1, a whole. One percentage point is 0.01."),
        (1.96 * variance / 0.01**2, "1.96 must be squared too: it stands outside the root."),
        (right**0.5, "that is the root of it: n itself stands below the root."),
        (right * 0.01, "divide by 0.01 squared."),
    ]
    hint = hint_for(answer, mistakes, _within_a_percent)
    if hint:
        return hint
    amount = "few" if answer < right else "many"
    return f"{answer:,.0f} is too {amount}. Set 1.96 standard deviations of WA equal to 0.01."


def _within_a_percent(found: float, value: float) -> bool:
    return abs(found - value) < 0.01 * value

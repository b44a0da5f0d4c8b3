"""Checks of lesson 01, Corpora, labels, and splits that do not lie."""

from __future__ import annotations

import numpy as np

from mcsan_lite.exercises.exercise import exercise


@exercise
def leave_one_speaker_out(student) -> str | None:
    # Not in alphabetical order; unequal; "ann" has one utterance, so that halving somebody shows.
    speaker_of = {
        "u07": "dee",
        "u03": "ben",
        "u01": "ann",
        "u05": "cem",
        "u02": "ben",
        "u04": "cem",
        "u06": "cem",
        "u08": "dee",
    }
    given = dict(speaker_of)
    folds = list(student(given))
    if given != speaker_of:
        return "you changed the dictionary that was given. Others still need it."
    if any(not isinstance(fold, tuple | list) or len(fold) != 3 for fold in folds):
        return "every fold should be three sets of ids: (train, valid, test)."
    folds = [tuple(map(set, fold)) for fold in folds]
    people = [[{speaker_of.get(i) for i in part} for part in fold] for fold in folds]
    for train, valid, test in folds:
        if lost := set(speaker_of) ^ (train | valid | test):
            return f"{min(lost)!r} is in no part of a fold, or is no utterance. Each is in one part of every fold."
        if train & valid or train & test or valid & test:
            return "an utterance is in two parts of one fold: it would be learned and scored."
        if not valid:
            return "there is no validation part. The epoch would have to be chosen on test."
    for train, _, test in people:
        if train & test:
            return f"{min(train & test)} is in train and in test: you cut utterances, not people."
    for train, valid, test in people:
        if both := valid & (train | test):
            return f"{min(both)} is in validation and in another part: the epoch is chosen on a voice that is no stranger."
    names = sorted(set(speaker_of.values()))
    tested = [sorted(test) for _, _, test in people]
    if never := set(names) - {name for several in tested for name in several}:
        return f"{min(never)} is never tested: one fold for every speaker."
    if max(map(len, tested)) > 1 or len(folds) > 4:
        return f"{len(folds)} folds for four speakers: in each, one speaker is tested, and nobody twice."
    if [tuple(map(set, fold)) for fold in student(dict(reversed(speaker_of.items())))] != folds:
        return "the same corpus read in another order gives other folds. Sort the speakers; a set has no order to rely on."
    if tested != sorted(tested):
        return "the folds are right but not in alphabetical order of the tested speaker."
    for i, (_, valid, _) in enumerate(people):
        if valid != {names[(i + 1) % 4]}:
            return (
                f"where {names[i]} is tested, {names[(i + 1) % 4]} should choose the epoch (the next one; after the "
                f"last the first), not {' and '.join(sorted(valid))}."
            )
    return None


@exercise
def recognised(answer: set) -> str | None:
    answer = set(answer)
    if odd := answer - set("abcde"):
        return f"{sorted(odd)[0]!r} is not one of the five letters."
    if "c" in answer:
        return "c is innocent: the folds come first, so no copy of a test clip is ever in train."
    if "e" in answer:
        return "e is innocent: counts of the training part say nothing about a test utterance."
    if "a" not in answer:
        return (
            "look at a again: the copies are made *first*. Where does the twin of a test clip go?"
        )
    if "b" not in answer:
        return (
            "look at b again: two seconds of one sentence, same voice, same feeling, on both sides."
        )
    if "d" not in answer:
        return (
            "look at d again: the people are new, but are the words? Section 8 has a number for it."
        )
    return None


@exercise
def exposed_by(answer: dict) -> str | None:
    if set(answer) != set("ABCD") or any(name is ... for name in answer.values()):
        return "fill in all four: A, B, C and D."
    choices = (
        "speaker only",
        "dialogue + speaker only",
        "length + punctuation only",
        "none of them",
    )
    if odd := [name for name in answer.values() if name not in choices]:
        return f"{odd[0]!r} is none of the four choices."
    if answer["A"] == "dialogue + speaker only":
        return "A: that would find it too, but the name alone is enough. Take the smallest floor that can."
    if answer["A"] != "speaker only":
        return "A: what does it take to guess right nine times out of ten? Only the actor's name."
    if answer["B"] == "speaker only":
        return "B: the agents take all sorts of calls, so their name says nothing. What keeps its mood is the call."
    if answer["B"] != "dialogue + speaker only":
        return "B: whoever knows the other turns of a call knows the mood of this one. Which floor knows the call?"
    if answer["C"] != "length + punctuation only":
        return "C: the leak is a mark in the transcript. Which floor reads marks, and no word?"
    if answer["D"] != "none of them":
        return (
            "D: every actor plays everything equally often, and all texts are the same. No name and no mark helps: "
            "on RAVDESS the deaf floor stayed silent, and the random split flattered all the same."
        )
    return None


@exercise
def weighted_f1(student) -> str | None:
    counts = np.array(
        [[6, 2, 0, 0], [3, 5, 0, 2], [2, 1, 0, 0], [0, 0, 0, 0]]
    )  # 2 is never predicted, 3 never true
    n, predicted, right = counts.sum(1), counts.sum(0), counts.diagonal()
    f1 = 2 * right / (n + predicted)
    wanted, recall, precision = (
        (f1 @ n) / n.sum(),
        right.sum() / n.sum(),
        (right / np.maximum(predicted, 1) @ n) / n.sum(),
    )
    given = counts.copy()
    found = float(student(given))
    if not np.array_equal(given, counts):
        return "you changed the matrix that was given."
    if np.isnan(found):
        return "nan: a class that is never predicted, or never true, gave 0/0. Its F1 is 0."
    if np.isclose(found, wanted):
        empty = float(student(np.array([[3, 1, 0], [1, 2, 0], [0, 0, 0]])))
        return (
            None
            if np.isclose(empty, 5 / 7)
            else f"a class neither true nor predicted turns the score into {empty}."
        )
    if any(np.isclose(found, f1.sum() / k) for k in (2, 3, 4)):
        return "that is macro F1: every class counts alike. Here a class counts by its share of the true labels."
    if np.isclose(found, (f1 @ predicted) / n.sum()):
        return "you weighted by how often a class was *predicted*: the columns. Rows are the true classes."
    if np.isclose(found, recall):
        return "that is WA: recall weighted by class size. F1 needs precision too."
    if np.isclose(found, precision):
        return "that is weighted precision, the score that was once called accuracy. F1 needs recall too."
    if np.isclose(found, 2 * precision * recall / (precision + recall)):
        return "you averaged precision and recall first. F1 is made for each class, then averaged."
    return f"on a small matrix it gives {found:.3f}; F1 by class is {f1.round(3).tolist()}, weighted by n {wanted:.3f}."


@exercise
def needed(answer: float) -> str | None:
    p = 0.612
    right = 1.96**2 * p * (1 - p) / 0.01**2
    if abs(answer - right) < 0.01 * right:
        return None
    hints = [
        (
            right / 1.96**2,
            "that is one standard deviation, about 68 %. For 95 % take 1.96 of them.",
        ),
        (
            right / 4,
            "that makes the *whole* interval one point wide. Asked is one point to each side.",
        ),
        (1.96**2 * 0.25 / 0.01**2, "that is for p = .5, the worst case. Here p = .612."),
        (right * 0.01**2, "you divided by 1, a whole. One percentage point is 0.01."),
        (1.96 * p * (1 - p) / 0.01**2, "1.96 must be squared too: it stands outside the root."),
        (right**0.5, "that is the root of it: n itself stands below the root."),
        (right * 0.01, "divide by 0.01 squared."),
    ]
    for value, hint in hints:
        if abs(answer - value) < 0.01 * value:
            return hint
    return f"{answer:,.0f} is too {'few' if answer < right else 'many'}. Set 1.96 standard deviations of WA equal to 0.01."

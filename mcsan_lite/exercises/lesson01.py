"""Checks of lesson 01, Corpora, labels, and splits that do not lie.

In: a student's answer or function. Out: a hint, or None where it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for

# Not in alphabetical order; unequal; "ann" has one utterance, so that halving somebody shows.
_SPEAKER_OF = {
    "u07": "dee",
    "u03": "ben",
    "u01": "ann",
    "u05": "cem",
    "u02": "ben",
    "u04": "cem",
    "u06": "cem",
    "u08": "dee",
}
_SPEAKERS = ("ann", "ben", "cem", "dee")

_Fold = tuple[set, set, set]  # train, valid, test: ids of utterances, or names of speakers


@exercise
def leave_one_speaker_out(student) -> str | None:
    """E1.1: student({utterance: speaker}) -> a fold (train, valid, test) for every speaker."""
    given = dict(_SPEAKER_OF)
    answer = list(student(given))
    if given != _SPEAKER_OF:
        return "you changed the dictionary that was given. Others still need it."
    if any(not isinstance(fold, tuple | list) or len(fold) != 3 for fold in answer):
        return "every fold should be three sets of ids: (train, valid, test)."
    folds = _as_sets(answer)
    people = [_speakers_in(fold) for fold in folds]
    hint = _lost_or_twice(folds) or _shared_speakers(people) or _wrong_turns(people)
    if hint:
        return hint
    if _as_sets(student(dict(reversed(_SPEAKER_OF.items())))) != folds:
        return (
            "the same corpus read in another order gives other folds. Sort the speakers; a set has "
            "no order to rely on."
        )
    return _wrong_order(people)


def _as_sets(folds: Sequence) -> list[_Fold]:
    return [tuple(map(set, fold)) for fold in folds]


def _speakers_in(fold: _Fold) -> _Fold:
    """The speakers of each part; an id that does not exist has the speaker None."""
    return tuple({_SPEAKER_OF.get(utterance) for utterance in part} for part in fold)


def _lost_or_twice(folds: Sequence[_Fold]) -> str | None:
    """Utterances that are in no part or in two, and folds without validation."""
    for train, valid, test in folds:
        lost = set(_SPEAKER_OF) ^ (train | valid | test)
        if lost:
            return (
                f"{min(lost)!r} is in no part of a fold, or is no utterance. Each is in one part "
                "of every fold."
            )
        if train & valid or train & test or valid & test:
            return "an utterance is in two parts of one fold: it would be learned and scored."
        if not valid:
            return "there is no validation part. The epoch would have to be chosen on test."
    return None


def _shared_speakers(people: Sequence[_Fold]) -> str | None:
    """Speakers who are in two parts of a fold."""
    for train, _, test in people:
        both = train & test
        if both:
            return f"{min(both)} is in train and in test: you cut utterances, not people."
    for train, valid, test in people:
        both = valid & (train | test)
        if both:
            return (
                f"{min(both)} is in validation and in another part: the epoch is chosen on a voice "
                "that is no stranger."
            )
    return None


def _wrong_turns(people: Sequence[_Fold]) -> str | None:
    """Speakers who are never tested, and speakers who are tested together or twice."""
    tested = [test for _, _, test in people]
    never = set(_SPEAKERS).difference(*tested)
    if never:
        return f"{min(never)} is never tested: one fold for every speaker."
    if max(map(len, tested)) > 1 or len(people) > len(_SPEAKERS):
        return (
            f"{len(people)} folds for four speakers: in each, one speaker is tested, and nobody "
            "twice."
        )
    return None


def _wrong_order(people: Sequence[_Fold]) -> str | None:
    """Folds out of order, and epochs that another speaker than the next one chooses."""
    tested = [sorted(test) for _, _, test in people]
    if tested != sorted(tested):
        return "the folds are right but not in alphabetical order of the tested speaker."
    following = (*_SPEAKERS[1:], _SPEAKERS[0])
    for (_, valid, _), speaker, chooser in zip(people, _SPEAKERS, following, strict=True):
        if valid != {chooser}:
            return (
                f"where {speaker} is tested, {chooser} should choose the epoch (the next one; "
                f"after the last the first), not {' and '.join(sorted(valid))}."
            )
    return None


@exercise
def recognised(answer: set) -> str | None:
    """E1.2: the letters of the procedures that leak."""
    answer = set(answer)
    strange = answer - set("abcde")
    if strange:
        return f"{min(strange)!r} is not one of the five letters."
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


_FLOORS = ("speaker only", "dialogue + speaker only", "length + punctuation only", "none of them")


@exercise
def exposed_by(answer: dict) -> str | None:
    """E1.3: for each of four leaks, the smallest floor that exposes it."""
    if set(answer) != set("ABCD") or any(name is ... for name in answer.values()):
        return "fill in all four: A, B, C and D."
    strange = [name for name in answer.values() if name not in _FLOORS]
    if strange:
        return f"{strange[0]!r} is none of the four choices."
    if answer["A"] == "dialogue + speaker only":
        return (
            "A: that would find it too, but the name alone is enough. Take the smallest floor that "
            "can."
        )
    if answer["A"] != "speaker only":
        return "A: what does it take to guess right nine times out of ten? Only the actor's name."
    if answer["B"] == "speaker only":
        return (
            "B: the agents take all sorts of calls, so their name says nothing. What keeps its "
            "mood is the call."
        )
    if answer["B"] != "dialogue + speaker only":
        return (
            "B: whoever knows the other turns of a call knows the mood of this one. Which floor "
            "knows the call?"
        )
    if answer["C"] != "length + punctuation only":
        return "C: the leak is a mark in the transcript. Which floor reads marks, and no word?"
    if answer["D"] != "none of them":
        return (
            "D: every actor plays everything equally often, and all texts are the same. No name "
            "and no mark helps: on RAVDESS the deaf floor stayed silent, and the random split "
            "flattered all the same."
        )
    return None


@exercise
def weighted_f1(student) -> str | None:
    """E1.4: student(counts (C, C)) -> F1 by class, weighted by its share of the true labels."""
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
        "you averaged precision and recall first. F1 is made for each class, then averaged.",
    )


@exercise
def needed(answer: float) -> str | None:
    """E1.5: how many utterances make the 95 % interval of WA reach one point to each side."""
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
            "that makes the *whole* interval one point wide. Asked is one point to each side.",
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

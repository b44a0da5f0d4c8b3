"""Checks of lesson 14: ablations with error bars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, hint_for, three_letters

# E14.1: the sizes of the two parts in each of ten folds.
_TRAIN, _TEST, _FOLDS = 800, 100, 10


def _two_systems() -> tuple[np.ndarray, np.ndarray]:
    """Scores of two systems on ten folds; a hard fold is hard for both."""
    rng = np.random.default_rng(10)
    hard = rng.normal(size=_FOLDS)
    own = rng.normal(size=(2, _FOLDS))
    a, b = 0.60 + 0.02 * hard + 0.005 * own
    return a + 0.01, b


def _t(
    difference: np.ndarray,
    *,
    share: float = _TEST / _TRAIN,
    folds: float = 1 / _FOLDS,
    deviation: float | None = None,
) -> float:
    """The corrected t, or what comes out with another number in one of its places."""
    if deviation is None:
        deviation = difference.std(ddof=1)
    return float(difference.mean() / (np.sqrt(folds + share) * deviation))


def _t_mistakes(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[float, str]]:
    """What mistakes in E14.1 give, and their hints."""
    d = a - b
    factor = 1 / _FOLDS + _TEST / _TRAIN
    yield (
        _t(d, share=0),
        "this is the plain paired t: it takes the folds for independent. Add n_test / n_train to "
        "1 / k.",
    )
    unpaired = np.sqrt(a.var(ddof=1) + b.var(ddof=1))
    pooled = np.concatenate([a, b]).std(ddof=1)
    for deviation in (unpaired, unpaired / np.sqrt(2), pooled):
        for share in (0, _TEST / _TRAIN):
            yield (
                _t(d, share=share, deviation=deviation),
                "the pairing is lost: you took the spread of a and of b. Take the spread of their "
                "differences, fold by fold.",
            )
    yield (
        _t(d, share=_TRAIN / _TEST),
        "the ratio is upside down: n_test / n_train, the small part over the large one.",
    )
    yield (
        _t(d, share=_TEST / (_TRAIN + _TEST)),
        "the ratio is a share of the whole; it should be n_test / n_train.",
    )
    yield _t(d, folds=0), "1 / k is missing: more folds should help a little."
    yield (
        _t(d, folds=1),
        "there is a 1 where 1 / k should be: divide 1 by the number of folds.",
    )
    yield (
        _t(d, folds=1 / (_FOLDS - 1)),
        "k - 1 belongs in the deviation; here it is 1 / k.",
    )
    yield (
        _t(d, deviation=d.std()),
        "the deviation divides by k. That of a sample divides by k - 1: ddof=1.",
    )
    yield (
        _t(d, deviation=d.var(ddof=1)),
        "this divides by the variance times a root: take the standard deviation, which is its "
        "square root.",
    )
    yield (
        d.mean() / (factor * d.std(ddof=1)),
        "the root is missing around 1 / k + n_test / n_train.",
    )
    yield _t(d) * factor, "you multiplied by the root; the t divides by it."
    yield float(d.mean()), "this is the mean difference alone. Divide it by its standard error."


@exercise
def corrected(student) -> str | None:
    """E14.1: student(a, b, n_train, n_test) -> the corrected t of a minus b over their folds.

    Nadeau & Bengio 2003.
    """
    a, b = _two_systems()
    right = _t(a - b)
    found = np.asarray(student(a.copy(), b.copy(), _TRAIN, _TEST), float)
    if found.shape != ():
        return f"the shape is {found.shape}; expected one number."
    if np.isclose(found, right):
        backwards = float(student(b.copy(), a.copy(), _TRAIN, _TEST))
        if np.isclose(backwards, -right):
            return None
        return "b minus a should give the same number with the other sign."
    for wrong, hint in _t_mistakes(a, b):
        if np.isclose(found, wrong):
            return hint
        if np.isclose(found, -wrong):
            return "the sign is turned: a minus b. And " + hint
    if np.isclose(found, -right):
        return "the sign is turned: a minus b."
    return (
        f"on ten folds it gives {found:.3f}; mean / sqrt((1 / k + n_test / n_train) S²) is "
        f"{right:.3f}."
    )


_WRONG_SEEDS = (
    (5, "five would be enough for independent folds: test_share must be 1/8, not 0."),
    (210, "210 is the number of trainings; the question is the number of seeds per fold."),
    (8, "that is with 20 folds; you have 10."),
    (20, "20 seeds just miss 80 %. Which is the smallest number that reaches it?"),
    (1, "one seed per fold leaves all 1.2 points in."),
)


@exercise
def plan(student) -> str | None:
    """E14.2: {"A": seeds, "B": seeds}, the least seeds per fold that show 0.7 points.

    There are ten folds; None where no number is enough.
    """
    if not isinstance(student, dict) or set(student) != {"A", "B"}:
        return 'the answer is {"A": …, "B": …}, a number or None for each.'
    if any(answer is ... for answer in student.values()):
        return NOT_SOLVED
    a, b = student["A"], student["B"]
    if a is None or a == 0:
        return (
            "A: here most of the spread comes from seeds, and you can always train more of them. "
            "Are fold_sd and seed_sd swapped?"
        )
    if a != 21:
        hint = hint_for(a, _WRONG_SEEDS, lambda given, wrong: given == wrong)
        call = "planning.trials_needed(0.007, significance.Spread(0.004, 0.012), folds=(10,))"
        return "A: " + (hint or f"try {call}.")
    if b == 0:
        return "B: 0 in the table means that no number is enough. Write None."
    if b is not None:
        return (
            "B: the spread comes from folds, and seeds do not shrink it. What does `power` say "
            "with seeds = 1,000?"
        )
    return None


VERDICTS = {"a": "reproduced", "b": "unknown", "c": "alike", "d": "differs", "e": "reproduced"}
_VERDICT_NAMES = ("reproduced", "differs", "alike", "unknown")
_WRONG_VERDICTS = {
    "a": {
        "differs": "a gap above zero is what the paper says: MCSAN is ahead.",
        "unknown": "the interval excludes zero.",
    },
    "b": {
        "reproduced": "its mean is on the paper's side, but the interval contains zero: the mean "
        "alone is not a verdict.",
        "alike": "not distinguishable is not alike: its intervals also contain a gap of three "
        "points.",
    },
    "c": {
        "unknown": "TOST at 5 % goes with the 90 % interval, since each of its two tests spends "
        "5 % on one side. That interval lies within ± 1 point: this is knowledge.",
        "reproduced": "the 95 % interval contains zero.",
    },
    "d": {
        "reproduced": "zero is excluded, but on the other side: here the row is better than MCSAN.",
        "unknown": "the interval excludes zero: it does say something.",
    },
    "e": {
        "alike": "small, but zero is excluded on the paper's side. The verdict is about the "
        "direction; you may add that a gap of this size does not matter.",
        "unknown": "the interval is narrow and excludes zero.",
    },
}


@exercise
def verdicts(student) -> str | None:
    """E14.3: a verdict for each of the five gaps with their intervals."""
    names = ", ".join(_VERDICT_NAMES)
    if not isinstance(student, dict) or set(student) != set(VERDICTS):
        return f"the answer names {', '.join(VERDICTS)}, each with one of {names}."
    if any(answer is ... for answer in student.values()):
        return NOT_SOLVED
    for letter, answer in student.items():
        if answer not in _VERDICT_NAMES:
            return f"{letter}: {answer!r} is none of {names}."
    for letter, answer in sorted(student.items()):
        if answer != VERDICTS[letter]:
            general = "look for zero in the 95 % interval, then at the width of the 90 % one."
            return f"{letter}: {_WRONG_VERDICTS[letter].get(answer, general)}"
    return None


_NOT_DEFENSIBLE = {
    "a": "absence of evidence. To say that it is not needed, show that the gap lies within a "
    "margin (TOST).",
    "c": "a hundred folds of one corpus share their data, and the plain t takes them for "
    "independent: false alarms.",
    "e": "in eight tests luck easily brings one p of 0.04. Holm's p would be 0.32.",
    "g": "the epoch was chosen on test, and for one side only; besides, the other score is from "
    "other folds.",
}


@exercise
def defensible(student) -> str | None:
    """E14.4: the letters of the three sentences that can be defended."""
    look_for = "look for n, an interval, a margin or a power"
    return three_letters(student, "bdf", _NOT_DEFENSIBLE, look_for)

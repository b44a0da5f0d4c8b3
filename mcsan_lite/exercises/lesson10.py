"""Checks of lesson 10: ablations with error bars."""

from __future__ import annotations

import numpy as np

from mcsan_lite.exercises.exercise import exercise, three_letters


@exercise
def corrected(student) -> str | None:
    """E10.1: student(a, b, n_train, n_test) -> the corrected t (Nadeau & Bengio 2003) of a less b over their folds."""
    rng = np.random.default_rng(10)
    hard = rng.normal(size=10)  # what a fold does to both
    a, b = 0.60 + 0.02 * hard + 0.005 * rng.normal(size=(2, 10)) + np.array([[0.01], [0.0]])
    n_train, n_test, k = 800, 100, 10
    d = a - b

    def t(
        share: float = n_test / n_train, *, one: float = 1 / k, deviation: float = d.std(ddof=1)
    ) -> float:
        return float(d.mean() / (np.sqrt(one + share) * deviation))

    right = t()
    strangers = np.sqrt(a.var(ddof=1) + b.var(ddof=1))
    pooled = np.concatenate([a, b]).std(ddof=1)
    mistakes = [
        (
            t(0),
            "this is the plain paired t: it takes the folds for independent. Add n_test / n_train to 1 / k.",
        ),
        *[
            (
                t(share, deviation=deviation),
                "the pairing is lost: you took the spread of a and of b. Take the spread of their "
                "differences, fold by fold.",
            )
            for deviation in (strangers, strangers / np.sqrt(2), pooled)
            for share in (0, n_test / n_train)
        ],
        (
            t(n_train / n_test),
            "the ratio is upside down: n_test / n_train, the small part over the large one.",
        ),
        (
            t(n_test / (n_train + n_test)),
            "the ratio is a share of the whole; it should be n_test / n_train.",
        ),
        (t(one=0), "1 / k is missing: more folds should help a little."),
        (t(one=1), "1 / k is missing, and 1 stands in its place: divide 1 by the number of folds."),
        (t(one=1 / (k - 1)), "1 / (k - 1) belongs into the deviation; here it is 1 / k."),
        (
            t(deviation=d.std()),
            "the deviation divides by k. That of a sample divides by k - 1: ddof=1.",
        ),
        (
            t(deviation=d.var(ddof=1)),
            "this divides by the variance times a root: take the deviation, or the root of all.",
        ),
        (
            d.mean() / ((1 / k + n_test / n_train) * d.std(ddof=1)),
            "the root is missing around 1 / k + n_test / n_train.",
        ),
        (t() * (1 / k + n_test / n_train), "you multiplied by the root; the t divides by it."),
        (float(d.mean()), "this is the mean difference alone. Divide it by its standard error."),
    ]
    found = np.asarray(student(a.copy(), b.copy(), n_train, n_test), float)
    if found.shape != ():
        return f"the shape is {found.shape}; expected one number."
    if np.isclose(found, right):
        backwards = float(student(b.copy(), a.copy(), n_train, n_test))
        return (
            None
            if np.isclose(backwards, -right)
            else "b less a should give the same number with the other sign."
        )
    for wrong, hint in mistakes:
        if np.isclose(found, wrong):
            return hint
        if np.isclose(found, -wrong):
            return "the sign is turned: a less b. And " + hint
    if np.isclose(found, -right):
        return "the sign is turned: a less b."
    return f"on ten folds it gives {found:.3f}; mean / sqrt((1 / k + n_test / n_train) S²) is {right:.3f}."


@exercise
def plan(student) -> str | None:
    """E10.2: {"A": seeds, "B": seeds}: the least seeds a fold that show 0.7 points on ten folds; None where none does."""
    if not isinstance(student, dict) or set(student) != set("AB"):
        return 'the answer is {"A": …, "B": …}, a number or None for each.'
    if any(answer is ... for answer in student.values()):
        return "not solved yet."
    a, b = student["A"], student["B"]
    if a is None or a == 0:
        return "A: here most of the spread comes from seeds, and seeds can be had. Are fold_sd and seed_sd swapped?"
    hints = {
        5: "five is what independent folds would need: test_share must be 1/8, not 0.",
        210: "210 is the number of trainings; asked is the number of seeds a fold.",
        8: "that is with 20 folds; you have 10.",
        20: "20 seeds just miss 80 %. The smallest number that reaches it?",
        1: "one seed a fold leaves all 1.2 points in.",
    }
    if a != 21:
        return "A: " + hints.get(
            a,
            "try significance.trials_needed(0.007, significance.Spread(0.004, 0.012), folds=(10,)).",
        )
    if b == 0:
        return "B: 0 in the table means that no number is enough. Write None."
    if b is not None:
        return "B: the spread comes from folds, and seeds do not shrink it. What does `power` say with seeds = 1,000?"
    return None


VERDICTS = {"a": "reproduced", "b": "unknown", "c": "alike", "d": "differs", "e": "reproduced"}


@exercise
def verdicts(student) -> str | None:
    """E10.3: a verdict for each of the five intervals."""
    words = ("reproduced", "differs", "alike", "unknown")
    if not isinstance(student, dict) or set(student) != set(VERDICTS):
        return f"the answer names {', '.join(VERDICTS)}, each with one of {', '.join(words)}."
    if any(answer is ... for answer in student.values()):
        return "not solved yet."
    if strange := [
        f"{letter}: {answer!r}" for letter, answer in student.items() if answer not in words
    ]:
        return f"{strange[0]} is none of {', '.join(words)}."
    hints = {
        (
            "b",
            "reproduced",
        ): "its mean is on the paper's side, but the interval holds zero: the mean alone is no verdict.",
        (
            "b",
            "alike",
        ): "not distinguishable is not alike: a gap of four points is within its interval, too.",
        (
            "c",
            "unknown",
        ): "it holds zero, and *all* of it lies within ± 1 point: that is knowledge.",
        ("c", "reproduced"): "the interval holds zero.",
        (
            "d",
            "reproduced",
        ): "zero is excluded, but on the other side: here the row is better than MCSAN.",
        ("d", "unknown"): "the interval excludes zero: it does say something.",
        (
            "e",
            "alike",
        ): "small, but zero is excluded on the paper's side. The verdict is about the direction; that the gap "
        "does not matter may be said beside it.",
        ("e", "unknown"): "the interval is narrow and excludes zero.",
        ("a", "differs"): "a gap above zero is what the paper says: MCSAN is ahead.",
        ("a", "unknown"): "the interval excludes zero.",
    }
    for letter, answer in sorted(student.items()):
        if answer != VERDICTS[letter]:
            return f"{letter}: " + hints.get(
                (letter, answer), "look for zero in the interval, then for its width."
            )
    return None


@exercise
def defensible(student) -> str | None:
    """E10.4: the letters of the three sentences that the measurements carry."""
    wrong = {
        "a": "absence of evidence. To say that it is not needed, show that the gap lies within a margin (TOST).",
        "c": "a hundred folds of one corpus share their data, and the plain t takes them for independent: false alarms.",
        "e": "one p of 0.04 in eight tests is what luck brings. Holm's p would be 0.32.",
        "g": "the epoch was chosen on test, and on one side only; the other score is from other folds.",
    }
    return three_letters(student, "bdf", wrong, "look for n, an interval, a margin or a power")

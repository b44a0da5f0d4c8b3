"""Checks of lesson 18, the capstone: a protocol, its resolution, a verdict and a review."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from mcsan_lite.errors import DataError
from mcsan_lite.exercises.capstone.study import (
    DIFFERS,
    OPEN,
    REPRODUCED,
    SEEN,
    Study,
    claim_called,
    visible_gap,
)
from mcsan_lite.exercises.exercise import (
    NOT_SOLVED,
    exercise,
    hint_for,
    letter_hint,
    three_letters,
)
from mcsan_lite.paper.report import SCORE_NAMES

_TEXTS = ("question", "margin_from", "reproduced_if", "differs_if", "otherwise", "stop")
_FIELDS = (
    *("claim", "corpus", "protocol", "folds", "seeds", "margin", "chosen_on", "test", "level"),
    *("seen", *_TEXTS),
)


@exercise
def protocol(student, example: Mapping | None = None) -> str | None:
    """E18.1: a protocol that is complete, and that could still be held against its author.

    Args:
        student: the protocol.
        example: a protocol whose sentence is taken already; None where any sentence will do.
    """
    if not isinstance(student, Mapping):
        return "a protocol is a dictionary, with the fields of the template."
    missing = [name for name in _FIELDS if name not in student]
    if missing:
        return f"the protocol says nothing about {', '.join(missing)}."
    if any(student[name] is ... for name in _FIELDS):
        return NOT_SOLVED
    if example is not None and student["claim"] == example["claim"]:
        return (
            f"claim: {student['claim']!r} is the sentence of the worked example. Take another one "
            'from the menu, such as "w/o self wa".'
        )
    return (
        _wrong_sentence(student)
        or _wrong_data(student)
        or _wrong_margin(student)
        or _wrong_test(student)
        or _wrong_words(student)
    )


def _wrong_sentence(plan: Mapping) -> str | None:
    try:
        claim = claim_called(plan["claim"])
    except DataError:
        return f"claim: {plan['claim']!r} is no sentence of the menu."
    for row in (claim.a, claim.b):
        if row not in str(plan["question"]):
            return f"question: it must name both rows, and {row!r} is missing."
    score = SCORE_NAMES[claim.metric]
    if not re.search(rf"\b{score}\b", str(plan["question"]), re.IGNORECASE):
        return f"question: it must name the score, {score}."
    return None


def _wrong_data(plan: Mapping) -> str | None:
    for name, least in (("folds", 1), ("seeds", 1)):
        number = plan[name]
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            return f"{name}: a whole number of at least {least}, fixed before the run."
    if plan["folds"] == 1:
        return "folds: one fold has no spread, so no interval and no test over folds."
    if plan["chosen_on"] == "test":
        return (
            "chosen_on: the test part may choose nothing, neither an epoch nor a setting. Its "
            "score would then be the best of many, and not what a new utterance can expect."
        )
    if plan["chosen_on"] != "validation":
        return 'chosen_on: epochs and settings are chosen on "validation".'
    return None


def _wrong_margin(plan: Mapping) -> str | None:
    margin = plan["margin"]
    if margin is None:
        return (
            "margin: without it, “not distinguishable” can never become “alike”. State it now: "
            "after the result it could be drawn around whatever came out."
        )
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not margin > 0:
        return "margin: a number above 0, the gap that would be too small to matter."
    if margin >= 0.5:
        return f"margin: {margin:g} is a share, so {100 * margin:g} points. One point is 0.01."
    if margin > 0.1:
        return f"margin: gaps of {100 * margin:g} points would not matter? Then none will."
    if _leans_on_result(str(plan["margin_from"]).lower()):
        return "margin_from: a margin that comes from the result was not stated before it."
    return None


# Words that keep a result away from the margin, close before it: "not our result".
_APART = r"\b(before|not|no|nor|never|without|independent(ly)? of|whatever|regardless of)\b"


def _leans_on_result(reason: str) -> bool:
    """Whether a clause of the reason takes the margin from the study's own result."""
    for clause in re.split(r"[,;.:]", reason):
        found = re.search(r"\b(result|interval|our (own )?(gap|run))", clause)
        if not found or re.search(r"\b(paper|published|others?|earlier)\b", clause):
            continue
        if not re.search(rf"\bbefore\b|{_APART}(\s+\w+){{0,3}}\s*$", clause[: found.start()]):
            return True
    return False


def _wrong_test(plan: Mapping) -> str | None:
    if plan["test"] in ("t", "paired t", "plain t", "Welch", "Welch's t"):
        return (
            f"test: the {plan['test']} takes folds for independent. They share most of their "
            "training part: plan the corrected t."
        )
    if plan["test"] != "corrected t":
        return 'test: this course\'s runs are tested with the "corrected t".'
    level = plan["level"]
    if isinstance(level, bool) or not isinstance(level, float) or not 0 < level <= 0.1:
        return "level: the p value below which something counts, such as 0.05."
    if plan["seen"] not in SEEN:
        return f"seen: one of {', '.join(map(repr, SEEN))}. It decides what Holm counts over."
    return None


def _wrong_words(plan: Mapping) -> str | None:
    for name in _TEXTS:
        if not isinstance(plan[name], str) or len(plan[name].split()) < 3:
            return f"{name}: say it in a sentence that a stranger could apply."
    rules = [plan[name].strip().lower() for name in ("reproduced_if", "differs_if", "otherwise")]
    if len(set(rules)) < len(rules):
        return "two of the three outcomes have the same rule, so no result could decide."
    if _stops_at_a_result(plan["stop"].lower()):
        return (
            "stop: a run that goes on until something appears will find it. Fix the number of "
            "trainings, and stop there whatever they show."
        )
    return None


def _stops_at_a_result(rule: str) -> bool:
    """Whether a run goes on until something appears, and not until all planned trainings end."""
    for _, wait in re.findall(r"\b(until|as soon as|unless (?:it|we))\b([^,;.]*)", rule):
        planned = re.match(r" (all|every|each|(the )?\d+|(the )?(\w+ )?planned)\b", wait)
        if not planned or re.search(r"\b(p|intervals?|gaps?|zero|level|scores?)\b", wait):
            return True
    return False


def _gap_mistakes(sd: float, folds: int, share: float) -> Iterator[tuple[float, str]]:
    """What mistakes in E18.2 give, and their hints."""
    from scipy.stats import norm, t

    corrected = math.sqrt(1 / folds + share)
    quantile = t.ppf(0.975, folds - 1)
    yield (
        quantile * math.sqrt(1 / folds) * sd,
        "the correction is missing: what folds share does not average out, so add test_share.",
    )
    yield (
        norm.ppf(0.975) * corrected * sd,
        "1.96 belongs to many folds. With few, take Student's t with folds − 1 degrees of freedom.",
    )
    yield t.ppf(0.975, folds) * corrected * sd, "the degrees of freedom are folds − 1."
    yield t.ppf(0.95, folds - 1) * corrected * sd, "this is one-sided: half of 5 % is on each side."
    yield quantile * (1 / folds + share) * sd, "the root is missing: a variance is no deviation."
    yield quantile * sd, "this is for a single fold: the mean over folds varies less."
    yield corrected * sd, "this is the standard error. Multiply it by the quantile of t."
    yield quantile * corrected * sd**2, "sd is a deviation already: do not square it."


@exercise
def smallest_gap(student) -> str | None:
    """E18.2: student(sd, folds, test_share) -> the smallest gap whose 95 % interval excludes 0."""
    for sd, folds, share in ((0.02, 3, 1 / 8), (0.013, 10, 0.125), (0.03, 5, 0.25)):
        found = student(sd, folds, share)
        if not np.isscalar(found) or not np.isfinite(found):
            return f"expected one number, and found {found!r}."
        right = visible_gap(sd, folds, share)
        if np.isclose(found, 100 * right):
            return "this is in points. Give a share, as sd is one."
        if hint := hint_for(found, _gap_mistakes(sd, folds, share), np.isclose):
            return hint
        if not np.isclose(found, right):
            return (
                f"for sd {sd}, {folds} folds and {share:g} it is {right:.4f}, and yours is "
                f"{found:.4f}: half the width of the interval of a mean."
            )
    return None


_FINE_MOVES = {
    "b": "it is allowed, and even asked for: a crash is repeated with the same seed and reported.",
    "d": "it is allowed: the diary says that this was not planned, and the verdict stays.",
    "f": "it is allowed: planning with the spread of *other* rows looks at no answer.",
}


@exercise
def broken_moves(student) -> str | None:
    """E18.3: the set of letters of the moves in the diary that break the protocol."""
    look_for = "ask of each move who saw what, and when"
    return three_letters(student, "ace", _FINE_MOVES, look_for, more="can be found")


_TOO_STRONG = {
    r"\bpro(ve|of)": "no run proves a sentence: say what was reproduced, and on what.",
    r"\bsignifican": "“significant” hides the number: give the interval and the correction.",
    r"\btrend": "a trend is a gap that was not shown.",
    r"\b(no|without) (difference|effect|gap)\b": (
        "a gap that is not shown is not a gap that is absent."
    ),
}


@exercise
def sentence(student, study: Study) -> str | None:
    """E18.4: a verdict in one sentence, held against the numbers.

    Args:
        student: the sentence.
        study: what it is about.
    """
    if not isinstance(student, str):
        return "the answer is a text."
    ranges_in_words = re.sub(r"(?<=\d)[-–−](?=\d)", " to ", student)  # "2.0–8.4" has no minus
    text = " ".join(ranges_in_words.replace("−", "-").replace("–", "-").split())
    return (
        _too_strong(text)
        or _wrong_numbers(text, study)
        or _wrong_verdict(text, study)
        or _wrong_scope(text, study)
    )


def _too_strong(text: str) -> str | None:
    for pattern, hint in _TOO_STRONG.items():
        if re.search(pattern, text.lower()):
            return hint
    return None


def _wrong_numbers(text: str, study: Study) -> str | None:
    gap = study.gap
    wanted = {"the gap": gap.mean, "the lower end": gap.low, "the upper end": gap.high}
    numbers = {float(found) for found in re.findall(r"[-+]?\d+(?:\.\d+)?", text)}
    for name, value in wanted.items():
        if math.isnan(value):
            continue
        points = round(100 * value, 1)
        if points in numbers:
            continue
        if round(value, 3) in numbers:
            return f"{name} is there as a share. Readers of tables count in points: {points:+.1f}."
        if -points in numbers and points:
            return (
                f"{name} has the wrong sign: {study.claim.a} minus {study.claim.b}, {points:+.1f}."
            )
        return f"{name} of the interval or gap is missing or not that of this run, in points."
    # Words may stand between the number and the folds, but no other number, and no other things.
    if not re.search(rf"\b{gap.n}\b((?!sentence|seed|\b\d)[^.;]){{0,40}}\bfold", text):
        return f"over how many folds? Say “{gap.n} folds”, in digits."
    return None


_DENIES = r"(\b(not|never|cannot)|n['’]t) ((yet|be|been) )*reproduced"


def _wrong_verdict(text: str, study: Study) -> str | None:
    if re.search(_DENIES, text.lower()):
        return f"“not {REPRODUCED}” is no verdict: say {REPRODUCED}, {DIFFERS} or {OPEN}."
    said = [word for word in (REPRODUCED, DIFFERS, OPEN) if word in text.lower()]
    if not said:
        return f"the verdict is missing: one of {REPRODUCED}, {DIFFERS}, {OPEN}."
    if study.verdict not in said:
        return (
            f"the numbers say “{study.verdict}”, by the protocol's rule, and you say “{said[0]}”."
        )
    if len(said) > 1:
        return "one study has one verdict: leave the others out."
    undecided = study.verdict == OPEN and not study.shown_alike
    says_alike = re.search(r"\b(alike|equal|the same)\b", text.lower())
    if undecided and says_alike and not re.search(r"\bnot (shown|known)\b", text.lower()):
        return "this run shows no gap, and does not show that the rows are alike either."
    return None


def _wrong_scope(text: str, study: Study) -> str | None:
    for row in (study.claim.a, study.claim.b):
        if row not in text:
            return f"whose gap is it? {row!r} is missing."
    if study.generated and "synthetic" not in text.lower():
        return "on which speech? A verdict on synthetic speech must say so."
    if study.generated and re.search(r"iemocap|meld|people|humans?\b|speakers feel", text.lower()):
        return "these runs heard no person and no corpus of the paper: leave them out."
    if study.family > 1 and "holm" not in text.lower():
        return f"{study.family} sentences were tested together: say that it is after Holm."
    return None


_REVIEWS = {
    "A": (
        "b",
        {
            "a": "it says which two rows it compares, and its numbers are there.",
            "c": "it says which speech it is about.",
            "d": "nothing was chosen on the test part here.",
        },
    ),
    "B": (
        "d",
        {
            "a": "the sentence is named.",
            "b": "here a margin is named before the run. Look at where the epoch comes from.",
            "c": "it stays with its corpus.",
        },
    ),
    "C": (
        "c",
        {
            "a": "the sentence is named.",
            "b": "its numbers are within the plan. Look at what is concluded about whom.",
            "d": "the test part chose nothing here.",
        },
    ),
}


@exercise
def review(student) -> str | None:
    """E18.5: {"A": letter, "B": …, "C": …}: the line of the rubric that each one fails."""
    if not isinstance(student, Mapping) or set(student) != set(_REVIEWS):
        return 'the answer is {"A": a letter, "B": a letter, "C": a letter}.'
    if any(letter is ... for letter in student.values()):
        return NOT_SOLVED
    for name, (right, wrong) in _REVIEWS.items():
        if hint := letter_hint(student, name, right, wrong):
            return hint
    return None

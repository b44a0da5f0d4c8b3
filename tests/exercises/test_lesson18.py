"""Checks of lesson 18: each passes its solution, and gives each mistake its own hint."""

import math
from dataclasses import replace

import numpy as np
import pytest
from notebook_solutions import solution
from scipy.stats import norm, t
from studies import PLAN, made_study

from mcsan_lite.exercises import lesson18
from mcsan_lite.exercises.capstone import report
from mcsan_lite.exercises.capstone.study import COMPARISONS
from mcsan_lite.paper.claims import CLAIMS
from mcsan_lite.paper.report import SCORE_NAMES

LESSON = "18_capstone"
CHECKS = {
    "protocol": "mine",
    "smallest_gap": "smallest",
    "broken_moves": "answer",
    "sentence": "verdict_in_words",
    "review": "failed",
}
OPEN_STUDY = made_study(0.014, 0.035)
SHOWN = made_study(0.060, 0.010)
TURNED = made_study(-0.060, 0.010)
ALIKE = made_study(0.001, 0.001)


def asked(check, answer, study=SHOWN):
    more = {"protocol": [PLAN], "sentence": [study]}
    return getattr(lesson18, check)(answer, *more.get(check, []))


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number, study=SHOWN, folds=10, seeds=3, plan=PLAN)
    capsys.readouterr()
    assert asked(check, space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


OPEN_ANSWERS = {
    "protocol": dict.fromkeys(PLAN, ...),
    "smallest_gap": unsolved,
    "broken_moves": ...,
    "sentence": ...,
    "review": {"A": ..., "B": ..., "C": ...},
}


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    assert not asked(check, OPEN_ANSWERS[check])
    assert "not solved yet" in capsys.readouterr().out


WRONG_PLANS = [
    ({"claim": "the best"}, "no sentence of the menu"),
    ({"question": "Is MCSAN better in WA?"}, "'w/o cross' is missing"),
    ({"question": "Is MCSAN above w/o cross?"}, "must name the score"),
    ({"question": "Was MCSAN better than w/o cross in UA?"}, "must name the score, WA"),
    ({"folds": 0}, "a whole number"),
    ({"folds": 1}, "one fold has no spread"),
    ({"seeds": True}, "seeds: a whole number"),
    ({"chosen_on": "test"}, "may choose nothing"),
    ({"chosen_on": "train"}, 'are chosen on "validation"'),
    ({"margin": None}, "State it now"),
    ({"margin": 0}, "a number above 0"),
    ({"margin": 1}, "One point is 0.01"),
    ({"margin": 0.2}, "Then none will"),
    ({"margin_from": "the interval of our run"}, "the result was not stated before it"),
    ({"margin_from": "not a convention, but our own result"}, "comes from the result"),
    ({"margin_from": "agreed after we saw the result"}, "margin_from: a margin that comes"),
    ({"test": "paired t"}, "takes folds for independent"),
    ({"test": "by eye"}, '"corrected t"'),
    ({"level": 5}, "level: the p value"),
    ({"seen": "a little"}, "decides what Holm counts"),
    ({"otherwise": "no"}, "a sentence that a stranger could apply"),
    ({"differs_if": PLAN["reproduced_if"]}, "have the same rule"),
    ({"stop": "as soon as p is below the level"}, "will find it"),
    ({"stop": "we train until a gap appears"}, "stop there whatever they show"),
    ({"stop": "until all intervals exclude zero"}, "Fix the number of trainings"),
    ({"stop": "all ten folds, unless it is clear earlier"}, "goes on until something"),
]


@pytest.mark.parametrize(("change", "hint"), WRONG_PLANS, ids=[hint for _, hint in WRONG_PLANS])
def test_a_protocol_that_could_be_bent_is_told_where(change, hint, capsys):
    assert lesson18.protocol(PLAN)
    assert not lesson18.protocol(PLAN | change)
    assert hint in capsys.readouterr().out


FINE_WORDS = [
    {"question": "Was MCSAN better than w/o cross in WA?"},
    {"question": "is MCSAN above w/o cross in wa?"},
    {"margin_from": "one point, agreed before any result was seen"},
    {"margin_from": "a convention of the course, not our result"},
    {"margin_from": "the smallest gap in the results of the paper"},
    {"stop": "we train until all 30 planned trainings are done, whatever they show"},
    {"stop": "until the planned trainings are done"},
    {"stop": "as soon as all folds are there"},
    {"stop": "until the 30 trainings are over, whatever they show"},
]


@pytest.mark.parametrize("change", FINE_WORDS, ids=[str(*one.values()) for one in FINE_WORDS])
def test_a_protocol_may_say_it_in_other_words(change):
    assert lesson18.protocol(PLAN | change)


def test_the_exercise_asks_for_another_sentence_than_the_worked_example(capsys):
    assert not lesson18.protocol(PLAN, PLAN)
    assert "is the sentence of the worked example" in capsys.readouterr().out
    own = {"claim": "w/o self ua", "question": "Is MCSAN above w/o self in UA?"}
    assert lesson18.protocol(PLAN | own, PLAN)
    assert not lesson18.protocol(PLAN | {"claim": "w/o self ua"}, PLAN)
    assert "'w/o self' is missing" in capsys.readouterr().out


def test_every_sentence_of_the_menu_can_be_planned():
    for claim in CLAIMS:
        if claim.kind in COMPARISONS:
            question = f"Is {claim.a} above {claim.b} in {SCORE_NAMES[claim.metric]}?"
            assert lesson18.protocol(PLAN | {"claim": claim.id, "question": question})


def test_a_protocol_with_a_gap_names_the_field(capsys):
    without = {name: value for name, value in PLAN.items() if name not in ("margin", "stop")}
    assert not lesson18.protocol(without)
    assert "says nothing about margin, stop" in capsys.readouterr().out
    assert not lesson18.protocol("I test whether it is good")
    assert "is a dictionary" in capsys.readouterr().out


def error(sd, k, share):
    return math.sqrt(1 / k + share) * sd


def student_t(k, level=0.975):
    return t.ppf(level, k - 1)


WRONG = [
    ("smallest_gap", lambda s, k, r: student_t(k) * s / math.sqrt(k), "correction is missing"),
    ("smallest_gap", lambda s, k, r: norm.ppf(0.975) * error(s, k, r), "1.96 belongs"),
    ("smallest_gap", lambda s, k, r: student_t(k + 1) * error(s, k, r), "folds − 1"),
    ("smallest_gap", lambda s, k, r: student_t(k, 0.95) * error(s, k, r), "one-sided"),
    ("smallest_gap", lambda s, k, r: student_t(k) * (1 / k + r) * s, "the root is missing"),
    ("smallest_gap", lambda s, k, r: student_t(k) * s, "for a single fold"),
    ("smallest_gap", error, "the standard error"),
    ("smallest_gap", lambda s, k, r: student_t(k) * error(s, k, r) * s, "do not square it"),
    ("smallest_gap", lambda s, k, r: 100 * student_t(k) * error(s, k, r), "in points"),
    ("smallest_gap", lambda s, k, r: [0.1], "expected one number"),
    ("smallest_gap", lambda s, k, r: 0.5, "half the width"),
    ("broken_moves", {"a", "b", "c"}, "a crash is repeated"),
    ("broken_moves", {"a", "d"}, "was not planned"),
    ("broken_moves", ["F "], "other* rows"),
    ("broken_moves", {"a", "c"}, "1 more"),
    ("broken_moves", {"a", "x"}, "letters from a to f"),
    ("broken_moves", "ace", "a set of three letters"),
    ("review", {"A": "d", "B": "d", "C": "c"}, "nothing was chosen on the test part here"),
    ("review", {"A": "a", "B": "d", "C": "c"}, "it says which two rows it compares"),
    ("review", {"A": "b", "B": "b", "C": "c"}, "where the epoch comes from"),
    ("review", {"A": "b", "B": "d", "C": "b"}, "what is concluded about whom"),
    ("review", {"A": "b", "B": "d", "C": "z"}, "one of the letters"),
    ("review", {"A": "b"}, "a letter"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson18, check)(wrong)
    assert hint in capsys.readouterr().out


def said(study, **changes):
    """A right sentence about a study, with some of its parts changed."""
    low, mean, high = (100 * value for value in (study.gap.low, study.gap.mean, study.gap.high))
    parts = {
        "where": "synthetic speech",
        "a": study.claim.a,
        "mean": f"{mean:+.1f}",
        "low": f"{low:+.1f}",
        "high": f"{high:+.1f}",
        "b": study.claim.b,
        "folds": f"{study.gap.n} folds",
        "holm": f"after Holm over {study.family} sentences",
        "verdict": study.verdict,
    } | changes
    return (
        "On {where}, {a} is {mean} points ({low} to {high}) from {b}, over {folds}, {holm}: "
        "{verdict}."
    ).format(**parts)


@pytest.mark.parametrize("study", [OPEN_STUDY, SHOWN, TURNED, ALIKE])
def test_every_verdict_can_be_said(study):
    assert lesson18.sentence(said(study), study)
    assert lesson18.sentence(report.verdict_sentence(study), study)


WRONG_SENTENCES = [
    (SHOWN, {"verdict": "which proves it"}, "no run proves"),
    (SHOWN, {"verdict": "significant, reproduced"}, "hides the number"),
    (OPEN_STUDY, {"verdict": "a trend"}, "that was not shown"),
    (OPEN_STUDY, {"verdict": "not distinguishable, so no effect"}, "not a gap that is absent"),
    (OPEN_STUDY, {"verdict": "not distinguishable, so they are alike"}, "does not show"),
    (SHOWN, {"mean": "+7.3"}, "the gap of the interval or gap is missing"),
    (SHOWN, {"mean": "-6.0"}, "wrong sign"),
    (SHOWN, {"mean": "0.060"}, "as a share"),
    (SHOWN, {"low": ""}, "the lower end"),
    (SHOWN, {"high": "?"}, "the upper end"),
    (SHOWN, {"folds": "the data"}, "over how many folds"),
    (SHOWN, {"folds": "four folds"}, "Say “4 folds”, in digits"),
    (SHOWN, {"folds": "4 seeds in all folds"}, "Say “4 folds”"),
    (SHOWN, {"verdict": "so it holds"}, "the verdict is missing"),
    (SHOWN, {"verdict": "the sentence is not reproduced"}, "“not reproduced” is no verdict"),
    (
        SHOWN,
        {"verdict": "it has not yet been reproduced"},
        "is no verdict: say reproduced, differs",
    ),
    (TURNED, {"verdict": "it could not be reproduced"}, "differs or not distinguishable"),
    (SHOWN, {"verdict": "not distinguishable"}, "the numbers say “reproduced”"),
    (TURNED, {"verdict": "reproduced"}, "the numbers say “differs”"),
    (SHOWN, {"verdict": "reproduced, or differs"}, "one study has one verdict"),
    (SHOWN, {"b": "the other"}, "whose gap is it?"),
    (SHOWN, {"where": "our corpus"}, "on which speech?"),
    (SHOWN, {"where": "synthetic speech and IEMOCAP"}, "heard no person"),
    (SHOWN, {"holm": "corrected t"}, "say that it is after Holm"),
]


@pytest.mark.parametrize(
    ("study", "changes", "hint"), WRONG_SENTENCES, ids=[h for _, _, h in WRONG_SENTENCES]
)
def test_a_sentence_is_held_against_the_numbers(study, changes, hint, capsys):
    assert not lesson18.sentence(said(study, **changes), study)
    assert hint in capsys.readouterr().out


def with_ends(study, low, high):
    return replace(study, gap=replace(study.gap, mean=(low + high) / 2, low=low, high=high, n=10))


@pytest.mark.parametrize("interval", ["2.0–8.4", "2.0-8.4", "2.0−8.4", "+2.0–+8.4", "2.0 – 8.4"])
def test_a_dash_between_two_numbers_is_no_minus(interval):
    study = with_ends(SHOWN, 0.020, 0.084)
    text = said(study).replace("+2.0 to +8.4", interval)
    assert interval in text
    assert lesson18.sentence(text, study)


def test_a_minus_is_a_minus(capsys):
    study = with_ends(TURNED, -0.084, -0.020)
    assert lesson18.sentence(said(study).replace("-8.4 to -2.0", "−8.4–−2.0"), study)
    assert not lesson18.sentence(said(study).replace("-8.4 to -2.0", "2.0–8.4"), study)
    assert "the lower end has the wrong sign" in capsys.readouterr().out


@pytest.mark.parametrize("folds", ["10 folds", "the 10 synthetic-speech folds", "10-fold cuts"])
def test_words_may_stand_between_the_number_and_the_folds(folds):
    study = with_ends(SHOWN, 0.020, 0.084)
    assert lesson18.sentence(said(study, folds=folds), study)


def test_a_sentence_about_real_speech_need_not_say_synthetic():
    real = replace(SHOWN, generated=False, corpus="iemocap")
    assert lesson18.sentence(said(real, where="iemocap"), real)
    assert not lesson18.sentence(7, real)


def test_one_sentence_alone_needs_no_correction():
    alone = replace(SHOWN, family=1)
    assert lesson18.sentence(said(alone, holm="planned alone"), alone)
    assert np.isnan(made_study(0.05, 0.0).gap.low)

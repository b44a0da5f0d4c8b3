"""Checks of lesson 14: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.evaluation import planning, significance
from mcsan_lite.exercises import lesson14

CHECKS = {"corrected": "corrected", "plan": "plan", "verdicts": "verdict", "defensible": "answer"}
PLAN, SAID = {"A": 21, "B": None}, lesson14.VERDICTS


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(
        "14_ablations_with_error_bars", number, significance=significance, planning=planning
    )
    assert capsys.readouterr().out == f"✓ {check}: right.\n"
    assert getattr(lesson14, check)(space[CHECKS[check]])


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        ("corrected", unsolved),
        ("plan", {"A": ..., "B": ...}),
        ("verdicts", dict.fromkeys("abcde", ...)),
        ("defensible", ...),
    ],
)
def test_an_open_exercise_is_not_solved_yet(check, answer, capsys):
    assert not getattr(lesson14, check)(answer)
    assert "not solved yet" in capsys.readouterr().out


def t(
    *,
    share=lambda n_train, n_test: n_test / n_train,
    one=lambda k: 1 / k,
    ddof=1,
    sign=1,
    spread=None,
    root=np.sqrt,
):
    """The corrected t as a student might write it, with one slip."""

    def corrected(a, b, n_train, n_test):
        d = sign * (a - b)
        deviation = d.std(ddof=ddof) if spread is None else spread(a, b)
        return d.mean() / (root(one(len(d)) + share(n_train, n_test)) * deviation)

    return corrected


def strangers(a, b):
    return np.sqrt(a.var(ddof=1) + b.var(ddof=1))


WRONG = [
    ("corrected", t(share=lambda *_: 0), "the plain paired t"),
    ("corrected", t(spread=strangers), "the pairing is lost"),
    ("corrected", t(spread=strangers, share=lambda *_: 0), "the pairing is lost"),
    ("corrected", t(share=lambda n_train, n_test: n_train / n_test), "the ratio is upside down"),
    (
        "corrected",
        t(share=lambda n_train, n_test: n_test / (n_train + n_test)),
        "a share of the whole",
    ),
    ("corrected", t(one=lambda k: 0), "1 / k is missing: more folds"),
    ("corrected", t(one=lambda k: 1), "divide 1 by the number of folds"),
    ("corrected", t(one=lambda k: 1 / (k - 1)), "here it is 1 / k"),
    ("corrected", t(ddof=0), "ddof=1"),
    ("corrected", t(spread=lambda a, b: (a - b).var(ddof=1)), "divides by the variance"),
    ("corrected", t(root=lambda x: x), "the root is missing"),
    ("corrected", t(root=lambda x: x**-0.5), "multiplied by the root"),
    ("corrected", t(sign=-1), "the sign is turned: a minus b.\n"),
    ("corrected", t(sign=-1, share=lambda *_: 0), "a minus b. And this is the plain"),
    ("corrected", lambda a, b, n_train, n_test: (a - b).mean(), "the mean difference alone"),
    ("corrected", lambda a, b, n_train, n_test: abs(t()(a, b, n_train, n_test)), "the other sign"),
    ("corrected", lambda a, b, *_: a - b, "expected one number"),
    ("corrected", lambda *_: 7.0, "on ten folds it gives 7.000"),
    ("plan", PLAN | {"A": None}, "Are fold_sd and seed_sd swapped?"),
    ("plan", PLAN | {"A": 5}, "not 0"),
    ("plan", PLAN | {"A": 210}, "the number of trainings"),
    ("plan", PLAN | {"A": 8}, "with 20 folds"),
    ("plan", PLAN | {"A": 20}, "just miss 80 %"),
    ("plan", PLAN | {"A": 1}, "leaves all 1.2 points in"),
    ("plan", PLAN | {"A": 50}, "try planning.trials_needed"),
    ("plan", PLAN | {"B": 0}, "Write None"),
    ("plan", PLAN | {"B": 100}, "seeds do not shrink it"),
    ("plan", 21, "a number or None for each"),
    ("verdicts", SAID | {"b": "reproduced"}, "the mean alone is not a verdict"),
    ("verdicts", SAID | {"b": "alike"}, "not distinguishable is not alike"),
    ("verdicts", SAID | {"c": "unknown"}, "the 90 % interval, since"),
    ("verdicts", SAID | {"d": "reproduced"}, "on the other side"),
    ("verdicts", SAID | {"e": "alike"}, "about the direction"),
    ("verdicts", SAID | {"a": "alike"}, "look for zero"),
    ("verdicts", SAID | {"a": "better"}, "is none of"),
    ("verdicts", {"a": "reproduced"}, "the answer names"),
    ("defensible", {"a", "b", "d"}, "absence of evidence"),
    ("defensible", {"b", "c", "d"}, "share their data"),
    ("defensible", {"b", "d", "e"}, "Holm's p would be 0.32"),
    ("defensible", {"d", "f", "g"}, "chosen on test"),
    ("defensible", {"b", "d"}, "1 more can be defended"),
    ("defensible", {"b", "z"}, "letters from a to g"),
    ("defensible", 3, "a set of three letters"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson14, check)(wrong)
    assert hint in capsys.readouterr().out


def test_the_numbers_of_the_plan_are_those_of_the_package():
    noise = significance.Spread(fold_sd=0.004, seed_sd=0.012)
    found = planning.trials_needed(0.007, noise, folds=(10, 20))
    assert found.seeds.tolist() == [21, 8] and found.trainings[0] == 210
    assert planning.trials_needed(0.007, noise, test_share=0, folds=(10,)).seeds[0] == 5
    assert planning.power(0.007, significance.Spread(0.012, 0.004), 10, float("inf")) < 0.8
    assert np.isclose(significance.holm([0.04, *[0.5] * 7])[0], 0.32)


def test_another_right_solution_passes_too():
    assert lesson14.corrected(
        lambda a, b, n_train, n_test: significance.corrected_t(a - b, n_test / n_train).statistic
    )
    assert lesson14.defensible(["F", "d ", "b"])

"""Each check passes its solution and fails each wrong answer with the matching hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.evaluation import metrics
from mcsan_lite.exercises import lesson02 as check

SOURCE = "02_scores_and_floors"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_notebooks_own_solution_passes(number, capsys):
    solution(SOURCE, number)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize("seed", range(5))
def test_the_f1_of_the_solution_is_the_packages(seed):
    true, pred = np.random.default_rng(seed).integers(0, 4, (2, 30))
    counts = metrics.confusion(true, pred, 5)
    assert np.isclose(solution(SOURCE, 1)["weighted_f1"](counts), metrics.weighted_f1(true, pred))


def _f1(counts, weight):
    n, predicted = counts.sum(1), counts.sum(0)
    return 2 * counts.diagonal() / np.maximum(n + predicted, 1) @ weight(n, predicted)


def _with_nan(counts):
    with np.errstate(invalid="ignore"):
        precision, recall = counts.diagonal() / counts.sum(0), counts.diagonal() / counts.sum(1)
        return (2 * precision * recall / (precision + recall)).mean()


def _precision(counts):
    return counts.diagonal() / np.maximum(counts.sum(0), 1) @ counts.sum(1) / counts.sum()


def _averaged_first(counts):
    precision, recall = _precision(counts), counts.trace() / counts.sum()
    return 2 * precision * recall / (precision + recall)


def _normalised_in_place(counts):
    counts //= 2
    return 0.5


P = 0.612


def _named_once(true):
    return np.where(np.arange(len(true)) == 20, 1, 0)


def _chatty(true):
    pred = np.zeros_like(true)
    pred[[0, 1, 2, 20]] = 1
    pred[40:42] = 2
    return pred


def _relabelled(true):
    true[:] = 0
    return true


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: np.full(4, 1 / 4)), "macro F1"),
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: (n > 0) / 3), "macro F1"),
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: p / p.sum()), "the columns"),
        (check.weighted_f1, lambda c: c.trace() / c.sum(), "that is WA"),
        (check.weighted_f1, _precision, "weighted precision"),
        (check.weighted_f1, _averaged_first, "averaged precision and recall first"),
        (check.weighted_f1, _with_nan, "gave 0/0"),
        (check.weighted_f1, _normalised_in_place, "you changed the matrix"),
        (check.weighted_f1, lambda c: 0.9, "on a small matrix it gives 0.900"),
        (
            check.weighted_f1,
            lambda c: _f1(c, lambda n, p: n / n.sum()) if (c.sum(1) + c.sum(0)).all() else 0.5,
            "neither true nor predicted turns the score into 0.5",
        ),
        (check.flattering, lambda true: true.copy(), "finds too much"),
        (check.flattering, lambda true: np.zeros_like(true), "class 1 is never named"),
        (check.flattering, _named_once, "class 2 is never named"),
        (check.flattering, _chatty, "macro precision is 0."),
        (check.flattering, lambda true: true[:-1], "one for each is needed"),
        (check.flattering, lambda true: true + 1, "only the classes"),
        (check.flattering, _relabelled, "changed the true labels"),
        (check.needed, P * (1 - P) / 0.01**2, "one standard deviation"),
        (check.needed, 1.96**2 * P * (1 - P) / 0.02**2, "the *whole* interval"),
        (check.needed, 1.96**2 / 4 / 0.01**2, "the worst case"),
        (check.needed, 1.96**2 * P * (1 - P), "One percentage point is 0.01"),
        (check.needed, 1.96 * P * (1 - P) / 0.01**2, "1.96 must be squared"),
        (check.needed, 1.96 * (P * (1 - P)) ** 0.5 / 0.01, "that is the root of it"),
        (check.needed, 1.96**2 * P * (1 - P) / 0.01, "0.01 squared"),
        (check.needed, 749, "too few"),
        (check.needed, 20_000, "too many"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("function", [check.flattering, check.needed])
def test_an_open_exercise_is_a_verdict(function, capsys):
    assert not function(...)
    assert "not solved yet" in capsys.readouterr().out

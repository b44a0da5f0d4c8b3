"""Each check passes its solution and fails each wrong answer with the matching hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson09 as check


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_notebooks_own_solution_passes(number, capsys):
    solution("09_training_you_can_trust", number)
    assert capsys.readouterr().out.startswith("✓")


def _recall(true, pred, c):
    return (pred[true == c] == c).mean() if (true == c).any() else 0.0


def _precision(true, pred):
    return np.mean(
        [(true[pred == c] == c).mean() if (pred == c).any() else 0.0 for c in np.unique(true)]
    )


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.ua, lambda t, p: np.mean(t == p), "that is WA"),
        (check.ua, lambda t, p: np.mean([_recall(t, p, c) for c in range(4)]), "leave it out"),
        (check.ua, _precision, "that is precision"),
        (check.ua, lambda t, p: 0.9, "on a small example"),
        (check.leaks, {"a", "c", "d"}, "d: innocent"),
        (check.leaks, {"a", "b"}, "what validation is for"),
        (check.leaks, {"c"}, "look at a again"),
        (check.leaks, {"A"}, "look at c again"),
        (check.leaks, {"A", "B", "C"}, "what validation is for"),
        (check.leaks, {"a", "c", "x"}, "take letters from a to d"),
        (check.leaks, "a and c", "the answer is a set of letters"),
        (check.leaks, {1, 3}, "the answer is a set of letters"),
        (check.choose, lambda h: h.epoch[h.test_wa.idxmax()], "the best on *test*"),
        (check.choose, lambda h: h.valid_wa.idxmax(), "epochs count from one"),
        (check.choose, lambda h: h.epoch[h.valid_wa[::-1].idxmax()], "take the earlier one"),
        (check.points, 100 / 10.7, "recall of surprise itself"),
        (check.points, 100 / 107 / 7, "a tenth of them"),
        (check.points, 7.0, "one of 10.7"),
        (check.points, 0.0134, "times 100"),
        (check.bought, lambda h: h.test_wa.max() - h.test_wa[h.valid_wa.idxmax()], "times 100"),
        (
            check.bought,
            lambda h: 100 * (h.test_wa[h.valid_wa.idxmax()] - h.test_wa.max()),
            "the sign is turned",
        ),
        (
            check.bought,
            lambda h: 100 * (h.test_wa.max() - h.test_wa[h.valid_wa[::-1].idxmax()]),
            "the earlier one",
        ),
        (check.bought, lambda h: 100 * (h.test_wa.max() - h.valid_wa.max()), "a *test* score, too"),
        (
            check.bought,
            lambda h: 100 * (h.test_wa.max() - h.test_wa.iloc[-1]),
            "not the last epoch",
        ),
        (check.bought, lambda h: 100 * (h.test_wa.max() - h.test_wa.mean()), "not the mean of all"),
        (check.bought, lambda h: 100 * h.test_wa.max(), "Subtract the honest one"),
        (check.bought, lambda h: 7, "on a small example it gives 7"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("answer", [{"A", "C"}, ["a", " c"]])
def test_letters_may_be_capitals(answer):
    assert check.leaks(answer)


def test_an_open_exercise_is_a_verdict(capsys):
    assert not check.points(...)
    assert "not solved yet" in capsys.readouterr().out

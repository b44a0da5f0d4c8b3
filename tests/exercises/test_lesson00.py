"""Each check passes its solution and fails each wrong answer with the matching hint."""

import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson00 as check


@pytest.mark.parametrize("number, names", [(1, ["answer_1"]), (2, ["label"]), (3, ["share"])])
def test_the_notebooks_own_solution_passes(number, names, capsys):
    solution("00_start_here", number)
    assert capsys.readouterr().out.startswith("✓")


def _swapped(sense, stressed, aroused):
    return check._truth(sense, not stressed, aroused)


def _stress_always_counts(sense, stressed, aroused):
    if sense != "none":
        return check._truth(sense, stressed, aroused)
    return "surprise" if stressed else "neutral"


def _arousal_forgotten(sense, stressed, aroused):
    return check._truth(sense, stressed, aroused or sense == "negative")


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.rule, "excitement", "the stress of another word"),
        (check.rule, "neutral", "without an evaluative word"),
        (check.rule, "anger", "you read 'week' as 'weak'"),
        (check.rule, "joy", "not one of the classes"),
        (check.label, _swapped, "swapped"),
        (check.label, _stress_always_counts, "the stress must not matter"),
        (check.label, _arousal_forgotten, "use `aroused`"),
        (check.label, lambda a, b, c: 1 / 0, "stops with ZeroDivisionError"),
        (check.text_ceiling, 1 / 7, "blind guessing"),
        (check.text_ceiling, 1 / 3, "counts the senses"),
        (check.text_ceiling, 4 / 9, "not equally likely"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


def test_an_open_exercise_is_a_verdict(capsys):
    assert not check.rule(...)

    def label(sense, stressed, aroused):
        raise NotImplementedError

    assert not check.label(label)
    assert capsys.readouterr().out.count("not solved yet") == 2

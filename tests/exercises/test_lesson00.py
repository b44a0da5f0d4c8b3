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


def _only_the_negative(sense, stressed, aroused):
    if sense == "negative":
        return check._truth(sense, stressed, aroused)


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
        (check.label, lambda a, b, c: print("anger"), "your function returns nothing"),
        (check.label, _only_the_negative, "for some inputs your function returns nothing"),
        (check.text_ceiling, 1 / 5, "blind guessing"),
        (check.text_ceiling, 1 / 3, "counts the senses"),
        (check.text_ceiling, 1 / 2, "the guess is certain"),
        (check.text_ceiling, 2 / 3, "not equally likely"),
        (check.text_ceiling, 3 / 7, "the seven classes of this lesson"),
        (check.text_ceiling, 60, "as a percentage that is right; give a share."),
        (check.text_ceiling, 43, "give a share between 0 and 1."),
        (check.text_ceiling, 42.9, "give a share between 0 and 1."),
        (check.text_ceiling, 4 / 5, "count the classes that can be right"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["Happiness", " HAPPINESS "])
def test_a_class_may_be_written_in_capitals(answer):
    assert check.rule(answer)


def test_an_open_exercise_is_a_verdict(capsys):
    assert not check.rule(...)

    def label(sense, stressed, aroused):
        raise NotImplementedError

    assert not check.label(label)
    assert capsys.readouterr().out.count("not solved yet") == 2


def _answers(**changes):
    right = {1: "b", 2: "a", 3: "c", 4: "c", 5: "a", 6: "b", 7: "c"}
    return right | {int(number[1:]): letter for number, letter in changes.items()}


def test_the_quiz_routes(capsys):
    def routed(answers):
        assert check.where_to_start(answers) is None
        return capsys.readouterr().out

    solution("00_start_here", 4)
    assert capsys.readouterr().out.startswith("7 of 7 right.")
    assert "go to 07" in routed(_answers(q1=" B "))
    two_missed = routed(_answers(q3="a", q6="c"))
    assert "5 of 7 right" in two_missed and "  03 · From sound to frames\n" in two_missed
    assert "  06 · Attention by hand\n" in two_missed and "04 ·" not in two_missed
    assert "begin with 02" in routed(_answers(q2="b", q3="a", q4="a", q5="c"))
    assert "0 of 7 right" in (wrong := routed({1: "x"})) and "begin with 01" in wrong
    for nothing in ({}, {1: "", 2: " "}):
        assert routed(nothing).startswith("No answer yet") and "begin" not in routed(nothing)


def test_the_quiz_sends_to_lessons_that_the_map_names():
    import notebook_solutions

    text = (notebook_solutions.SOURCES / "00_start_here.py").read_text(encoding="utf-8")
    for letter, lesson in check._QUIZ.values():
        assert f"[{lesson}](" in text and letter in "abc"


def test_the_stresses_are_not_announced_before_the_guess():
    import notebook_solutions

    from mcsan_lite.datasets.synthetic.start.clips import start_clips

    text = (notebook_solutions.SOURCES / "00_start_here.py").read_text(encoding="utf-8")
    rule, guess = text.index("that very word is stressed"), text.index("\nguesses = ")
    assert rule < text.index("start_clips()\n") < guess  # the rule first, then clips and guess
    before = text[:guess]
    assert ".stressed" not in before and ".label" not in before and "highlight" not in before
    assert not [clip.label for clip in start_clips() if f"is {clip.label}" in before]
